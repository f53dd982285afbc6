"""An answer on its way to the client: faults, the row in the ledger, the trace."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from coreskills.gateway.breaking import ConnectionDropped, break_body, break_stream, fault_answer
from coreskills.gateway.faults import Fault
from coreskills.gateway.incoming import Answer, Incoming, whole
from coreskills.gateway.live import StreamBroken
from coreskills.gateway.metering import batch_calls, is_last, to_call
from coreskills.gateway.session import Trace
from coreskills.ledger.call import Call, Source
from coreskills.wire.errors import WireError
from coreskills.wire.http import WireResponse

if TYPE_CHECKING:
    from coreskills.gateway.app import Gateway

_CUT_SHORT = frozenset({"truncate", "malformed", "midstream_error"})
SOURCE_HEADER = "x-coreskills-source"
_SOURCES: dict[str, Source] = {"offline": "offline", "replay": "recorded", "live": "live"}


class Outgoing:
    """One request's way out.

    Attributes:
        fault: What the script does to this answer.
        is_held: Something is held back from the budget, and has to be settled.
    """

    def __init__(self, gateway: Gateway, incoming: Incoming) -> None:
        self.gateway, self.incoming = gateway, incoming
        self.fault: Fault | None = None
        self.is_held = False

    async def fault_before(self) -> Answer | None:
        """Do what the fault does before anybody is asked; its answer, if it answers."""
        if self.fault is None:
            return None
        if self.fault.kind == "delay":
            await asyncio.sleep(self.fault.seconds)
        return fault_answer(self.fault, self.incoming.wire.provider, source=_SOURCES[self.incoming.grant.backend])

    async def refuse(self, error: WireError) -> Response:
        """Answer with an error of our own."""
        response = error.response(self.incoming.wire.provider)
        return await self.finish(whole(response, source=_SOURCES[self.incoming.grant.backend]))

    async def finish(self, answer: Answer) -> Response:
        """The response to send; a plain one is in the ledger when this returns, a stream before its last event."""
        if answer.chunks is not None:
            return Streaming(self, answer)
        body, is_dropped = break_body(self.fault, self.incoming, answer)
        await self.record(answer, answer.body, ended="broken" if is_dropped else "whole")
        response = plain_response(WireResponse(answer.status, answer.headers, body), source=answer.source)
        if is_dropped:
            return Dropped(response, of=len(answer.body))
        if self.fault is not None and self.fault.kind == "slow":
            return Slow(response, self.fault.bytes_per_s)
        return response

    async def record(
        self,
        answer: Answer,
        body: bytes,
        *,
        first_token_ms: int | None = None,
        ended: str = "whole",
        events: list[tuple[int, bytes]] | None = None,
    ) -> Call:
        """Write the row, settle the budget, keep the trace."""
        call = to_call(
            self.incoming,
            answer,
            body,
            latency_ms=self.elapsed_ms() if answer.latency_ms is None else answer.latency_ms,
            first_token_ms=first_token_ms,
            fault=self.fault.kind if self.fault else None,
            ended=ended,
        )
        results = await self._new_results(answer, body)
        try:
            ids = await self.gateway.writer.add(call, *results)
        finally:
            self.release(call)
        for billed in results:
            self.gateway.budgets.add(billed.learner, billed.lab, billed.cost_usd)
        call = replace(call, id=ids[0])
        self.incoming.session.add(call, self._trace(call, answer, body, events or []))
        for row, row_id in zip(results, ids[1:], strict=True):
            self.incoming.session.calls.append(replace(row, id=row_id))
        return call

    async def _new_results(self, answer: Answer, body: bytes) -> list[Call]:
        """Rows of a batch's results, the first time they are fetched."""
        if self.incoming.endpoint != "messages/batches/results" or answer.status != 200:
            return []
        rows = await asyncio.to_thread(batch_calls, self.incoming, answer, answer.body or body)
        ids = [row.response_id for row in rows if row.response_id]
        grant = self.incoming.grant
        # A recording has the same ids for every learner and key: there, a key's own rows count.
        key_id = grant.id if answer.source == "recorded" else None
        known = await asyncio.to_thread(
            self.gateway.ledger.answered, ids, learner=grant.learner, lab=grant.lab, key_id=key_id
        )
        return [row for row in rows if row.response_id not in known]

    def release(self, call: Call | None = None) -> None:
        """Give back what the budget held; a call that was written is charged."""
        cost = call.cost_usd if call is not None else None
        grant = self.incoming.grant
        if self.is_held:
            self.is_held = False
            self.gateway.budgets.settle(grant.learner, grant.lab, estimate_usd=self.incoming.held_usd, cost_usd=cost)

    def elapsed_ms(self) -> int:
        """Milliseconds since the request came in."""
        return round((self.gateway.seconds() - self.incoming.started_s) * 1000)

    def _trace(self, call: Call, answer: Answer, body: bytes, events: list[tuple[int, bytes]]) -> Trace:
        wire = self.incoming.wire
        headers = {name: "hidden" if name in ("authorization", "x-api-key") else v for name, v in wire.headers.items()}
        return Trace(
            call,
            wire.method,
            wire.path,
            headers,
            wire.body,
            dict(answer.headers),
            body,
            events,
            answer.miss,
            answer.notes,
        )


