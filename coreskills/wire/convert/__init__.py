"""One answer, two forms: a JSON document and an event stream, converted both ways.

Both directions keep what the SDKs' own accumulators keep, so that a client sees the same message in either form.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any

from coreskills.errors import ConversionError
from coreskills.wire.convert import anthropic_messages, openai_chat, openai_responses
from coreskills.wire.http import WireRequest, WireResponse
from coreskills.wire.sse import CONTENT_TYPE, Event, parse_events

__all__ = ["can_convert", "to_plain", "to_stream"]

_SHAPES: Mapping[tuple[str, str], ModuleType] = {
    ("anthropic", "/v1/messages"): anthropic_messages,
    ("openai", "/v1/chat/completions"): openai_chat,
    ("openai", "/v1/responses"): openai_responses,
}


def can_convert(request: WireRequest) -> bool:
    """The endpoint has both forms."""
    return request.method == "POST" and (request.provider, request.path) in _SHAPES


def to_stream(request: WireRequest, plain: WireResponse) -> WireResponse:
    """Make the event stream that says what a JSON answer says.

    Errors (any status but 200) and streams come back unchanged: providers answer errors as JSON in both forms.

    Args:
        request: Its ``stream_options`` say whether OpenAI's stream carries the usage.

    Raises:
        ConversionError: The endpoint has no stream, or the answer is not one of its answers.
    """
    if plain.status != 200 or plain.is_stream:
        return plain
    render: Callable[[Any, Any], bytes] = _shape(request).to_stream
    try:
        body = render(plain.json, request.json or {})
    except (KeyError, TypeError, AttributeError) as error:
        raise ConversionError(f"The answer of {request.path} is not one that streams ({error!r}).") from error
    return WireResponse(200, {**_kept(plain), "content-type": CONTENT_TYPE}, body, plain.latency_ms)


def to_plain(request: WireRequest, stream: WireResponse) -> WireResponse:
    """Make the JSON answer that says what an event stream says.

    Raises:
        ConversionError: The endpoint has no stream, or this one breaks off, carries an error or lacks the usage.
    """
    if stream.status != 200 or not stream.is_stream:
        return stream
    collect: Callable[[Iterable[Event]], Any] = _shape(request).to_plain
    try:
        document = collect(parse_events(stream.body))
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        raise ConversionError(f"The stream of {request.path} is malformed ({error!r}).") from error
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return WireResponse(200, {**_kept(stream), "content-type": "application/json"}, body, stream.latency_ms)


def _shape(request: WireRequest) -> ModuleType:
    shape = _SHAPES.get((request.provider, request.path))
    if shape is None:
        raise ConversionError(f"{request.provider} {request.path} has no streamed form.")
    return shape


def _kept(response: WireResponse) -> dict[str, str]:
    return {k: v for k, v in response.headers.items() if k not in ("content-type", "content-length")}
