"""``/feedback/{id}``: a learner's feedback in the browser."""

from __future__ import annotations

from starlette.responses import HTMLResponse, Response

from coreskills.classroom.service.door import Asked
from coreskills.classroom.service.exchange_api import own_submission
from coreskills.classroom.store.exchange import NotThere

# The page holds no script; the browser is told not to run one either, whatever a learner's program printed.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


def show(asked: Asked) -> Response:
    """The page of one submission; its learner's look is noted, an instructor's is not."""
    submission = own_submission(asked)
    files = asked.service.exchange.take_feedback(submission, seen=submission.learner == asked.caller.name)
    page = files.get(f"{submission.lab}.html")
    if page is None:
        raise NotThere(f"There is no feedback page for submission {submission.id}.", fix="ask your instructor")
    return HTMLResponse(page, headers=_HEADERS)
