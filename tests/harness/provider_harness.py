"""A second local server that stands for a provider."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

REAL_KEY = "sk-ant-the-real-one"
USAGE = {"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 90, "cache_creation_input_tokens": 0}
MESSAGE = {
    "id": "msg_live",
    "type": "message",
    "role": "assistant",
    "model": "claude-haiku-4-5-20251001",
    "content": [{"type": "text", "text": "Bonjour, déjà vu"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": USAGE,
}


@dataclass
class Provider:
    """The stand-in: answers by the words of the request, and remembers what it was sent.

    Attributes:
        go_on: Its streams stop after the first word until this is set.
    """

    url: str = ""
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self.answer, methods=["GET", "POST"])])

    async def answer(self, request: Request) -> Response:
        body = await request.body()
        self.requests.append((request.url.path, dict(request.headers), body))
        if b"overloaded" in body:
            error = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_9"}'
            headers = {"retry-after": "7", "request-id": "req_9", "anthropic-organization-id": "org-secret"}
            return Response(error, 529, headers, "application/json")
        if request.url.path == "/v1/chat/completions":
            return StreamingResponse(_chat_events(), media_type="text/event-stream")
        if b'"stream":true' in body.replace(b" ", b""):
            return StreamingResponse(self.events(broken=b"break off" in body), media_type="text/event-stream")
        return Response(json.dumps(MESSAGE), 200, {"request-id": "req_1"}, "application/json")

    async def events(self, *, broken: bool) -> AsyncIterator[bytes]:
        start = {**MESSAGE, "content": [], "stop_reason": None, "usage": {**USAGE, "output_tokens": 1}}
        yield _event({"type": "message_start", "message": start})
        yield _event({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
        yield _event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Bonjour"}})
        while not self.go_on.is_set():
            await asyncio.sleep(0.01)
        if broken:
            raise ConnectionResetError
        # An event in two chunks: what comes in parts goes out in parts.
        last = _event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": ", déjà vu"}})
        yield last[:20]
        yield last[20:]
        yield _event({"type": "content_block_stop", "index": 0})
        yield _event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}})
        yield _event({"type": "message_stop"})


def _event(document: dict[str, Any]) -> bytes:
    return f"event: {document['type']}\ndata: {json.dumps(document)}\n\n".encode()


async def _chat_events() -> AsyncIterator[bytes]:
    """A stream that tells no usage."""
    for delta, finish in (
        ({"role": "assistant", "content": ""}, None),
        ({"content": "Hello there"}, None),
        ({}, "stop"),
    ):
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-5.4", "choices": [choice]}
        yield b"data: " + json.dumps(chunk).encode() + b"\n\n"
    yield b"data: [DONE]\n\n"
