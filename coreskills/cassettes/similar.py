"""Recordings that answer a request which was written differently, tier by tier."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from coreskills.cassettes import fit
from coreskills.cassettes.entry import Entry
from coreskills.cassettes.inputs import Found, place
from coreskills.cassettes.outcome import Tier
from coreskills.cassettes.shape import Shape
from coreskills.wire.http import WireRequest

if TYPE_CHECKING:
    from coreskills.cassettes.library import Library

_GENERATING = ("/v1/messages", "/v1/chat/completions", "/v1/responses")


def generates(request: WireRequest) -> bool:
    """The answer is a model's text; only such a request may be answered though its wording differs."""
    return request.method == "POST" and request.path in _GENERATING


def groups(
    library: Library, request: WireRequest, shape: Shape, cause: str | None, reasons: list[str]
) -> Iterator[tuple[Tier, Sequence[Entry]]]:
    """Find groups of recordings, each of which plays in order, best tier first.

    Args:
        reasons: Takes what stood in the way, most telling first.
    """
    if group := _within_limit(library.same_prompt(shape), shape, reasons):
        yield "same prompt", group
    if not generates(request):
        return
    held = library.held(shape)
    if cause and (known := library.inputs_of(cause)):
        if (asked := place(shape, held, known)) is None:
            reasons.append("the text that the test passes does not occur in the request, whole and unchanged")
        elif group := _about(library, library.caused_by(cause), shape, asked, known, reasons):
            yield "cause", group
    known = frozenset[str]().union(*held) & library.anchors
    if (asked := place(shape, held, known)) is not None and (
        group := _about(library, library.asking_about(known), shape, asked, known, reasons)
    ):
        yield "anchor", group


def _about(
    library: Library,
    entries: Iterable[Entry],
    shape: Shape,
    asked: Found,
    known: frozenset[str],
    reasons: list[str],
) -> Sequence[Entry]:
    """The recordings about the same inputs, at the same point of a conversation, that this request may get."""
    same = []
    for entry in entries:
        if entry.shape.endpoint == shape.endpoint and generates(entry.recording.request):
            recorded = place(entry.shape, library.held_by(entry), known)
            if recorded is not None and asked.may_get(recorded):
                same.append(entry)
    if not same:
        reasons.append(_unlike(len(asked.asked)))
        return ()
    return _unambiguous(_within_limit(_of_kind(same, shape, reasons), shape, reasons), shape, reasons)


def _unlike(inputs: int) -> str:
    if inputs > 1:
        return f"one message holds {inputs} of the test's inputs, and no recorded call holds just these"
    return "it holds the test's input, but no answer was recorded at this point of such a conversation"


def _of_kind(entries: Sequence[Entry], shape: Shape, reasons: list[str]) -> Sequence[Entry]:
    """Same model, format and stop sequences, and no call of a tool that the request does not offer."""
    fitting = [entry for entry in entries if _is_kind(entry, shape)]
    if not fitting:
        other = sorted({entry.shape.model for entry in entries} - {shape.model})
        what = f"model {shape.model!r}" if other else "these tools, this format or these stop sequences"
        reasons.append(f"an answer is recorded for this input, but not with {what}")
    return fitting


def _is_kind(entry: Entry, shape: Shape) -> bool:
    images = [mark for row in shape.rows if row.role == "user" for mark in row.other]
    recorded = [mark for row in entry.shape.rows if row.role == "user" for mark in row.other]
    return entry.shape.kind == shape.kind and images == recorded and fit.tools_called(entry.answer) <= shape.tools


def _within_limit(entries: Sequence[Entry], shape: Shape, reasons: list[str]) -> Sequence[Entry]:
    fitting = [entry for entry in entries if fit.limit_allows(shape, entry.shape, entry.answer)]
    if entries and not fitting:
        reasons.append(f"with max_tokens {shape.limit} the answer would be longer or shorter than the recorded one")
    return fitting


def _unambiguous(entries: Sequence[Entry], shape: Shape, reasons: list[str]) -> Sequence[Entry]:
    """One prompt's recordings; several differently worded ones only if all say the same."""
    close = [entry for entry in entries if entry.shape.sampling == shape.sampling] or entries
    by_prompt: dict[str, list[Entry]] = {}
    for entry in close:
        by_prompt.setdefault(entry.shape.prompt, []).append(entry)
    sayings = {tuple(fit.said(entry) for entry in group) for group in by_prompt.values()}
    if len(sayings) > 1:
        reasons.append(f"{len(by_prompt)} different prompts with different answers are recorded for this input")
        return ()
    return next(iter(by_prompt.values()), ())
