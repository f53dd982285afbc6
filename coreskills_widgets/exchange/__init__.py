"""nbgrader's exchange over HTTP: its plug-in classes talk to the course service."""

from __future__ import annotations

import os
from typing import Any

__all__ = ["configure"]

_PACKAGE = "coreskills_widgets.exchange"


def configure(c: Any) -> None:
    """Make nbgrader use this exchange; called from ``nbgrader_config.py``.

    Args:
        c: ``get_config()``.
    """
    c.ExchangeFactory.exchange = f"{_PACKAGE}.service.ServiceExchange"
    c.ExchangeFactory.list = f"{_PACKAGE}.listing.List"
    c.ExchangeFactory.fetch_assignment = f"{_PACKAGE}.learner.FetchAssignment"
    c.ExchangeFactory.submit = f"{_PACKAGE}.learner.Submit"
    c.ExchangeFactory.fetch_feedback = f"{_PACKAGE}.learner.FetchFeedback"
    c.ExchangeFactory.release_assignment = f"{_PACKAGE}.instructor.ReleaseAssignment"
    c.ExchangeFactory.collect = f"{_PACKAGE}.instructor.Collect"
    c.ExchangeFactory.release_feedback = f"{_PACKAGE}.instructor.ReleaseFeedback"
    c.Exchange.timezone = "UTC"
    if course := os.environ.get("CORESKILLS_COURSE"):
        c.CourseDirectory.course_id = course
