"""Rendering the instructors' pages."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

if TYPE_CHECKING:
    from coreskills.classroom.service.door import Asked

PREFIX = "/services/course"
STATES = (
    ("new", "nothing handed in"),
    ("submitted", "submitted"),
    ("grading", "being graded"),
    ("waits", "waits for you"),
    ("not_yet", "not yet"),
    ("passed", "passed"),
    ("failed", "grading failed"),
)
WORDS = dict(STATES)
MARKS = {
    "passed": "\N{CHECK MARK}",
    "not_yet": "\N{BALLOT X}",
    "submitted": "o",
    "grading": "o",
    "waits": "w",
    "failed": "!",
    "new": "-",
}
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1] / "pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(asked: Asked, template: str, *, as_of: datetime | None = None, **values: Any) -> Response:
    """A page for whoever asked.

    Args:
        as_of: When what it shows was read; now, unless told.
    """
    course = asked.service.classroom.course.course.title
    return page(template, course=course, csrf=asked.csrf, as_of=as_of, **values)


def page(template: str, *, course: str, status: int = 200, as_of: datetime | None = None, **values: Any) -> Response:
    """A page that runs our script only, whatever learners wrote into it."""
    nonce = secrets.token_urlsafe(16)
    text = _TEMPLATES.get_template(template).render(
        **values,
        prefix=PREFIX,
        nonce=nonce,
        course=course,
        as_of=f"{as_of or datetime.now(UTC):%a %d %b, %H:%M UTC}",
    )
    policy = f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; form-action 'self'"
    headers = {
        "Content-Security-Policy": f"{policy}; base-uri 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "private, no-store",
    }
    return HTMLResponse(text, status_code=status, headers=headers)


def formgrader_address(asked: Asked, lab: str) -> str:
    """Where the caller grades a lab by hand."""
    return f"/user/{asked.caller.name}/formgrader/gradebook/{lab}/{lab}"
