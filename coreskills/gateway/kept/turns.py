"""Turns of a conversation as JSON, and back."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

from coreskills.offline.prompt import Block, Image, Text, ToolCall, ToolResult, Turn


def dumped(turns: Iterable[Turn]) -> str:
    """Turns as text that any database takes: plain ASCII, no NUL."""
    return json.dumps([{"role": turn.role, "blocks": [_to_json(block) for block in turn.blocks]} for turn in turns])


def loaded(text: str) -> tuple[Turn, ...]:
    """The turns that ``dumped`` wrote."""
    return tuple(Turn(row["role"], tuple(_from_json(block) for block in row["blocks"])) for row in json.loads(text))


def _to_json(block: Block) -> dict[str, Any]:
    match block:
        case Text():
            return {"text": block.text, "title": block.title}
        case Image():
            return {"picture": block.media_type, "data": base64.b64encode(block.data).decode()}
        case ToolCall():
            return {"call": block.id, "name": block.name, "arguments": dict(block.arguments)}
        case ToolResult():
            return {"result_of": block.call_id, "text": block.text, "is_error": block.is_error}


def _from_json(row: dict[str, Any]) -> Block:
    if "picture" in row:
        return Image(row["picture"], base64.b64decode(row["data"]))
    if "call" in row:
        return ToolCall(row["call"], row["name"], row["arguments"])
    if "result_of" in row:
        return ToolResult(row["result_of"], row["text"], row["is_error"])
    return Text(row["text"], row["title"])
