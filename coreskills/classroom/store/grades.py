"""Scores: written by grading, read by panel, class page and progress."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from coreskills.classroom.store.tables import ChecksRow, GradeLogRow, GradeRow, SubmissionRow, reading, writing
from coreskills.course import Course
from coreskills.progress.rules import ZERO, Score


@dataclass(frozen=True)
class Grade:
    """The grade of one submission.

    Attributes:
        manual: ``None`` while a person's judgement is to come.
        checks: ``{id, title, points, max, status, message}`` for each check.
    """

    submission_id: int
    auto: Decimal
    manual: Decimal | None
    max: Decimal
    misses: int
    checks: tuple[Mapping[str, Any], ...]
    graded_utc: datetime

    @property
    def points(self) -> Decimal:
        return self.auto + (self.manual or ZERO)


@dataclass(frozen=True)
class Attempt:
    """A submission with its grade."""

    submission_id: int
    lab: str
    learner: str
    attempt: int
    sha256: str
    received_utc: datetime
    is_late: bool
    state: str
    error: str
    grade: Grade | None


class Grades:
    """The scores of one classroom."""

    def __init__(self, database_url: str, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._url, self._now = database_url, now

    def record(
        self,
        submission_id: int,
        *,
        auto: Decimal,
        max_points: Decimal,
        manual: Decimal | None = None,
        misses: int = 0,
        checks: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        """Write a grade; a regrade replaces it, and the log keeps both. The same grade again is logged once."""
        now = self._now()
        values = {"auto": auto, "manual": manual, "max": max_points}
        with writing(self._url) as session:
            row = session.get(GradeRow, submission_id)
            is_new = row is None or any(getattr(row, name) != value for name, value in values.items())
            if row is None:
                row = GradeRow(submission_id=submission_id, **values)
                session.add(row)
            for name, value in values.items():
                setattr(row, name, value)
            row.misses, row.graded_utc = misses, now
            self._put_checks(session, submission_id, [dict(check) for check in checks])
            if is_new:
                session.add(GradeLogRow(submission_id=submission_id, graded_utc=now, **values))
            session.execute(
                update(SubmissionRow)
                .where(SubmissionRow.id == submission_id)
                .values(state="graded", state_utc=now, error="")
            )

    def _put_checks(self, session: Session, submission_id: int, checks: list[dict[str, Any]]) -> None:
        failed = " ".join(str(check["id"]) for check in checks if check["status"] != "passed")
        row = session.get(ChecksRow, submission_id)
        if row is None:
            session.add(ChecksRow(submission_id=submission_id, failed=failed, checks=checks))
        else:
            row.failed, row.checks = failed, checks

    def set_manual(self, submission_id: int, manual: Decimal | None) -> bool:
        """Write a person's judgement into a grade that is there already; whether that changed anything."""
        with writing(self._url) as session:
            row = session.get(GradeRow, submission_id)
            if row is None or row.manual == manual:
                return False
            row.manual = manual
            session.add(
                GradeLogRow(
                    submission_id=submission_id, auto=row.auto, manual=manual, max=row.max, graded_utc=self._now()
                )
            )
            return True

    def attempts(self, *, learner: str | None = None, lab: str | None = None) -> list[Attempt]:
        """Submissions with their grades, oldest first; with the checks of each."""
        wanted = (
            select(SubmissionRow, GradeRow, ChecksRow.checks)
            .outerjoin(GradeRow, GradeRow.submission_id == SubmissionRow.id)
            .outerjoin(ChecksRow, ChecksRow.submission_id == SubmissionRow.id)
            .order_by(SubmissionRow.id)
        )
        if learner is not None:
            wanted = wanted.where(SubmissionRow.learner == learner)
        if lab is not None:
            wanted = wanted.where(SubmissionRow.lab == lab)
        with reading(self._url) as session:
            return [_attempt(row, grade, checks) for row, grade, checks in session.execute(wanted)]

    def log(self, submission_id: int) -> list[tuple[datetime, Decimal]]:
        """Each score a submission ever had, oldest first."""
        wanted = select(GradeLogRow).where(GradeLogRow.submission_id == submission_id).order_by(GradeLogRow.id)
        with reading(self._url) as session:
            return [(row.graded_utc, row.auto + (row.manual or ZERO)) for row in session.scalars(wanted)]

    def best(self, course: Course, learner: str) -> dict[str, Score]:
        """A learner's best score in each lab."""
        return best_scores(course, self.attempts(learner=learner))


def best_scores(course: Course, attempts: Iterable[Attempt]) -> dict[str, Score]:
    """The best attempt of each lab, as the rules read it; of one learner's attempts."""
    checks_max = {lab.id: Decimal(lab.points.visible + lab.points.hidden) for lab in course.labs}
    best: dict[str, Score] = {}
    for attempt in attempts:
        grade = attempt.grade
        if grade is None or attempt.lab not in checks_max:
            continue
        score = Score(grade.auto, grade.manual, grade.max, checks_max[attempt.lab])
        if attempt.lab not in best or score.points >= best[attempt.lab].points:
            best[attempt.lab] = score
    return best


def _attempt(row: SubmissionRow, grade: GradeRow | None, checks: list[dict[str, Any]] | None) -> Attempt:
    return Attempt(
        submission_id=row.id,
        lab=row.lab,
        learner=row.learner,
        attempt=row.attempt,
        sha256=row.sha256,
        received_utc=row.received_utc,
        is_late=row.is_late,
        state=row.state,
        error=row.error,
        grade=None if grade is None else _grade(grade, checks or []),
    )


def _grade(row: GradeRow, checks: list[dict[str, Any]]) -> Grade:
    return Grade(
        submission_id=row.submission_id,
        auto=row.auto,
        manual=row.manual,
        max=row.max,
        misses=row.misses,
        checks=tuple(checks),
        graded_utc=row.graded_utc,
    )
