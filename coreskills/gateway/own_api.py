"""The gateway's own API for a key's holder: budget, cell, calls, traces, faults. Below ``/coreskills/``."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from coreskills.cassettes import Miss
from coreskills.cassettes.changes import changes, ignored
from coreskills.errors import GatewayError
from coreskills.gateway.admission import read_key
from coreskills.gateway.keys import Grant
from coreskills.gateway.session import Cell, Trace
from coreskills.gateway.shapes.reading import read_body, read_json
from coreskills.ledger.call import READ_ONLY_ENDPOINTS, Call, iso, money
from coreskills.ledger.totals import totals
from coreskills.wire.errors import WireError
from coreskills.wire.sse import format_event, parse_events

if TYPE_CHECKING:
    from coreskills.gateway.app import Gateway

_KEEP_ALIVE_S = 15.0


class CellBody(BaseModel):
    """``POST /coreskills/cell``."""

    model_config = ConfigDict(extra="ignore")

    cell_id: str = Field(max_length=200)
    label: str = Field(default="", max_length=500)
    order: int | None = Field(default=None, ge=-(2**31), lt=2**31)


class ModeBody(BaseModel):
    """``POST /coreskills/mode``."""

    mode: str


class FaultsBody(BaseModel):
    """``POST /coreskills/faults``; the faults themselves are checked by the script."""

    faults: list[Any] = Field(max_length=1000)


def own_routes(gateway: Gateway) -> list[Route]:
    """Routes that only the key's holder reaches; errors are ``{"error": {"message": ...}}``."""

    def route(
        path: str, answer: Callable[[Gateway, Grant, Request], Awaitable[Response]], method: str = "GET"
    ) -> Route:
        async def serve(request: Request) -> Response:
            try:
                grant = read_key(gateway, request.headers, gateway.clock(), "openai")
                return await answer(gateway, grant, request)
            except WireError as error:
                return _error(error.status, error.message)
            except GatewayError as error:
                return _error(400, str(error))

        return Route(f"/coreskills/{path}", serve, methods=[method])

    return [
        route("status", _status),
        route("cell", _cell, "POST"),
        route("calls", _calls),
        route("calls/{call_id:int}", _trace),
        route("mode", _mode, "POST"),
        route("faults", _faults, "POST"),
        route("faults", _fault_state),
        route("events", _events),
    ]


async def _status(gateway: Gateway, grant: Grant, request: Request) -> Response:
    """What the key stands for and what is spent; ``?brief=1`` without the totals, whose time grows with the calls."""
    brief = {
        "lab": grant.lab,
        "learner": grant.learner,
        "backend": grant.backend,
        "mode": gateway.sessions[grant.id].mode or grant.backend,
        "budget_usd": money(grant.budget_usd),
        "spent_usd": money(gateway.budgets.spent_usd(grant.learner, grant.lab)),
        "expires_utc": iso(grant.expires),
        "as_of_utc": iso(gateway.clock()),
    }
    return JSONResponse(brief if request.query_params.get("brief") == "1" else {**brief, **_totals(gateway, grant)})


def _totals(gateway: Gateway, grant: Grant) -> dict[str, Any]:
    """What the learner's kernels did in the lab, in all."""
    by_source, by_model, by_cell = (
        totals(gateway.ledger, column, learner=grant.learner, lab=grant.lab) for column in ("source", "model", "cell")
    )
    return {
        "n_calls": sum(total.n_calls for total in by_source),
        "n_failed": sum(total.n_failed for total in by_source),
        "n_unpriced": sum(total.n_unpriced for total in by_source),
        "n_estimated": sum(total.n_estimated for total in by_source),
        "sources": {total.key[0]: total.n_calls for total in by_source},
        "by_model": [total.public(("model",)) for total in by_model],
        "by_cell": [total.public(("cell",)) for total in by_cell],
    }


async def _cell(gateway: Gateway, grant: Grant, request: Request) -> Response:
    body = read_body(CellBody, read_json(await request.body(), "openai"), "openai")
    gateway.sessions[grant.id].cell = Cell(body.cell_id, body.label, body.order)
    return Response(status_code=204)


async def _calls(gateway: Gateway, grant: Grant, request: Request) -> Response:
    """The key's own calls; ``?scope=lab`` those of all the learner's kernels in the lab, ``?all=1`` polling too."""
    query = request.query_params
    after = query.get("after", "0")
    if not after.isascii() or not after.isdigit() or len(after) > 18:
        raise WireError(400, "", f"'after' is a call's id, not {after!r}")
    of_lab = query.get("scope") == "lab"
    calls = gateway.ledger.calls(
        after=int(after),
        learner=grant.learner,
        lab=grant.lab,
        key_id=None if of_lab else grant.id,
        cell_id=query.get("cell_id"),
    )
    if query.get("all") != "1":
        calls = [call for call in calls if call.endpoint not in READ_ONLY_ENDPOINTS]
    return JSONResponse({"calls": [row(call) for call in calls], "as_of_utc": iso(gateway.clock())})


