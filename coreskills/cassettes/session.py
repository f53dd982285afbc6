"""Playing recorded calls to one client: which answer is next, in which form, and what was missed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from coreskills.cassettes import cause as causes
from coreskills.cassettes import compose, similar
from coreskills.cassettes.entry import Entry
from coreskills.cassettes.misses import differing_fields, explain
from coreskills.cassettes.outcome import Hit, Miss, Tier
from coreskills.cassettes.recording import without_waiting
from coreskills.cassettes.shape import Shape, parse
from coreskills.errors import ConversionError
from coreskills.wire.convert import to_plain, to_stream
from coreskills.wire.http import WireRequest, WireResponse

if TYPE_CHECKING:
    from coreskills.cassettes.library import Library


class Session:
    """The state of one client's replay.

    Attributes:
        misses: Every miss so far. The examiner reads them here, so code that swallows the error hides nothing.
        played: How often each recording was served, by its number in the library.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self.misses: list[Miss] = []
        self.played: Counter[int] = Counter()

    def find(self, request: WireRequest, *, cause: str | None = None) -> Hit | Miss:
        """Find the recorded answer, best tier first; safe to call from any thread.

        Args:
            cause: The test call that is running.
        """
        running = causes.normal(cause) if cause else None
        with self._lock:
            if group := self._library.exact(request):
                entry = self._next(group, running)
                return self._hit(entry, entry.recording.response, "exact", None)
            return self._similar(request, parse(request), running)

    def _similar(self, request: WireRequest, shape: Shape, cause: str | None) -> Hit | Miss:
        reasons: list[str] = []
        for tier, group in similar.groups(self._library, request, shape, cause, reasons):
            entry = self._next(_same_form(group, request), cause)
            try:
                response = in_form(entry, request)
            except ConversionError as error:
                reasons.append(f"the recorded answer cannot be given in the form that was asked ({error.what})")
                continue
            return self._hit(entry, response, tier, shape)
        if (composed := self._composed(request)) is not None:
            return Hit(composed, "composed", None, "", ("assembled from recorded parts",))
        return self._miss(request, shape, cause, reasons)

    def _next(self, group: Sequence[Entry], cause: str | None) -> Entry:
        """The first recording not yet played, then the last one again; those of the running test call before others."""
        own = [entry for entry in group if cause in entry.causes] if cause and len(group) > 1 else []
        turn = own or group
        return next((entry for entry in turn if not self.played[entry.number]), turn[-1])

    def _hit(self, entry: Entry, response: WireResponse, tier: Tier, shape: Shape | None) -> Hit:
        self.played[entry.number] += 1
        notes = () if shape is None else tuple(f"differs in {what}" for what in differing_fields(shape, entry.shape))
        answer = without_waiting(response)
        return Hit(answer, tier, entry.place, entry.cassette, notes, entry.recording.fault)

    def _composed(self, request: WireRequest) -> WireResponse | None:
        if request.path == compose.EMBEDDINGS:
            return self._library.vectors.compose(request)
        return self._library.scores.compose(request) if request.path == compose.RERANK else None

    def _miss(self, request: WireRequest, shape: Shape, cause: str | None, reasons: list[str]) -> Miss:
        if request.path == compose.EMBEDDINGS and (unknown := self._library.vectors.missing(request)):
            reasons.append(
                f"no vector is recorded for {len(unknown)} of its texts, the first being {unknown[0][:60]!r}"
            )
        nearest = self._library.nearest(shape)
        if nearest is None or nearest.shape.endpoint != shape.endpoint:
            reasons.insert(0, "nothing was recorded for this endpoint")
        reason = reasons[0] if reasons else "it is none of the recorded requests"
        miss = explain(request, shape, reason, nearest=nearest, cause=cause)
        self.misses.append(miss)
        return miss


def _same_form(group: Sequence[Entry], request: WireRequest) -> Sequence[Entry]:
    """Prefer recordings of the form that was asked, so that nothing needs converting."""
    return [entry for entry in group if _form(entry.recording.request) == _form(request)] or group


def _form(request: WireRequest) -> tuple[bool, bool]:
    options = request.json.get("stream_options") if isinstance(request.json, dict) else None
    return request.wants_stream, bool(isinstance(options, dict) and options.get("include_usage"))


def in_form(entry: Entry, request: WireRequest) -> WireResponse:
    """The recorded answer as a stream or a document, as asked.

    Raises:
        ConversionError: It has no such form.
    """
    recording = entry.recording
    if recording.response.status != 200 or _form(recording.request) == _form(request):
        return recording.response
    if recording.fault:
        raise ConversionError("The recorded answer breaks off.")
    plain = to_plain(recording.request, recording.response)
    return to_stream(request, plain) if request.wants_stream else plain
