"""May a recorded answer be served to a request that was written differently?"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from coreskills.cassettes.recording import Recording
from coreskills.cassettes.shape import Shape
from coreskills.errors import ConversionError
from coreskills.wire.convert import to_plain
from coreskills.wire.http import WireResponse

if TYPE_CHECKING:
    from coreskills.cassettes.entry import Entry

_CUT = ("max_tokens", "length", "model_context_window_exceeded", "max_output_tokens")
_UNTOLD = ("id", "call_id", "created", "created_at", "completed_at", "annotations", "logprobs")


def plain_document(recording: Recording) -> Any:
    """The recorded answer as one JSON document; ``None`` when it has no such form."""
    try:
        return to_plain(recording.request, recording.response).json
    except ConversionError:
        return None


def limit_allows(request: Shape, recorded: Shape, answer: Any) -> bool:
    """The request's token limit would have let the recorded answer through, and no more than it."""
    if request.limit == recorded.limit or not isinstance(answer, dict):
        return True
    if was_cut(answer):
        return False
    usage = answer.get("usage")
    used = usage.get("output_tokens", usage.get("completion_tokens")) if isinstance(usage, dict) else None
    return request.limit is None or (isinstance(used, int) and used <= request.limit)


def was_cut(answer: dict[str, Any]) -> bool:
    """The recorded answer ended at its token limit."""
    details = answer.get("incomplete_details")
    reasons = [answer.get("stop_reason"), details.get("reason") if isinstance(details, dict) else None]
    reasons += [choice.get("finish_reason") for choice in _dicts(answer.get("choices"))]
    return any(reason in _CUT for reason in reasons)


def tools_called(answer: Any) -> frozenset[str]:
    """Names of the tools that an answer calls."""
    return frozenset(_called(answer)) if isinstance(answer, dict) else frozenset()


def _called(answer: dict[str, Any]) -> Iterable[str]:
    for block in _dicts(answer.get("content")):
        if block.get("type") == "tool_use":
            yield str(block.get("name"))
    for item in _dicts(answer.get("output")):
        if item.get("type") == "function_call":
            yield str(item.get("name"))
    for choice in _dicts(answer.get("choices")):
        message = choice.get("message")
        for call in _dicts(message.get("tool_calls") if isinstance(message, dict) else None):
            function = call.get("function") or call.get("custom")
            yield str(function.get("name")) if isinstance(function, dict) else ""


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def said(entry: Entry) -> str:
    """What a recorded answer says, whatever its form, ids and times."""
    return f"{entry.recording.fault or ''}{content_of(entry.answer, entry.recording.response)}"


def content_of(answer: Any, response: WireResponse) -> str:
    """What an answer says; ``answer`` is its JSON document, ``None`` where it has none."""
    if response.status != 200 or not isinstance(answer, dict):
        return f"{response.status} {response.body.decode(errors='replace')}"
    content = answer.get("content") or answer.get("output")
    content = content or [choice.get("message") for choice in _dicts(answer.get("choices"))]
    return json.dumps(_told(content or answer), sort_keys=True, ensure_ascii=False)


def _told(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _told(inner) for key, inner in value.items() if key not in _UNTOLD}
    return [_told(inner) for inner in value] if isinstance(value, list) else value
