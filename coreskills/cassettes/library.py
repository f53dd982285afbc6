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
from coreskills.cassettes.inputs import Held, InputIndex, inputs_by_cause, usable_anchors
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
        self._held: dict[int, Held] = {}
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
    def _inputs_by_cause(self) -> Mapping[str, frozenset[str]]:
        """What each test call passes that a request of its holds."""
        passed = inputs_by_cause(self._by_cause)
        rows = {
            cause: [row.words for entry in entries if generates(entry.recording.request) for row in entry.shape.rows]
            for cause, entries in self._by_cause.items()
        }
        return {
            cause: frozenset(text for text in texts if any(text in row for row in rows[cause]))
            for cause, texts in passed.items()
        }

    @cached_property
    def _inputs(self) -> InputIndex:
        return InputIndex(self.recorded_inputs)

    @cached_property
    def recorded_inputs(self) -> frozenset[str]:
        """Skeletons of every text that a test call passed and that a request of it holds."""
        return frozenset[str]().union(*self._inputs_by_cause.values())

    @cached_property
    def anchors(self) -> frozenset[str]:
        """The inputs that say by themselves which recording is meant."""
        return usable_anchors(self.recorded_inputs)

    def inputs_of(self, cause: str) -> frozenset[str]:
        """What a recorded test call passes, as skeletons."""
        return self._inputs_by_cause.get(causes.normal(cause), frozenset())

    def held(self, shape: Shape) -> Held:
        """The recorded inputs in each message of a request."""
        return self._inputs.held(shape)

    def held_by(self, entry: Entry) -> Held:
        """The recorded inputs in each message of a recording."""
        if entry.number not in self._held:
            self._held[entry.number] = self.held(entry.shape)
        return self._held[entry.number]

    @cached_property
    def _by_input(self) -> Mapping[str, list[Entry]]:
        index: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            if generates(entry.recording.request):
                for each in frozenset[str]().union(*self.held_by(entry)):
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
