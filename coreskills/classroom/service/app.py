"""The course service, put together."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from coreskills.classroom.class_view import ClassView
from coreskills.classroom.recommendations import Recommendations
from coreskills.classroom.roster import Roster
from coreskills.classroom.schedule import DueDates
from coreskills.classroom.service import class_details, class_pages, exchange_api, feedback_pages, keys
from coreskills.classroom.service.door import Endpoint, finish_login, guarded
from coreskills.classroom.service.identity import Doorkeeper
from coreskills.classroom.service.panel import panel
from coreskills.classroom.settings import Classroom
from coreskills.classroom.store.blobs import BlobStore
from coreskills.classroom.store.bundle import read_folder
from coreskills.classroom.store.exchange import Exchange
from coreskills.classroom.store.grades import Grades
from coreskills.gateway.keys import KeyStore
from coreskills.ledger.store import Ledger
from coreskills.ledger.totals import totals

PREFIX = "/services/course"
log = logging.getLogger("coreskills.classroom")


def _nobody_waits(lab: str) -> None:
    """No worker to wake."""


@dataclass(frozen=True)
class Service:
    """What the endpoints work with.

    Attributes:
        gateway_url: Where kernels call, straight to this service.
        wake_grader: Tells the grading worker that there is something new.
    """

    classroom: Classroom
    exchange: Exchange
    roster: Roster
    doorkeeper: Doorkeeper
    keys: KeyStore
    ledger: Ledger
    gateway_url: str
    wake_grader: Callable[[str], None] = field(default=_nobody_waits)

    @cached_property
    def class_view(self) -> ClassView:
        """One for all pages: what is unchanged is read once."""
        return ClassView(self.classroom.database_url, self.classroom.course)

    @property
    def grades(self) -> Grades:
        return Grades(self.classroom.database_url)

    @property
    def due(self) -> DueDates:
        return DueDates(self.classroom.database_url)

    @property
    def recommendations(self) -> Recommendations:
        return Recommendations(self.classroom.database_url)

    def spent_by_lab(self, learner: str) -> dict[str, Decimal]:
        """What a learner spent, by lab, at list price."""
        return {total.key[0]: total.cost_usd for total in totals(self.ledger, "lab", learner=learner)}


def open_exchange(classroom: Classroom) -> Exchange:
    """The exchange of a classroom, for the service and the command line alike."""
    classroom.make_folders()
    return Exchange(
        classroom.database_url,
        BlobStore(classroom.blobs_url),
        course=classroom.course.course.id,
        secret=classroom.secret("receipts"),
    )


def release_open_labs(classroom: Classroom, exchange: Exchange) -> list[str]:
    """Publish what ``release/`` holds of open labs; called at each start, changes nothing the second time."""
    done = []
    for lab in classroom.course.open_labs:
        folder = classroom.course.root / "release" / lab.id
        if (folder / f"{lab.id}.ipynb").is_file():
            exchange.release(lab.id, read_folder(folder), by="coreskills up")
            done.append(lab.id)
    return done


def routes() -> list[BaseRoute]:
    """All routes but the gateway; each says who may enter."""
    return [
        Route("/health", _health, methods=["GET"]),
        Route("/oauth_callback", finish_login, methods=["GET"]),
        guarded("/api/keys", keys.mint, methods=["POST"], allow="learner"),
        guarded("/api/keys/renew", keys.renew, methods=["POST"], allow="learner"),
        guarded("/api/keys/revoke", keys.revoke, methods=["POST"], allow="learner"),
        guarded("/api/panel", panel, methods=["GET"], allow="learner"),
        guarded("/api/labs", exchange_api.labs, methods=["GET"], allow="learner"),
        guarded("/api/labs/{lab}/release", exchange_api.fetch, methods=["GET"], allow="learner"),
        guarded("/api/labs/{lab}/release", exchange_api.release, methods=["PUT"], allow="instructor"),
        guarded("/api/labs/{lab}/release", exchange_api.withdraw, methods=["DELETE"], allow="instructor"),
        guarded("/api/labs/{lab}/submissions", exchange_api.submit, methods=["POST"], allow="learner"),
        guarded("/api/labs/{lab}/submissions", exchange_api.submissions, methods=["GET"], allow="learner"),
        guarded("/api/submissions", exchange_api.all_submissions, methods=["GET"], allow="learner"),
        guarded("/api/submissions/{id}", exchange_api.submission, methods=["GET"], allow="learner"),
        guarded("/api/submissions/{id}/files", exchange_api.files, methods=["GET"], allow="learner"),
        guarded("/api/submissions/{id}/feedback", exchange_api.feedback, methods=["GET"], allow="learner"),
        guarded("/api/submissions/{id}/feedback", exchange_api.give_feedback, methods=["PUT"], allow="instructor"),
        guarded("/feedback/{id}", feedback_pages.show, methods=["GET"], allow="learner", is_page=True),
        *_class_routes(),
        guarded("/api/receipts/check", exchange_api.check_receipt, methods=["POST"], allow="learner"),
    ]


def _class_routes() -> list[BaseRoute]:
    """The instructors' pages."""
    pages: list[tuple[str, Endpoint, str]] = [
        ("/class", class_pages.overview, "GET"),
        ("/class.csv", class_pages.export, "GET"),
        ("/class/spend", class_details.spend_page, "GET"),
        ("/class/labs/{lab}", class_details.lab_page, "GET"),
        ("/class/labs/{lab}/grade", class_details.grade_again, "POST"),
        ("/class/learners/{learner}", class_details.learner_page, "GET"),
        ("/class/learners/{learner}/extend", class_details.extend, "POST"),
        ("/class/learners/{learner}/recommend", class_details.recommend, "POST"),
    ]
    return [guarded(path, page, methods=[method], allow="instructor", is_page=True) for path, page, method in pages]


async def _health(request: Request) -> Response:
    return JSONResponse({"ok": True})


def create_app(service: Service, *, gateway: ASGIApp | None = None) -> Starlette:
    """The ASGI application, under the hub's prefix.

    Args:
        gateway: Mounted below; its own keys, not the hub's tokens, open it.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        log.info("released: %s", ", ".join(release_open_labs(service.classroom, service.exchange)) or "nothing yet")
        yield

    inside = routes()
    if gateway is not None:
        inside.append(Mount("/gateway", app=gateway))
    cookie = Middleware(
        SessionMiddleware,
        secret_key=service.classroom.secret("session").decode(),
        session_cookie="coreskills-session",
        path=f"{PREFIX}/",
        same_site="lax",
        max_age=8 * 3600,
    )
    app = Starlette(routes=[Mount(PREFIX, routes=inside)], middleware=[cookie], lifespan=lifespan)
    app.state.service = service
    return app
