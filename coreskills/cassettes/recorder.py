"""Records real HTTP through vcrpy: what the gateway asks upstream, with the test call that made it ask."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import httpcore
import httpx
import vcr
from vcr.cassette import Cassette as VcrCassette
from vcr.persisters.filesystem import CassetteNotFoundError
from vcr.record_mode import RecordMode
from vcr.request import Request as VcrRequest

from coreskills.cassettes.files import write
from coreskills.cassettes.recording import FAULT_HEADER, Fault, Provenance, Recording, canonical
from coreskills.cassettes.request import identify
from coreskills.cassettes.shape import exact_key
from coreskills.wire.http import WireRequest, WireResponse

Source = Literal["live", "offline"]

LATENCY_HEADER = "x-coreskills-latency-ms"
NO_ANSWER = 599
_REQUEST_IDS = ("request-id", "x-request-id")

# Only the gateway's own client is recorded; whatever else this process does over HTTP is not a call.
_NOT_OURS = ("httplib", "requests", "boto3", "urllib3", "httplib2", "tornado", "aiohttp", "httpx2")


@dataclass
class _Call:
    """One upstream call under way."""

    cause: str | None
    cell: str | None
    started: float = field(default_factory=time.monotonic)
    broken: Exception | None = None


_CALL: ContextVar[_Call | None] = ContextVar("coreskills_recorded_call", default=None)


class Recorder:
    """Everything a gateway asked upstream while this context was open.

    Use: open it, give ``transport()`` to the gateway's upstream client, wrap each upstream call in ``call()``,
    close it, then take the recordings ``in_order``.

    Args:
        source: ``live`` measures latency; offline models say a modelled one, so that re-recording changes nothing.
    """

    def __init__(self, *, source: Source) -> None:
        self.source = source
        self.recordings: list[Recording] = []
        self._open: VcrCassette | None = None
        self._stack = ExitStack()
        self._pending: set[asyncio.Task[Any]] = set()

    def __enter__(self) -> Recorder:
        book = vcr.VCR(
            record_mode=RecordMode.ALL,
            before_record_request=self._tagged,
            decode_compressed_response=True,
            skip_patchers=_NOT_OURS,
        )
        book.register_persister(_Memory(self))
        self._open = self._stack.enter_context(book.use_cassette("calls"))
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()
        self._open = None

    @contextmanager
    def call(self, *, cause: str | None, cell: str | None) -> Iterator[None]:
        """Everything that this task asks upstream meanwhile is one call of a cell, made by a test call."""
        token = _CALL.set(_Call(cause, cell))
        try:
            yield
        finally:
            _CALL.reset(token)

    def transport(self) -> httpx.AsyncBaseTransport:
        """The transport for the gateway's upstream client."""
        return _RecordedTransport(self)

    def _tagged(self, request: VcrRequest) -> VcrRequest | None:
        """Take only requests made inside ``call``; the tag rides on vcrpy's request to the persister."""
        call = _CALL.get()
        if call is None:
            return None
        request.coreskills = call
        request.coreskills_ms = round((time.monotonic() - call.started) * 1000)
        return request

    def note_failure(self, request: httpx.Request, body: bytes, fault: Fault) -> None:
        """Record a call that got no answer, which vcrpy does not."""
        if self._open is not None:
            headers = {FAULT_HEADER: [fault]}
            answer = {"status": {"code": NO_ANSWER, "message": fault}, "headers": headers, "body": {"string": b""}}
            self._open.append(VcrRequest(request.method, str(request.url), body, dict(request.headers)), answer)

    def take(self, requests: Sequence[VcrRequest], responses: Sequence[Mapping[str, Any]]) -> None:
        """Receive what vcrpy recorded."""
        for asked, answer in zip(requests, responses, strict=True):
            body = asked.body or b""
            request = identify(asked.method, asked.uri, asked.headers, body)
            if request is None:
                continue
            headers = {name.lower(): values[0] for name, values in answer["headers"].items()}
            call: _Call = asked.coreskills
            fault: Fault | None = "drop" if call.broken else headers.get(FAULT_HEADER)
            response = WireResponse(
                answer["status"]["code"], headers, answer["body"]["string"], self._latency_ms(headers, asked)
            )
            if self.source == "offline":
                response = with_steady_id(request, response)
            causes = (call.cause,) if call.cause else ()
            self.recordings.append(canonical(Recording(request, response, causes, call.cell, fault)))

    def _latency_ms(self, headers: Mapping[str, str], asked: VcrRequest) -> int | None:
        if LATENCY_HEADER in headers:
            return round(float(headers[LATENCY_HEADER]))
        measured: int = asked.coreskills_ms
        return measured if self.source == "live" else None

    def in_order(self) -> list[Recording]:
        """The recordings in an order that threads do not change: by cell, by test call, then by request.

        Equal requests keep the order in which they were asked: they are a sequence.
        """
        cells: dict[str | None, int] = {}
        causes: dict[tuple[str, ...], int] = {}
        for each in self.recordings:
            cells.setdefault(each.cell, len(cells))
            causes.setdefault(each.causes, len(causes))
        return sorted(
            self.recordings, key=lambda each: (cells[each.cell], causes[each.causes], exact_key(each.request))
        )


