"""Who grades what: a submission is graded by one worker, and never lost with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from coreskills.classroom.store.tables import SubmissionRow, reading, writing

LEASE_S = 60.0  # a running submission that no worker confirms for so long goes back into the queue


class Claims:
    """The grading states of submissions, safe for several workers on several machines.

    Args:
        lease_s: A claim that is not confirmed for so long is taken to be a dead worker's.
    """

    def __init__(
        self,
        database_url: str,
        *,
        lease_s: float = LEASE_S,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._url, self.lease_s, self._now = database_url, lease_s, now

    def waiting_labs(self) -> list[str]:
        """Labs with queued submissions, the longest waiting first."""
        wanted = (
            select(SubmissionRow.lab)
            .where(SubmissionRow.state == "queued")
            .group_by(SubmissionRow.lab)
            .order_by(func.min(SubmissionRow.id))
        )
        with reading(self._url) as session:
            return list(session.scalars(wanted))

    def claim(self, lab: str, *, limit: int) -> list[int]:
        """Take queued submissions of a lab, oldest first, one a learner at most.

        Returns:
            Those that are now this worker's alone.
        """
        wanted = (
            select(func.min(SubmissionRow.id))
            .where(SubmissionRow.lab == lab, SubmissionRow.state == "queued")
            .group_by(SubmissionRow.learner)
            .order_by(func.min(SubmissionRow.id))
            .limit(limit)
        )
        with writing(self._url) as session:
            # The condition on the state decides: of two workers that saw the same row only one changes it.
            return [
                number for number in session.scalars(wanted).all() if self._move(session, number, "queued", "running")
            ]

    def confirm(self, numbers: Iterable[int]) -> None:
        """Say that these are still being graded."""
        with writing(self._url) as session:
            session.execute(
                update(SubmissionRow)
                .where(SubmissionRow.id.in_(list(numbers)), SubmissionRow.state == "running")
                .values(state_utc=self._now())
            )

    def give_back(self, numbers: Iterable[int]) -> None:
        """Put submissions back into the queue, as when the worker is told to stop."""
        with writing(self._url) as session:
            for number in numbers:
                self._move(session, number, "running", "queued")

    def fail(self, number: int, error: str) -> None:
        """No score can be given; the reason is for the instructor."""
        with writing(self._url) as session:
            session.execute(
                update(SubmissionRow)
                .where(SubmissionRow.id == number)
                .values(state="failed", state_utc=self._now(), error=error)
            )

    def requeue(self, *, lab: str, learners: Iterable[str] | None = None) -> int:
        """Queue each learner's last submission of a lab again: a regrade, or grading by hand begins."""
        last = select(func.max(SubmissionRow.id)).where(SubmissionRow.lab == lab).group_by(SubmissionRow.learner)
        if learners is not None:
            last = last.where(SubmissionRow.learner.in_(list(learners)))
        with writing(self._url) as session:
            numbers = session.scalars(last).all()
            done = session.execute(
                update(SubmissionRow)
                .where(SubmissionRow.id.in_(numbers), SubmissionRow.state.not_in(("queued", "running")))
                .values(state="queued", state_utc=self._now(), error="")
            )
            return _count(done)

    def recover(self) -> int:
        """Queue again what a dead worker left behind."""
        lost = self._now() - timedelta(seconds=self.lease_s)
        with writing(self._url) as session:
            done = session.execute(
                update(SubmissionRow)
                .where(SubmissionRow.state == "running", SubmissionRow.state_utc < lost)
                .values(state="queued", state_utc=self._now())
            )
            return _count(done)

    def _move(self, session: Session, number: int, before: str, after: str) -> bool:
        done = session.execute(
            update(SubmissionRow)
            .where(SubmissionRow.id == number, SubmissionRow.state == before)
            .values(state=after, state_utc=self._now())
        )
        return _count(done) == 1


def _count(done: object) -> int:
    assert isinstance(done, CursorResult)
    return int(done.rowcount)
