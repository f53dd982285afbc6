"""The index over recorded calls, immutable and shared; a session plays from it."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from coreskills.cassettes import cause as causes
from coreskills.cassettes import words
from coreskills.cassettes.compose import Scores, Vectors
from coreskills.cassettes.entry import Entry
from coreskills.cassettes.files import Cassette, read
from coreskills.cassettes.inputs import InputIndex
from coreskills.cassettes.outcome import Hit, Miss
from coreskills.cassettes.session import Session
from coreskills.cassettes.shape import Shape, exact_key
from coreskills.cassettes.similar import generates
from coreskills.wire.http import WireRequest

_RARE_WORDS = 16
_POSTINGS = 64


def load(paths: Iterable[Path]) -> Library:
    """Read cassettes into one index; the order of ``paths`` is the order in which equal requests play.

    Raises:
        CassetteError: A file is missing or damaged.
    """
    return Library([read(path) for path in paths])


class Library:
    """Recorded calls by every key that a request may find them by.

    Only the exact key is computed at loading; the others at the first request that needs them, since honest work
    on most labs never does.
    """

    def __init__(self, cassettes: Sequence[Cassette]) -> None:
        self.cassettes = tuple(cassettes)
        self.entries: tuple[Entry, ...] = tuple(
            Entry(number, name, place, recording)
            for number, (name, place, recording) in enumerate(
                (cassette.name, place, recording)
                for cassette in cassettes
                for place, recording in enumerate(cassette.recordings)
            )
        )
        self._by_exact: dict[str, list[Entry]] = defaultdict(list)
        self._by_cause: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            self._by_exact[exact_key(entry.recording.request)].append(entry)
            for cause in entry.causes:
                self._by_cause[cause].append(entry)
        self._default = Session(self)

    def session(self) -> Session:
        """Start playing from the beginning; one per kernel or examined notebook."""
        return Session(self)

    def find(self, request: WireRequest, *, cause: str | None = None) -> Hit | Miss:
        """Find an answer in the library's own session."""
        return self._default.find(request, cause=cause)

    def exact(self, request: WireRequest) -> Sequence[Entry]:
        """Recordings of this very request."""
        return self._by_exact.get(exact_key(request), ())

    def same_prompt(self, shape: Shape) -> Sequence[Entry]:
        """Recordings of the same prompt."""
        return self._by_prompt.get(shape.prompt, ())

    def caused_by(self, cause: str) -> Sequence[Entry]:
        """Recordings that a test call made."""
        return self._by_cause.get(causes.normal(cause), ())

    def asking_about(self, inputs: Iterable[str]) -> list[Entry]:
        """Recordings that hold any of these inputs."""
        found = {entry.number: entry for each in inputs for entry in self._by_input.get(each, ())}
        return [found[number] for number in sorted(found)]

    @cached_property
    def _by_prompt(self) -> Mapping[str, list[Entry]]:
        index: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            index[entry.shape.prompt].append(entry)
        return index

    @cached_property
    def inputs(self) -> InputIndex:
        """The texts that test calls passed and that recordings hold, at least four words, none inside another."""
        return InputIndex(usable_anchors(self.recorded_inputs))

    @cached_property
    def recorded_inputs(self) -> frozenset[str]:
        """Skeletons of all texts that test calls passed and that a request of theirs holds."""
        found: set[str] = set()
        for cause, entries in self._by_cause.items():
            rows = [row.words for entry in entries for row in entry.shape.rows]
            for text in causes.texts(cause):
                skeleton = words.skeleton(text)
                if skeleton.strip() and any(skeleton in row for row in rows):
                    found.add(skeleton)
        return frozenset(found)

    @cached_property
    def _by_input(self) -> Mapping[str, list[Entry]]:
        index: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            if generates(entry.recording.request):
                for each in self.inputs.all_in(entry.shape):
                    index[each].append(entry)
        return index

    @cached_property
    def vectors(self) -> Vectors:
        return Vectors(entry.recording for entry in self.entries)

    @cached_property
    def scores(self) -> Scores:
        return Scores(entry.recording for entry in self.entries)

    def nearest(self, shape: Shape) -> Entry | None:
        """The recording most like a request: by endpoint and model, then by shared rare words."""
        if not self.entries:
            return None
        known = [word for word in set(words.skeleton(shape.text).split()) if word in self._by_word]
        rare = heapq.nsmallest(_RARE_WORDS, known, key=lambda word: (len(self._by_word[word]), word))
        votes: Counter[int] = Counter()
        for word in rare:
            for number in self._by_word[word][:_POSTINGS]:
                votes[number] += 1
        candidates = [number for number, _ in votes.most_common(_POSTINGS)] or [0]

        def likeness(number: int) -> tuple[bool, int, bool, int]:
            other = self.entries[number].shape
            return other.endpoint == shape.endpoint, votes[number], other.model == shape.model, -number

        return self.entries[max(candidates, key=likeness)]

    @cached_property
    def _by_word(self) -> Mapping[str, list[int]]:
        index: dict[str, list[int]] = defaultdict(list)
        for entry in self.entries:
            for word in set(words.skeleton(entry.shape.text).split()):
                index[word].append(entry.number)
        return index


def usable_anchors(inputs: Iterable[str]) -> list[str]:
    """Leave out inputs that are too short, and those inside another: a longer one cut short would look like them."""
    long = [each for each in inputs if words.count(each) >= words.ANCHOR_WORDS]
    index = InputIndex(long)
    inside = {each for other in long for each in index.occurring(other) if each != other}
    return sorted({*long} - inside)