def with_steady_id(request: WireRequest, response: WireResponse) -> WireResponse:
    """Name an offline answer's request by what was asked, so that recording again changes nothing."""
    name = next((header for header in _REQUEST_IDS if header in response.headers), None)
    if name is None:
        return response
    given, steady = response.headers[name], f"req_{exact_key(request)[:24]}"
    body = response.body.replace(given.encode(), steady.encode())
    return replace(response, headers={**response.headers, name: steady}, body=body)


def is_hidden(recording: Recording) -> bool:
    """A hidden check made this call: no learner may see it."""
    return (recording.cell or "").endswith("-hidden")


def write_or_remove(
    path: Path, recordings: Sequence[Recording], *, provenance: Provenance, hidden_calls: int = 0
) -> bool:
    """Write a cassette, or remove one that has nothing to hold any more; returns whether anything changed."""
    if recordings or hidden_calls:
        return write(path, recordings, provenance=provenance, hidden_calls=hidden_calls)
    existed = path.exists()
    path.unlink(missing_ok=True)
    return existed


class _Memory:
    """vcrpy's persister: hands the interactions over instead of writing a file."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def load_cassette(self, path: str, serializer: object) -> None:
        raise CassetteNotFoundError

    def save_cassette(self, path: str, cassette: Mapping[str, Any], serializer: object) -> None:
        self._recorder.take(cassette["requests"], cassette["responses"])


class _RecordedTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport, which vcrpy patches, with what vcrpy leaves out: calls that fail."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._recorder = recorder
        self._tasks: set[asyncio.Task[httpx.Response]] = set()
        # vcrpy reads the whole answer and forgets it when the connection breaks: end such answers quietly
        # below vcrpy, remember the error, and raise it above.
        forward = self._pool.handle_async_request

        async def forgiving(request: httpcore.Request) -> httpcore.Response:
            response = await forward(request)
            response.stream = _UntilBroken(response.stream)
            return response

        self._pool.handle_async_request = forgiving  # type: ignore[method-assign]  # the pool is ours alone

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        # Shielded: a client that gives up must not lose the recording of a slow answer.
        task = asyncio.ensure_future(self._record(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def _record(self, request: httpx.Request) -> httpx.Response:
        call = _CALL.get()
        body = await request.aread()
        try:
            response = await super().handle_async_request(request)
        except httpx.TransportError as error:
            self._recorder.note_failure(
                request, body, "timeout" if isinstance(error, httpx.TimeoutException) else "drop"
            )
            raise
        if call is not None and call.broken is not None:
            response.stream = _Broken(response.stream, call.broken)
        return response


class _UntilBroken:
    """An answer that ends where its connection broke; the error is left with the call."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        call = _CALL.get()
        try:
            async for part in self._stream:
                yield part
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            if call is None:
                raise
            call.broken = error

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Broken(httpx.AsyncByteStream):
    """What arrived of an answer, then the error that cut it."""

    def __init__(self, stream: Any, error: Exception) -> None:
        self._stream, self._error = stream, error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part
        raise httpx.RemoteProtocolError(f"the connection broke: {self._error}") from self._error
