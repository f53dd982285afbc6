"""The gateway's ASGI app: every endpoint of the providers, and its own API beside them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from coreskills.gateway.addresses import base_url, provider_of, route_path, what_there_is
from coreskills.gateway.admission import admit, read_key
from coreskills.gateway.budget import Budgets
from coreskills.gateway.endpoints import ENDPOINTS, Endpoint
from coreskills.gateway.incoming import Backend, Incoming
from coreskills.gateway.kept.store import Kept
from coreskills.gateway.keys import KeyStore
from coreskills.gateway.offline import OfflineBackend
from coreskills.gateway.openapi import describe
from coreskills.gateway.outgoing import Outgoing, plain_response
from coreskills.gateway.own_api import own_routes
from coreskills.gateway.page import gateway_page
from coreskills.gateway.replay import ReplayBackend
from coreskills.gateway.session import Sessions
from coreskills.gateway.shapes.reading import read_json
from coreskills.gateway.writer import LedgerWriter
from coreskills.ledger.store import Ledger
from coreskills.wire.errors import WireError, error_response
from coreskills.wire.http import Provider, WireRequest

if TYPE_CHECKING:
    from coreskills.offline.models import OfflineModels

LOG = logging.getLogger("coreskills.gateway")
OUR_FAULT = "The gateway failed; the instructor's log says why. Try again."
LARGEST_BODY = 32_000_000  # Anthropic's own limit for a request


class Gateway:
    """What the app works with; one per process that serves, or one per examination.

    Args:
        models: The offline models; made when first needed if not given.
        live: The backend of keys minted for ``live``; such keys are refused where there is none.
        event_delay_s: Pause between the events of an offline stream.
        batch_seconds: How long an offline batch takes.
        clock: Now, with a time zone: expiry, prices, batches.
        seconds: Growing seconds: latency.

    Attributes:
        sessions: By key id: ``cause``, ``misses``, ``calls``, faults.
    """

    def __init__(
        self,
        *,
        keys: KeyStore,
        ledger: Ledger,
        models: OfflineModels | None = None,
        live: Backend | None = None,
        event_delay_s: float = 0.0,
        batch_seconds: float = 2.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        seconds: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.keys, self.ledger, self.clock, self.seconds = keys, ledger, clock, seconds
        self.models = models or _models()
        self.sessions = Sessions()
        self.budgets = Budgets(ledger)
        self.writer = LedgerWriter(ledger)
        kept = Kept(ledger.engine)
        self.offline = OfflineBackend(self.models, kept, event_delay_s=event_delay_s, batch_seconds=batch_seconds)
        self.live = live
        self.replay = ReplayBackend(self.offline)

    def backend(self, incoming: Incoming) -> Backend:
        """Who answers a request.

        Raises:
            WireError: 503; the key asks for a provider, and no provider key is configured.
        """
        if incoming.grant.backend == "replay":
            return self.replay
        if incoming.grant.backend == "live" and incoming.session.mode is None:
            if self.live is None:
                message = "This classroom has no provider key. Ask your instructor, or work offline."
                raise WireError(503, "", message, should_retry=False)
            return self.live
        return self.offline

    def close(self) -> None:
        """Write what is waiting, and end the worker threads. The key store and the ledger are their owner's."""
        self.writer.close()
        self.offline.close()


def _models() -> OfflineModels:
    from coreskills.offline.models import OfflineModels  # loads weights: not where the caller has some

    return OfflineModels(None)


def create_app(gateway: Gateway) -> Starlette:
    """The gateway as an ASGI app; may be mounted below another path."""
    routes = [Route(each.path, _endpoint(gateway, each), methods=[each.method]) for each in ENDPOINTS]
    return Starlette(
        routes=[Route("/", _page(gateway)), Route("/openapi.json", _description), *routes, *own_routes(gateway)],
        exception_handlers={HTTPException: _not_here, Exception: _broken},
    )


def _page(gateway: Gateway) -> Any:
    async def show(request: Request) -> Response:
        html = gateway_page(gateway.models.catalogue(), is_live=gateway.live is not None, base_url=base_url(request))
        policy = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return HTMLResponse(html, headers=policy)

    return show


async def _description(request: Request) -> Response:
    return JSONResponse(describe(base_url=base_url(request)))


def _endpoint(gateway: Gateway, endpoint: Endpoint) -> Any:
    async def serve(request: Request) -> Response:
        provider = endpoint.provider or provider_of(request)
        try:
            incoming = await _incoming(gateway, request, endpoint, provider)
        except WireError as error:
            return plain_response(error.response(provider), source="offline")
        return await _serve(gateway, endpoint, incoming)

    return serve


async def _serve(gateway: Gateway, endpoint: Endpoint, incoming: Incoming) -> Response:
    """Answer a request whose key is good: every way out of here is a row in the ledger."""
    outgoing = Outgoing(gateway, incoming)
    if incoming.wire.method == "POST" and (incoming.wire.body or endpoint.takes_body):
        try:
            incoming.body = read_json(incoming.wire.body, incoming.wire.provider)
        except WireError as error:
            return await outgoing.refuse(error)
    fault = incoming.session.faults.take(incoming.endpoint, incoming.wire.body)
    try:
        if fault is not None:
            outgoing.fault = fault
            refusal = await outgoing.fault_before()
            if refusal is not None:
                return await outgoing.finish(refusal)
        admit(gateway, incoming)
        outgoing.is_held = True
        answer = await gateway.backend(incoming).answer(incoming)
    except WireError as error:
        return await outgoing.refuse(error)
    except asyncio.CancelledError:
        outgoing.release()
        raise
    except Exception as error:  # the edge: logged here, and in the ledger like any other call
        LOG.error("%s failed", incoming.wire.path, exc_info=error)
        return await outgoing.refuse(WireError(500, "", OUR_FAULT))
    return await outgoing.finish(answer)


async def _incoming(gateway: Gateway, request: Request, endpoint: Endpoint, provider: Provider) -> Incoming:
    started_s, now = gateway.seconds(), gateway.clock()
    grant = read_key(gateway, request.headers, now, provider)
    raw = await _read(request, provider)
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request.headers.raw}
    wire = WireRequest(provider, request.method, route_path(request), request.url.query, headers, raw)
    return Incoming(
        wire=wire,
        endpoint=endpoint.name,
        body={},
        params=request.path_params,
        base_url=base_url(request),
        grant=grant,
        session=gateway.sessions[grant.id],
        time_utc=now,
        started_s=started_s,
    )


async def _read(request: Request, provider: Provider) -> bytes:
    """The body, unless it is larger than a provider would take."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY:
            raise WireError(413, "too_large", f"Request exceeds the maximum size of {LARGEST_BODY:,} bytes.")
        parts.append(part)
    return b"".join(parts)


async def _not_here(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = str(error.detail).capitalize()
    if error.status_code in (404, 405):
        message = f"{message}: {request.method} {route_path(request)}. {what_there_is(request)}"
    return plain_response(error_response(provider_of(request), error.status_code, "", message), source="offline")


async def _broken(request: Request, error: Exception) -> Response:
    """The last edge: whatever fails here is our own fault, and the client learns no more than that."""
    LOG.error("%s %s failed", request.method, route_path(request), exc_info=error)
    return plain_response(error_response(provider_of(request), 500, "", OUR_FAULT), source="offline")
