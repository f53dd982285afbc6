"""Explains a miss: to the learner what to change, to the instructor how far the nearest recording is."""

from __future__ import annotations

import difflib
import json
import textwrap
from collections.abc import Iterable

from coreskills.cassettes.entry import Entry
from coreskills.cassettes.outcome import Miss
from coreskills.cassettes.shape import Shape
from coreskills.wire.http import WireRequest, WireResponse

MISS_STATUS = 418
_DIFF_CHARACTERS = 4000
_WIDTH = 110


def explain(request: WireRequest, shape: Shape, reason: str, *, nearest: Entry | None, cause: str | None) -> Miss:
    """Write a miss up.

    Args:
        reason: One clause that says what stands in the way.
    """
    learner = _learner_message(shape, reason, nearest)
    instructor = _instructor_view(shape, reason, nearest, cause)
    return Miss(request, reason, nearest, learner, instructor, _response(request, learner), cause)


def _learner_message(shape: Shape, reason: str, nearest: Entry | None) -> str:
    """Never quotes a recording: it may belong to a hidden check."""
    lines = [f"No recorded answer fits this call to {shape.endpoint}: {reason}."]
    if nearest is not None and (fields := list(differing_fields(shape, nearest.shape))):
        lines.append(f"This request differs from the nearest recorded one in: {', '.join(fields)}.")
    lines.append("This is no judgement of your answer: grading plays recorded calls, and this one was not recorded.")
    return " ".join(lines)


def differing_fields(one: Shape, other: Shape) -> Iterable[str]:
    """Name what differs between two requests, in a learner's words."""
    if one.endpoint != other.endpoint:
        yield "endpoint"
    if one.model != other.model:
        yield "model"
    if one.tools != other.tools:
        yield "tools"
    if one.limit != other.limit:
        yield "max_tokens"
    yield from (
        name for name in sorted({*one.sampling, *other.sampling}) if one.sampling.get(name) != other.sampling.get(name)
    )
    if _texts(one, "system") != _texts(other, "system"):
        yield "system prompt"
    ours, theirs = _messages(one), _messages(other)
    if len(ours) != len(theirs):
        yield f"number of messages ({len(ours)} here)"
    elif ours != theirs:
        yield "message text"
    if one.model == other.model and one.tools == other.tools and one.kind != other.kind:
        yield "answer format or stop sequences"


def _texts(shape: Shape, role: str) -> list[str]:
    return [row.text for row in shape.rows if row.role == role]


def _messages(shape: Shape) -> list[tuple[str, str]]:
    return [(row.role, row.text) for row in shape.rows if row.role != "system"]


def _instructor_view(shape: Shape, reason: str, nearest: Entry | None, cause: str | None) -> str:
    lines = [f"miss: {shape.endpoint} model {shape.model or '-'}: {reason}"]
    lines.append(f"test call: {cause or 'none'}")
    if nearest is None:
        return "\n".join([*lines, "nothing is recorded for this endpoint"])
    lines.append(
        f"nearest: interaction {nearest.place} of {nearest.cassette}, recorded in {nearest.recording.cell or '?'}"
    )
    if differing := list(differing_fields(shape, nearest.shape)):
        lines.append(f"differs in: {', '.join(differing)}")
    diff = difflib.unified_diff(_pages(nearest.shape), _pages(shape), "recorded", "this request", lineterm="", n=1)
    return "\n".join([*lines, "\n".join(diff)[:_DIFF_CHARACTERS]])


def _pages(shape: Shape) -> list[str]:
    """The request as lines short enough for a diff to show the place."""
    facts = {"model": shape.model, "limit": shape.limit, "tools": sorted(shape.tools), **shape.sampling}
    lines = [f"{name}: {json.dumps(value)}" for name, value in facts.items() if value not in (None, [], "")]
    for row in shape.rows:
        lines += textwrap.wrap(f"{row.role}: {row.text}", _WIDTH) or [f"{row.role}:"]
        lines += [f"{row.role}: [block {mark[:8]}]" for mark in row.other]
    return lines


def _response(request: WireRequest, message: str) -> WireResponse:
    """An error in the provider's shape: the SDKs raise ``APIStatusError`` with the message and do not retry."""
    error: dict[str, object] = {"type": "cassette_miss", "message": message}
    if request.provider == "anthropic":
        body: dict[str, object] = {"type": "error", "error": error, "request_id": None}
    elif request.provider == "openai":
        body = {"error": {**error, "param": None, "code": "cassette_miss"}}
    else:
        body = {"message": message}
    headers = {"content-type": "application/json", "x-should-retry": "false"}
    return WireResponse(MISS_STATUS, headers, json.dumps(body, ensure_ascii=False).encode())
