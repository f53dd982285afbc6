"""The gateway of one person's computer: the same gateway, and a desk that hands its keys to their Jupyter server."""

from __future__ import annotations

import getpass
import os
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from coreskills.course import Course
from coreskills.errors import CourseError, GatewayError
from coreskills.gateway.app import Gateway, create_app
from coreskills.gateway.keys import BackendName, Grant, KeyStore
from coreskills.gateway.laptop_labs import bundle, panel
from coreskills.gateway.live import LiveBackend, upstreams_from_environment
from coreskills.gateway.serve import GatewayServer
from coreskills.ledger.store import Ledger
from coreskills.offline.models import OfflineModels

SCRATCH = "scratch"  # notebooks that are no lab
PREFIX = "/gateway"
_OWN_KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "COHERE_API_KEY")
_NO_COURSE_BUDGET_USD = Decimal("0.50")


class Desk:
    """Mints, renews and revokes the keys of one learner's kernels.

    Args:
        token: What the Jupyter server shows; kernels never see it.
        course: Whose budgets apply; without one every folder is a lab of its own.
        backend: What answers; ``live`` needs a gateway with a live backend.

    Attributes:
        base_url: Where this app is served; known once its port is.
    """

    def __init__(
        self,
        gateway: Gateway,
        *,
        learner: str,
        token: str,
        course: Course | None,
        backend: BackendName = "offline",
        ttl_s: float = 12 * 3600,
    ) -> None:
        self._gateway, self._learner, self._token = gateway, learner, token
        self._course, self._backend, self._ttl_s = course, backend, ttl_s
        self.base_url = ""

    def app(self) -> Starlette:
        """Keys, the panel's labs with their files, and the gateway: the part of the course service needed here."""
        routes = [
            Route("/api/keys", self._guarded(self._mint), methods=["POST"]),
            Route("/api/keys/renew", self._guarded(self._renew), methods=["POST"]),
            Route("/api/keys/revoke", self._guarded(self._revoke), methods=["POST"]),
            Route("/api/panel", self._guarded(self._panel)),
            Route("/api/labs/{lab}/release", self._guarded(self._release)),
            Mount(PREFIX, create_app(self._gateway)),
        ]
        return Starlette(routes=routes)

    def _guarded(self, answer: Callable[[Any], Response]) -> Callable[[Request], Awaitable[Response]]:
        """Answer only this computer's Jupyter server: the body of what it sends, the address of what it reads."""

        async def serve(request: Request) -> Response:
            shown = request.headers.get("authorization", "").removeprefix("token ")
            if not secrets.compare_digest(shown.encode(), self._token.encode()):
                return _error(403, "This is the private gateway of another Jupyter server.")
            if request.method != "POST":
                return answer(request.path_params)
            try:
                body = await request.json()
            except ValueError:
                body = None
            if not isinstance(body, dict):
                return _error(400, "The body is not a JSON object.")
            return answer(body)

        return serve

    def _panel(self, _: dict[str, str]) -> Response:
        spent = self._gateway.budgets.spent_usd
        return JSONResponse(panel(self._course, spent_usd=lambda lab: spent(self._learner, lab)))

    def _release(self, path: dict[str, str]) -> Response:
        try:
            if self._course is None:
                raise CourseError(
                    "There is no course in this folder, so there are no labs.", fix="coreskills lab --course DIR"
                )
            return Response(bundle(self._course, self._course.lab(path["lab"])), media_type="application/zip")
        except CourseError as error:
            return JSONResponse({"error": error.what, "fix": error.fix}, status_code=404)

    def _mint(self, body: dict[str, Any]) -> Response:
        lab = str(body.get("lab") or SCRATCH)
        try:
            budget = self._budget_usd(lab)
        except CourseError as error:
            return _error(404, str(error))
        secret = self._gateway.keys.mint(
            learner=self._learner,
            lab=lab,
            kernel=str(body.get("kernel_id", ""))[:80],
            backend=self._backend,
            budget_usd=budget,
            ttl_s=self._ttl_s,
        )
        grant = self._gateway.keys.lookup(secret)
        assert grant is not None
        return JSONResponse(
            {"key": secret, "gateway_url": self.base_url + PREFIX, "expires_utc": grant.expires.isoformat()}
        )

    def _budget_usd(self, lab: str) -> Decimal:
        if self._course is None:
            return _NO_COURSE_BUDGET_USD
        if lab == SCRATCH:
            return self._course.course.default_budget_usd
        return self._course.budget_usd(self._course.lab(lab))

    def _renew(self, body: dict[str, Any]) -> Response:
        grant = self._known(body)
        if grant is None:
            return _error(404, "There is no such key.")
        return JSONResponse({"expires_utc": self._gateway.keys.renew(grant.id, ttl_s=self._ttl_s).isoformat()})

    def _revoke(self, body: dict[str, Any]) -> Response:
        grant = self._known(body)
        if grant is None:
            return _error(404, "There is no such key.")
        self._gateway.keys.revoke(grant.id)
        return Response(status_code=204)

    def _known(self, body: dict[str, Any]) -> Grant | None:
        grant = self._gateway.keys.lookup(str(body.get("key", "")))
        return None if grant is None or grant.revoked else grant


def _error(status: int, message: str) -> Response:
    return JSONResponse({"error": {"message": message}}, status_code=status)


@contextmanager
def private_gateway(state: Path, *, course: Course | None, live: bool = False) -> Iterator[tuple[str, str]]:
    """A gateway on a free port of this computer, while the block runs.

    Args:
        state: Where keys, ledger and models' caches lie.
        live: Forward to the providers whose keys are in the environment.

    Yields:
        Its address, and the token with which a Jupyter server asks it for keys.

    Raises:
        GatewayError: ``live`` without any provider's key.
    """
    upstream = _live_backend() if live else None
    keys, ledger = KeyStore(f"sqlite:///{state / 'keys.sqlite'}"), Ledger(f"sqlite:///{state / 'ledger.sqlite'}")
    gateway = Gateway(keys=keys, ledger=ledger, models=OfflineModels(state / "cache"), live=upstream)
    token = secrets.token_urlsafe(32)
    backend: BackendName = "live" if live else "offline"
    desk = Desk(gateway, learner=getpass.getuser(), token=token, course=course, backend=backend)
    try:
        with GatewayServer(desk.app()) as server:
            desk.base_url = server.url
            yield server.url, token
    finally:
        gateway.close()
        keys.close()
        ledger.close()


def _live_backend() -> LiveBackend:
    """A laptop's owner may use the SDKs' own variables; their kernels do not see them."""
    own = {f"CORESKILLS_{name}": os.environ[name] for name in _OWN_KEYS if os.environ.get(name)}
    upstreams = upstreams_from_environment({**own, **os.environ})
    if not upstreams:
        raise GatewayError(
            "There is no provider's key in your environment, so nothing can answer live.",
            fix="export ANTHROPIC_API_KEY or OPENAI_API_KEY, or leave --live away",
        )
    return LiveBackend(upstreams)
