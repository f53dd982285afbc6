"""What the course service says when something may not be, or cannot be done."""

from __future__ import annotations

import logging

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from coreskills.classroom.service.identity import Caller
from coreskills.classroom.service.rendering import page
from coreskills.classroom.store.bundle import BundleRefused
from coreskills.classroom.store.exchange import NoAttemptLeft, NotThere
from coreskills.course import Course
from coreskills.errors import CoreskillsError, CourseError

_STATUS: dict[type[CoreskillsError], int] = {NotThere: 404, CourseError: 404, BundleRefused: 400, NoAttemptLeft: 409}
log = logging.getLogger("coreskills.classroom")


class Refused(CoreskillsError):
    """A request that may not be.

    Attributes:
        status: HTTP status.
    """

    def __init__(self, status: int, what: str, *, fix: str = "") -> None:
        self.status = status
        super().__init__(what, fix=fix)


class ForInstructors(Refused):
    """A learner at an instructors' door."""

    def __init__(self, caller: Caller) -> None:
        super().__init__(
            403,
            f"{caller.name!r} may not do this: it is for instructors.",
            fix="your own labs, scores and feedback stand in the Course panel of JupyterLab; "
            "if you teach here, ask whoever runs the classroom to make you an instructor, then log in again",
        )


def cannot_write(where: str, why: str) -> Refused:
    """A full disk, a database that is away: said to whoever asked, and in the log to whoever can mend it."""
    return Refused(
        507,
        f"The classroom cannot use {where}: {why}. Nothing was changed.",
        fix="your files are safe where they are; tell your instructor, who must make room, then try again",
    )


def _status(error: CoreskillsError) -> int:
    status = error.status if isinstance(error, Refused) else _STATUS.get(type(error), 500)
    if status >= 500:
        log.error("%s", error)
    return status


def say_in_json(error: CoreskillsError) -> Response:
    return JSONResponse({"error": error.what, "fix": error.fix}, status_code=_status(error))


def say_on_page(error: CoreskillsError, request: Request, course: Course, caller: Caller | None) -> Response:
    """To a browser with a way back, to a program in a line of text."""
    if "text/html" not in request.headers.get("accept", ""):
        return Response(f"{error}\n", status_code=_status(error), media_type="text/plain")
    return page(
        "refused.html",
        course=course.course.title,
        status=_status(error),
        heading="This page is for instructors" if isinstance(error, ForInstructors) else "That did not work",
        what=error.what,
        fix=error.fix,
        caller=caller.name if caller else "",
    )
