"""The recording backend: every call goes to an upstream over real HTTP, and into the recorder on its way."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx

from coreskills.cassettes.recorder import Recorder, with_steady_id
from coreskills.gateway.app import Gateway, create_app
from coreskills.gateway.breaking import ConnectionDropped
from coreskills.gateway.incoming import Answer, Incoming, whole
from coreskills.gateway.keys import KeyStore
from coreskills.gateway.live import Upstream
from coreskills.gateway.serve import GatewayServer
from coreskills.ledger import Ledger
from coreskills.wire.errors import WireError
from coreskills.wire.http import PROVIDER_HOSTS, Provider, WireResponse
from coreskills.wire.sse import split_events

# About one connection or one client, never passed on in either direction.
_ABOUT_THE_BODY = ("content-length", "content-encoding", "transfer-encoding", "accept-encoding")
_SECRET = ("authorization", "x-api-key", "cookie", "set-cookie")
_DROPPED_HEADERS = frozenset(("host", "connection", "date", "server", *_ABOUT_THE_BODY, *_SECRET))
_TIMEOUT_S = 600
_RECORDED_AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class RecordingBackend:
    """Passes every request on to the upstream, through the recorder's transport.

    Unlike the live backend it reads each answer whole, and what fails upstream fails here in the same way: a
    recording of a broken connection is made by a client that saw one.
    """

    def __init__(self, recorder: Recorder, upstreams: Mapping[Provider, Upstream]) -> None:
        self._recorder, self._upstreams = recorder, upstreams
        self._client: httpx.AsyncClient | None = None

    async def answer(self, incoming: Incoming) -> Answer:
        """Ask the upstream the same, with its own key.

        Raises:
            WireError: 503; there is no upstream for this provider.
        """
        upstream = self._upstreams.get(incoming.wire.provider)
        if upstream is None:
            raise WireError(503, "", f"There is no key to record calls to {incoming.wire.provider} with.")
        with self._recorder.call(cause=incoming.session.cause, cell=incoming.session.cell.cell_id or None):
            try:
                response, body, is_broken = await self._ask(incoming, upstream)
            except httpx.TimeoutException:
                await asyncio.Event().wait()  # until the client gives up
                raise
            except httpx.TransportError as error:
                raise ConnectionDropped from error
        headers = {name: value for name, value in response.headers.items() if name not in _DROPPED_HEADERS}
        body = body.replace(f"{upstream.base_url}/v".encode(), f"{incoming.base_url}/v".encode())
        given = WireResponse(response.status_code, headers, body)
        if self._recorder.source == "offline":
            given = with_steady_id(incoming.wire, given)
        answer = whole(given, source=self._recorder.source)
        if is_broken or answer.is_stream:
            answer.chunks, answer.body = _events(given.body, is_broken=is_broken), b""
        return answer

    async def close(self) -> None:
        """Close the connections to the upstream."""
        if self._client is not None:
            await self._client.aclose()

    async def _ask(self, incoming: Incoming, upstream: Upstream) -> tuple[httpx.Response, bytes, bool]:
        wire, key = incoming.wire, upstream.api_key
        if self._client is None:
            self._client = httpx.AsyncClient(transport=self._recorder.transport(), timeout=_TIMEOUT_S)
        headers = {name: value for name, value in wire.headers.items() if name not in _DROPPED_HEADERS}
        headers |= {"x-api-key": key} if wire.provider == "anthropic" else {"authorization": f"Bearer {key}"}
        url = f"{upstream.base_url}{wire.path}{'?' + wire.query if wire.query else ''}"
        request = self._client.build_request(wire.method, url, headers=headers, content=wire.body)
        response = await self._client.send(request, stream=True)
        parts: list[bytes] = []
        try:
            async for part in response.aiter_bytes():
                parts.append(part)
        except httpx.TransportError:
            return response, b"".join(parts), True
        finally:
            await response.aclose()
        return response, b"".join(parts), False


async def _events(body: bytes, *, is_broken: bool) -> AsyncIterator[bytes]:
    for event in split_events(body):
        yield event
    if is_broken:
        raise ConnectionDropped


def _clock() -> Callable[[], datetime]:
    """A clock that starts at one moment and moves a second each time it is read: batches record the same twice."""
    seconds = itertools.count()
    return lambda: _RECORDED_AT + timedelta(seconds=next(seconds))


@contextmanager
def offline_upstreams() -> Iterator[dict[Provider, Upstream]]:
    """Serve the offline models over real HTTP, as the providers would be reached."""
    with tempfile.TemporaryDirectory(prefix="coreskills-offline-") as folder:
        keys, ledger = KeyStore(f"sqlite:///{folder}/keys.sqlite"), Ledger(f"sqlite:///{folder}/ledger.sqlite")
        gateway = Gateway(keys=keys, ledger=ledger, clock=_clock())
        secret = keys.mint(learner="reference", lab="recording", backend="offline")
        try:
            with GatewayServer(create_app(gateway)) as server:
                yield {provider: Upstream(server.url, secret) for provider in PROVIDER_HOSTS}
        finally:
            gateway.close()
            keys.close()
            ledger.close()
