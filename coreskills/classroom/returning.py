"""Feedback pages of a graded lab: written for nbgrader, given back through the exchange."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from coreskills.classroom.feedback import shown_points
from coreskills.classroom.gradebook import Standing, read_standings
from coreskills.classroom.grader import build_feedback, stamp
from coreskills.classroom.service.app import open_exchange
from coreskills.classroom.settings import Classroom
from coreskills.classroom.store.bundle import write_folder
from coreskills.classroom.store.exchange import Exchange, Submission
from coreskills.classroom.store.grades import Grades
from coreskills.course import Lab
from coreskills.errors import ClassroomError


@dataclass(frozen=True)
class Returned:
    """One page."""

    lab: str
    learner: str
    score: str
    max: str
    returned: bool


def return_feedback(
    room: Classroom, lab: Lab, learners: Sequence[str] | None = None, *, give: bool = True
) -> list[Returned]:
    """Write the page of each graded submission of a lab.

    What the gradebook holds counts, so a score that a person changed in formgrader goes into page, panel and progress.

    Args:
        give: Also show it to its learner.

    Raises:
        ClassroomError: One of ``learners`` has nothing graded.
    """
    exchange, grades = open_exchange(room), Grades(room.database_url)
    known = read_standings(room.gradebook_url, lab.id, None if learners is None else list(learners))
    if absent := sorted(set(learners or ()) - set(known)):
        raise ClassroomError(f"{absent[0]!r} has nothing graded in {lab.id}.", fix=f"coreskills autograde {lab.id}")
    by_time = {(each.learner, each.received_utc): each for each in exchange.submissions(lab=lab.id)}
    rows = []
    for learner, standing in sorted(known.items()):
        notebook = room.autograded / learner / lab.id / f"{lab.id}.ipynb"
        if not notebook.is_file():
            continue
        submission = by_time.get((learner, standing.timestamp)) if standing.timestamp else None
        log = grades.log(submission.id) if submission else []
        receipt = exchange.receipt(submission).sha256 if submission else ""
        page, checks, misses = build_feedback(
            room, lab, notebook, standing, submission, receipt=receipt, before=log[-1][1] if log else None
        )
        files = {f"{lab.id}.html": page.encode()}
        time = stamp(standing.timestamp).encode() if standing.timestamp else b""
        write_folder({**files, "timestamp.txt": time}, room.feedback / learner / lab.id)
        if submission is not None and give:
            _give(exchange, grades, lab, submission, standing, files, [check.row() for check in checks], misses)
        score, most = shown_points(standing.auto + (standing.manual or Decimal(0))), shown_points(standing.max)
        rows.append(Returned(lab.id, learner, score, most, submission is not None and give))
    return rows


def _give(
    exchange: Exchange,
    grades: Grades,
    lab: Lab,
    submission: Submission,
    standing: Standing,
    files: dict[str, bytes],
    checks: list[dict[str, Any]],
    misses: int,
) -> None:
    exchange.give_feedback(submission.id, files)
    grades.record(
        submission.id,
        auto=standing.auto,
        manual=standing.manual if lab.points.manual else Decimal(0),
        max_points=standing.max,
        misses=misses,
        checks=checks,
    )
