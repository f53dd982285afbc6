"""The same feedback page from `nbgrader generate_feedback` and from formgrader's button."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import Exporter

from coreskills.classroom.gradebook import read_standings
from coreskills.classroom.grader import build_feedback
from coreskills.classroom.service.app import open_exchange
from coreskills.classroom.settings import Classroom
from coreskills.course import find_course
from coreskills.errors import GradingError


class FeedbackExporter(Exporter):
    """Turns an autograded notebook into its learner's page; never shows a hidden test."""

    file_extension = ".html"
    output_mimetype = "text/html"

    def from_notebook_node(self, nb: Any, resources: Any = None, **options: Any) -> tuple[Any, Any]:
        """Write the page.

        Raises:
            GradingError: The gradebook has no such submission.
        """
        where = resources["nbgrader"]
        room = Classroom.of(find_course())
        lab = room.course.lab(where["assignment"])
        standing = read_standings(where["db_url"], lab.id, [where["student"]]).get(where["student"])
        if standing is None:
            raise GradingError(
                f"{where['student']} has nothing graded in {lab.id}.", fix=f"nbgrader autograde {lab.id}"
            )
        exchange = open_exchange(room)
        mine = exchange.submissions(lab=lab.id, learner=where["student"])
        submission = next((each for each in mine if each.received_utc == standing.timestamp), None)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{lab.id}.ipynb"
            nbformat.write(nb, path)  # type: ignore[no-untyped-call]  # nbformat has no types
            receipt = exchange.receipt(submission).sha256 if submission else ""
            page, _, _ = build_feedback(room, lab, path, standing, submission, receipt=receipt)
        return page, {**resources, "output_extension": ".html"}
