"""The door of the course service: every route says who may enter, and nothing enters another way."""

from __future__ import annotations

import errno
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, quote, urlsplit

from sqlalchemy.exc import OperationalError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from coreskills.classroom.service.identity import Caller
from coreskills.classroom.service.refusals import ForInstructors, Refused, cannot_write, say_in_json, say_on_page
from coreskills.errors import CoreskillsError

if TYPE_CHECKING:
    from coreskills.classroom.service.app import Service

Allow = Literal["anyone", "learner", "instructor"]
MAX_UPLOAD_BYTES = 60_000_000
_SAFE = {"GET", "HEAD", "OPTIONS"}
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}


@dataclass(frozen=True)
class Asked:
    """One request, past the door.

    Attributes:
        csrf: Goes into the forms of a page; empty for requests by token.
    """

    service: Service
    caller: Caller
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    form: Mapping[str, str]
    csrf: str = ""

    def table(self) -> dict[str, Any]:
        """The body as a JSON object.

        Raises:
            Refused: It is not one.
        """
        try:
            table = json.loads(self.body or b"{}")
        except (ValueError, RecursionError):
            table = None
        if not isinstance(table, dict):
            raise Refused(400, "The body is not a JSON object.", fix='send {"name": "value"}')
        return table


Endpoint = Callable[[Asked], Response]


def guarded(path: str, endpoint: Endpoint, *, methods: list[str], allow: Allow, is_page: bool = False) -> Route:
    """A route that admits ``allow`` only.

    Args:
        is_page: Browsers without a login are sent to log in rather than refused.
    """

    async def enter(request: Request) -> Response:
        service: Service = request.app.state.service
        caller: Caller | None = None
        try:
            _refuse_cross_site(request)
            caller, by_cookie = await _identify(service, request)
            if caller is None and is_page and request.method in _SAFE:
                return _to_login(service, request)
            caller = _admitted(caller, allow)
            asked = await _read(request, service, caller, by_cookie=by_cookie)
            return await run_in_threadpool(endpoint, asked)
        except ClientDisconnect:
            return Response(status_code=400)
        except (CoreskillsError, OperationalError, OSError) as error:
            said = _as_refusal(error)
            return say_on_page(said, request, service.classroom.course, caller) if is_page else say_in_json(said)

    route = Route(path, enter, methods=methods)
    route.allow = allow  # type: ignore[attr-defined]  # read by the test that walks the route table
    return route


def _admitted(caller: Caller | None, allow: Allow) -> Caller:
    if caller is None:
        raise Refused(401, "No valid token came with this request.", fix="log in again, or send the hub token")
    if allow == "instructor" and not caller.is_instructor:
        raise ForInstructors(caller)
    return caller


async def _read(request: Request, service: Service, caller: Caller, *, by_cookie: bool) -> Asked:
    body = await _read_body(request)
    form = _read_form(request, body)
    csrf = _csrf(request) if by_cookie else ""
    if by_cookie and request.method not in _SAFE:
        sent = form.get("csrf") or request.headers.get("x-coreskills-csrf", "")
        if not hmac.compare_digest(sent, csrf):
            raise Refused(403, "The form's token is missing or old.", fix="reload the page, then try again")
    return Asked(
        service=service,
        caller=caller,
        path=request.path_params,
        query=dict(request.query_params),
        headers=request.headers,
        body=body,
        form=form,
        csrf=csrf,
    )


def _as_refusal(error: CoreskillsError | OperationalError | OSError) -> CoreskillsError:
    """What a caller is told; an error of the program itself is raised again."""
    if isinstance(error, CoreskillsError):
        return error
    if isinstance(error, OperationalError):
        return cannot_write("its database", str(error.orig))
    if error.errno not in _NO_ROOM:
        raise error
    return cannot_write(str(error.filename or "its disk"), str(error.strerror))


def _refuse_cross_site(request: Request) -> None:
    site = request.headers.get("sec-fetch-site", "none")
    navigates = request.headers.get("sec-fetch-mode") == "navigate" and request.method in _SAFE
    if site in ("cross-site", "same-site") and not navigates:
        raise Refused(403, "A page of another site may not ask this.")
    origin = request.headers.get("origin")
    if origin and request.method not in _SAFE and urlsplit(origin).netloc != request.headers.get("host"):
        raise Refused(403, f"The page {origin} may not ask this.")


async def _identify(service: Service, request: Request) -> tuple[Caller | None, bool]:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() in ("token", "bearer") and token:
        return await service.doorkeeper.caller(token.strip()), False
    kept = request.session.get("token")
    return (await service.doorkeeper.caller(kept), True) if kept else (None, True)


def _csrf(request: Request) -> str:
    token: str = request.session.setdefault("csrf", secrets.token_urlsafe(24))
    return token


async def _read_body(request: Request) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_UPLOAD_BYTES:
            raise Refused(413, f"The upload is larger than {MAX_UPLOAD_BYTES:,} bytes.", fix="leave large files out")
        chunks.append(chunk)
    told = request.headers.get("content-length")
    if told is not None and told.isdigit() and int(told) != size:
        raise Refused(400, f"The upload was cut off after {size:,} of {int(told):,} bytes.", fix="send it again")
    return b"".join(chunks)


def _read_form(request: Request, body: bytes) -> dict[str, str]:
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


# Login of browsers, through the hub


def _to_login(service: Service, request: Request) -> Response:
    state = secrets.token_urlsafe(24)
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    request.session["logins"] = {**_recent_logins(request), state: wanted}
    return RedirectResponse(service.doorkeeper.login_url(state), status_code=302)


def _recent_logins(request: Request) -> dict[str, str]:
    logins: dict[str, str] = request.session.get("logins", {})
    return dict(list(logins.items())[-3:])


async def finish_login(request: Request) -> Response:
    """The hub sends the browser back here with a code."""
    service: Service = request.app.state.service
    wanted = _recent_logins(request).get(request.query_params.get("state", ""))
    code = request.query_params.get("code")
    if wanted is None or not code:
        return Response("This login was not started here. Open the page again.\n", status_code=403)
    token = await service.doorkeeper.token_for(code)
    request.session.clear()
    request.session["token"] = token
    return RedirectResponse(quote(wanted, safe="/?=&%-_.~"), status_code=302)
