"""Fetch, submit and feedback: nbgrader's exchange classes, each run in a thread of the server."""

from __future__ import annotations

from pathlib import Path
from typing import Any


class Refused(Exception):
    """The exchange said no; the text says why and what to do."""


def fetch(lab: str, *, root: Path) -> None:
    """Copy a released lab here; files that are already here stay as they are.

    Raises:
        Refused: Not released, or the service is away.
    """
    from coreskills_widgets.exchange.learner import FetchAssignment

    step = _step(FetchAssignment, lab, root=root)
    step.replace_missing_files = True
    _run(step)


def submit(lab: str, *, root: Path) -> dict[str, Any]:
    """Hand the lab's folder in.

    Returns:
        The receipt: sha256, time, attempt.

    Raises:
        Refused: Not accepted, or the service is away; nothing was handed in.
    """
    from coreskills_widgets.exchange.learner import Submit

    step = _step(Submit, lab, root=root)
    _run(step)
    receipt: dict[str, Any] = step.receipt
    return receipt


def fetch_feedback(lab: str, *, root: Path) -> None:
    """Copy the lab's feedback pages here.

    Raises:
        Refused: The service is away.
    """
    from coreskills_widgets.exchange.learner import FetchFeedback

    _run(_step(FetchFeedback, lab, root=root))


def _step(kind: Any, lab: str, *, root: Path) -> Any:
    from nbgrader.auth import Authenticator
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    config = Config()
    config.CourseDirectory.assignment_id = lab
    config.Exchange.assignment_dir = str(root)
    config.Exchange.timezone = "UTC"
    coursedir = CourseDirectory(config=config)
    return kind(coursedir=coursedir, authenticator=Authenticator(config=config), config=config)


def _run(step: Any) -> None:
    from nbgrader.exchange import ExchangeError

    from coreskills_widgets.exchange.client import ServiceRefused

    try:
        step.start()
    except (ExchangeError, ServiceRefused) as error:
        raise Refused(str(error)) from error