async def _trace(gateway: Gateway, grant: Grant, request: Request) -> Response:
    trace = gateway.sessions[grant.id].trace(request.path_params["call_id"])
    if trace is None:
        raise WireError(404, "", "No trace of that call: the gateway keeps the last 200 of each kernel.")
    return JSONResponse(public_trace(trace))


async def _mode(gateway: Gateway, grant: Grant, request: Request) -> Response:
    """Let the key be answered offline or live: only a key that was minted for live may go back to it."""
    mode = read_body(ModeBody, read_json(await request.body(), "openai"), "openai").mode
    session = gateway.sessions[grant.id]
    if grant.backend != "live" and mode != grant.backend:
        raise WireError(403, "", f"This key works {grant.backend}; only a new key can work {mode}.")
    if mode not in ("live", "offline", grant.backend):
        raise WireError(400, "", f"There is no mode {mode!r}; choose offline or live.")
    session.mode = "offline" if mode == "offline" and grant.backend == "live" else None
    return JSONResponse({"mode": mode})


async def _faults(gateway: Gateway, grant: Grant, request: Request) -> Response:
    body = read_body(FaultsBody, read_json(await request.body(), "openai"), "openai")
    script = gateway.sessions[grant.id].faults
    script.set(body.faults)
    return JSONResponse({"faults": script.state()})


async def _fault_state(gateway: Gateway, grant: Grant, request: Request) -> Response:
    return JSONResponse({"faults": gateway.sessions[grant.id].faults.state()})


async def _events(gateway: Gateway, grant: Grant, request: Request) -> Response:
    """One event for each call that ends, until the client leaves."""
    session = gateway.sessions[grant.id]

    async def events() -> AsyncIterator[bytes]:
        with session.listen() as queue:
            yield b": listening\n\n"
            while True:
                try:
                    call = await asyncio.wait_for(queue.get(), _KEEP_ALIVE_S)
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                yield format_event(row(call), name="call")

    return StreamingResponse(events(), media_type="text/event-stream", headers={"cache-control": "no-cache"})


def row(call: Call) -> dict[str, Any]:
    """A call as the widgets read it."""
    return {**call.public(), "rowid": call.id}


def public_trace(trace: Trace) -> dict[str, Any]:
    """Both sides of a call as the trace viewer reads them; bodies decoded where they are JSON."""
    call, miss = trace.call, trace.miss
    failed = call.status >= 400
    document = _decoded(trace.response_body)
    return {
        **row(call),
        "method": trace.method,
        "url": trace.path,
        "request": {"headers": trace.request_headers, "body": _decoded(trace.request_body)},
        "response": {
            "headers": trace.response_headers,
            "body": document,
            "events": [
                {"at_ms": at_ms, "data": event.data} for at_ms, chunk in trace.events for event in parse_events(chunk)
            ],
        },
        "model_asked": call.model,
        "attempts": [{"status": call.status, "reason": call.error_type, "waited_ms": None}],
        "cassette": {"file": call.cassette, "index": call.interaction, "tier": call.tier} if call.cassette else None,
        "miss": None if miss is None else public_miss(miss),
        "error": _error_of(document) if failed else None,
        "notes": {name: value for name, value in trace.notes.items() if _is_json(value)},
    }


def public_miss(miss: Miss) -> dict[str, Any]:
    """Why no recording fits, and what the request changed; nothing of a recording that belongs to a hidden check."""
    shown = miss.nearest if miss.nearest is not None and not miss.nearest.is_hidden else None
    return {
        "message": miss.learner_message,
        "nearest": None
        if shown is None
        else {"file": Path(shown.cassette).name, "index": shown.place, "cell": shown.recording.cell},
        "changes": [
            {"field": change.field, "before": change.recorded, "after": change.asked} for change in changes(miss)
        ],
        "ignored": ignored(miss),
    }


def _error_of(document: Any) -> dict[str, Any]:
    error = document.get("error") if isinstance(document, dict) else None
    error = error if isinstance(error, dict) else {}
    return {"type": error.get("type"), "message": error.get("message"), "hint": None}


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        pass
    try:
        return body.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True


def _error(status: int, message: str) -> Response:
    return JSONResponse({"error": {"message": message}}, status_code=status)