def plain_response(response: WireResponse, *, source: Source) -> Response:
    """A whole answer, with its source on it."""
    headers = {**response.headers, SOURCE_HEADER: source}
    return Response(response.body, status_code=response.status, headers=headers)


class Streaming(Response):
    """Sends a stream's chunks as they come; the last one only when the call is in the ledger."""

    def __init__(self, outgoing: Outgoing, answer: Answer) -> None:
        super().__init__(status_code=answer.status, headers={**answer.headers, SOURCE_HEADER: answer.source})
        del self.headers["content-length"]
        self._outgoing, self._answer = outgoing, answer
        self._sent: list[bytes] = []
        self._events: list[tuple[int, bytes]] = []
        self._recording: asyncio.Task[Call] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the end, or until the client hangs up."""
        sending = asyncio.ensure_future(self._send_all(send))
        leaving = asyncio.ensure_future(_wait_for_leaving(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
            else:
                sending.cancel()
                with suppress(asyncio.CancelledError):
                    await sending
        finally:
            leaving.cancel()
            sending.cancel()
            await self._record("left")

    async def _send_all(self, send: Send) -> None:
        assert self._answer.chunks is not None
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            async for chunk in break_stream(self._outgoing.fault, self._outgoing.incoming, self._answer.chunks):
                self._sent.append(chunk)
                self._events.append((self._outgoing.elapsed_ms(), chunk))
                if is_last(chunk):
                    await self._record("whole")
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except (ConnectionDropped, StreamBroken):
            await self._record("broken")
            return  # the server closes the connection of an answer without an end
        fault = self._outgoing.fault
        await self._record("broken" if fault is not None and fault.kind in _CUT_SHORT else "whole")
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _record(self, ended: str) -> None:
        """Write the row, once: whoever comes first says how the answer ended, the others wait until it is written."""
        if self._recording is None:
            answer = self._answer
            if ended != "whole":
                answer.tokens = None  # what was told is the price of the whole; what was sent is counted
            first = self._events[0][0] if self._events else None
            self._recording = asyncio.ensure_future(
                self._outgoing.record(
                    answer, b"".join(self._sent), first_token_ms=first, ended=ended, events=self._events
                )
            )
        # Shielded: a client that leaves cancels the sending, never the row.
        await asyncio.shield(self._recording)


class Dropped(Response):
    """Promises the whole body and sends a part: the client sees a connection that broke."""

    def __init__(self, response: Response, *, of: int) -> None:
        super().__init__(response.body, status_code=response.status_code, headers=dict(response.headers))
        self.headers["content-length"] = str(max(of, len(self.body) + 1))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the part and leave the answer without an end."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})


class Slow(Response):
    """Sends a body a few bytes at a time."""

    def __init__(self, response: Response, bytes_per_s: float) -> None:
        super().__init__(response.body, status_code=response.status_code, headers=dict(response.headers))
        self._bytes_per_s = bytes_per_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send ten times a second, so that a client's read time-out per chunk does not fire but its patience may."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        step = max(1, round(self._bytes_per_s / 10))
        body = bytes(self.body)
        for start in range(0, len(body), step):
            await asyncio.sleep(step / self._bytes_per_s)
            await send({"type": "http.response.body", "body": body[start : start + step], "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _wait_for_leaving(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
