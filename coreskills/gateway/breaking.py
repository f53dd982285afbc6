"""How scripted faults change an answer."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator

from coreskills.gateway.faults import Fault
from coreskills.gateway.incoming import Answer, Incoming, whole
from coreskills.ledger.call import Source
from coreskills.wire.errors import error_response, event_error
from coreskills.wire.http import Provider

_MESSAGES = {
    400: "messages: scripted fault",
    401: "invalid x-api-key",
    403: "Your API key does not have permission to use the specified resource.",
    404: "Not found",
    413: "Request exceeds the maximum size",
    429: "Number of requests has exceeded your rate limit. Please try again later.",
    500: "Internal server error",
    503: "Service unavailable",
    529: "Overloaded",
}


_PING = b"event: ping"  # clients do not read what it carries


class ConnectionDropped(Exception):
    """A scripted fault: the answer breaks off here."""


def fault_answer(fault: Fault, provider: Provider, *, source: Source) -> Answer | None:
    """What a fault answers by itself; ``None`` where it only spoils the true answer."""
    if fault.kind == "spend_limit":
        message = fault.message or "You have reached your specified API usage limits."
        return whole(
            error_response(provider, 429, "spend_limit", message, should_retry=fault.should_retry), source=source
        )
    if fault.kind != "error" or fault.status is None:
        return None
    kind = "too_large" if fault.status == 413 else "overloaded" if fault.status == 529 else ""
    response = error_response(
        provider,
        fault.status,
        kind,
        fault.message or _MESSAGES.get(fault.status, "Scripted fault"),
        type=fault.error_type,
        retry_after_s=fault.retry_after_s,
        should_retry=fault.should_retry,
    )
    return whole(response, source=source)


def break_body(fault: Fault | None, incoming: Incoming, answer: Answer) -> tuple[bytes, bool]:
    """A plain body as the fault leaves it, and whether the connection breaks there."""
    body = answer.body
    if fault is None:
        return body, False
    half = body[: len(body) // 2]
    if fault.kind == "drop":
        return half, True
    if fault.kind in ("truncate", "malformed"):
        return half, False
    if fault.kind in ("duplicate", "shuffle") and incoming.endpoint == "messages/batches/results":
        return _mixed(body, fault), False
    return body, False


async def break_stream(fault: Fault | None, incoming: Incoming, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """A stream as the fault leaves it.

    Raises:
        ConnectionDropped: The connection breaks here.
    """
    sent = 0
    async for chunk in chunks:
        if fault is None or fault.kind in ("delay", "duplicate", "shuffle"):
            yield chunk
            continue
        if fault.kind == "slow":
            async for part in _slowly(chunk, fault.bytes_per_s):
                yield part
            continue
        if sent >= fault.after_events and not (fault.kind == "malformed" and chunk.startswith(_PING)):
            if fault.kind == "drop":
                raise ConnectionDropped
            if fault.kind == "midstream_error":
                yield event_error(incoming.wire.provider, "overloaded", fault.message or "Overloaded")
            elif fault.kind == "malformed":
                name, data, text = chunk.partition(b"data: ")
                yield name + data + text[:20] + b"\n\n"
            return
        sent += 1
        yield chunk


async def _slowly(chunk: bytes, bytes_per_s: float) -> AsyncIterator[bytes]:
    step = max(1, round(bytes_per_s / 10))
    for start in range(0, len(chunk), step):
        await asyncio.sleep(step / bytes_per_s)
        yield chunk[start : start + step]


def _mixed(body: bytes, fault: Fault) -> bytes:
    """A batch's results in another order, or with one of them twice."""
    lines = [line for line in body.split(b"\n") if line]
    if len(lines) < 2 or not all(_is_json(line) for line in lines):
        return body
    dice = random.Random(fault.seed)  # noqa: S311  a seeded shuffle, no secret
    if fault.kind == "duplicate":
        lines.append(dice.choice(lines))
    else:
        before = list(lines)
        while lines == before:
            dice.shuffle(lines)
    return b"\n".join(lines) + b"\n"


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
