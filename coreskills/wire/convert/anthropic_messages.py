"""Anthropic ``/v1/messages``: message and ``message_start`` ... ``message_stop``.

Source: ``anthropic.lib.streaming._messages.accumulate_event`` of anthropic 2.12, and recorded streams.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from coreskills.errors import ConversionError
from coreskills.wire.convert.pieces import fragments, words
from coreskills.wire.sse import Event, format_events

Json = dict[str, Any]

# What the last event repeats: totals, which overwrite those of the first event.
_TOTALS = (
    "input_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "output_tokens",
    "output_tokens_details",
    "server_tool_use",
)
_END = ("stop_reason", "stop_sequence", "stop_details", "container")


def to_stream(message: Json, request: Json) -> bytes:
    """Render a message as its event stream."""
    return format_events((event["type"], event) for event in _events(message))


def _events(message: Json) -> Iterator[Json]:
    usage = message.get("usage") or {}
    opening = {k: v for k, v in usage.items() if k not in ("output_tokens_details", "server_tool_use")}
    yield {
        "type": "message_start",
        "message": {
            **message,
            "content": [],
            **{k: None for k in _END if k in message},
            "usage": {**opening, "output_tokens": min(1, usage.get("output_tokens", 0))},
        },
    }
    for index, block in enumerate(message["content"]):
        start, deltas = _block(block)
        yield {"type": "content_block_start", "index": index, "content_block": start}
        if index == 0:
            yield {"type": "ping"}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    end: Json = {
        "type": "message_delta",
        "delta": {k: message[k] for k in _END if k in message},
        "usage": {k: usage[k] for k in _TOTALS if k in usage},
    }
    if "context_management" in message:
        end["context_management"] = message["context_management"]
    yield end
    yield {"type": "message_stop"}


def _block(block: Json) -> tuple[Json, list[Json]]:
    """What a block starts as, and the deltas that fill it; a block without deltas arrives whole."""
    kind = block["type"]
    if kind == "text":
        citations = block.get("citations")
        start = {**block, "text": "", **({"citations": []} if citations else {})}
        deltas: list[Json] = [{"type": "citations_delta", "citation": citation} for citation in citations or []]
        return start, deltas + [{"type": "text_delta", "text": piece} for piece in words(block["text"])]
    if kind == "thinking":
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in words(block["thinking"])]
        if block.get("signature"):
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
        return {**block, "thinking": "", "signature": ""}, deltas
    if isinstance(block.get("input"), dict):
        text = json.dumps(block["input"], ensure_ascii=False) if block["input"] else ""
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ["", *fragments(text)]]
        return {**block, "input": {}}, deltas
    return block, []


def to_plain(events: Iterable[Event]) -> Json:
    """Collect the message of a stream."""
    message: Json = {}
    arguments: dict[int, str] = {}
    for event in events:
        data = event.json
        kind = data["type"]
        if kind == "message_start":
            message = {**data["message"], "content": []}
        elif kind == "content_block_start":
            message["content"].append(dict(data["content_block"]))
        elif kind == "content_block_delta":
            _grow(message["content"][data["index"]], data["delta"], arguments, data["index"])
        elif kind == "content_block_stop":
            if arguments.get(data["index"]):
                message["content"][data["index"]]["input"] = json.loads(arguments[data["index"]])
        elif kind == "message_delta":
            _end(message, data)
        elif kind == "message_stop":
            return message
        elif kind == "error":
            raise ConversionError(f"The recorded stream carries an error: {data['error'].get('message')!r}.")
    raise ConversionError("The recorded stream breaks off before message_stop.")


def _grow(block: Json, delta: Json, arguments: dict[int, str], index: int) -> None:
    kind = delta["type"]
    if kind == "text_delta":
        block["text"] = block.get("text", "") + delta["text"]
    elif kind == "thinking_delta":
        block["thinking"] = block.get("thinking", "") + delta["thinking"]
    elif kind == "signature_delta":
        block["signature"] = delta["signature"]
    elif kind == "citations_delta":
        block["citations"] = [*(block.get("citations") or []), delta["citation"]]
    elif kind == "input_json_delta":
        arguments[index] = arguments.get(index, "") + delta["partial_json"]
    elif kind == "compaction_delta":
        block["content"] = (block.get("content") or "") + (delta.get("content") or "")
    else:
        raise ConversionError(f"The recorded stream has a delta of an unknown kind, {kind!r}.")


def _end(message: Json, event: Json) -> None:
    for key, value in event["delta"].items():
        # A null container means "none named here"; the other three are the message's end.
        if key != "container" or value is not None:
            message[key] = value
    totals = {k: v for k, v in (event.get("usage") or {}).items() if v is not None}
    message["usage"] = {**message["usage"], **totals}
    if event.get("context_management") is not None:
        message["context_management"] = event["context_management"]
