"""Releases, submissions and feedback: what learners and instructors hand each other."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from coreskills.classroom.store.blobs import BlobStore
from coreskills.classroom.store.bundle import Files, manifest
from coreskills.classroom.store.tables import (
    DueRow,
    FeedbackRow,
    FetchRow,
    ReleaseRow,
    SubmissionRow,
    reading,
    writing,
)
from coreskills.errors import ClassroomError

Clock = Callable[[], datetime]


class NotThere(ClassroomError):
    """No such release, submission or feedback, or not this person's."""


class NoAttemptLeft(ClassroomError):
    """The lab allows so many submissions, and they are used up."""


@dataclass(frozen=True)
class Receipt:
    """Proof that a submission arrived: keep it.

    Attributes:
        sha256: Of the submission's manifest: two submissions with the same files have the same.
        seal: Made with the classroom's secret over all other fields; ``Exchange.check`` verifies it.
    """

    course: str
    lab: str
    learner: str
    attempt: int
    sha256: str
    time_utc: str
    seal: str = ""


@dataclass(frozen=True)
class Submission:
    """One submission."""

    id: int
    lab: str
    learner: str
    attempt: int
    sha256: str
    n_bytes: int
    received_utc: datetime
    is_late: bool
    state: str
    error: str


@dataclass(frozen=True)
class Release:
    """A lab that learners may fetch."""

    lab: str
    sha256: str
    released_utc: datetime


class Exchange:
    """The exchange of one course.

    Args:
        secret: Seals receipts.
        now: The clock.
    """

    def __init__(
        self, database_url: str, blobs: BlobStore, *, course: str, secret: bytes, now: Clock = lambda: datetime.now(UTC)
    ) -> None:
        self._url, self._blobs, self._course, self._secret, self._now = database_url, blobs, course, secret, now

    # Releases

    def release(self, lab: str, files: Files, *, by: str) -> Release:
        """Make files the lab's release; the same files again change nothing."""
        digest = self._keep(files)
        with writing(self._url) as session:
            row = session.get(ReleaseRow, lab)
            if row is None:
                row = ReleaseRow(lab=lab, sha256=digest, released_utc=self._now(), released_by=by)
                session.add(row)
            elif row.sha256 != digest:
                row.sha256, row.released_utc, row.released_by = digest, self._now(), by
            return Release(lab, row.sha256, row.released_utc)

    def withdraw(self, lab: str) -> bool:
        """Take a release back; what learners fetched stays theirs."""
        with writing(self._url) as session:
            row = session.get(ReleaseRow, lab)
            if row is None:
                return False
            session.delete(row)
            return True

    def releases(self) -> dict[str, Release]:
        """What is released, by lab."""
        with reading(self._url) as session:
            rows = session.scalars(select(ReleaseRow).order_by(ReleaseRow.lab))
            return {row.lab: Release(row.lab, row.sha256, row.released_utc) for row in rows}

    def fetch(self, lab: str, *, learner: str | None = None) -> Files:
        """The files of a release; notes when ``learner`` first took them.

        Raises:
            NotThere: Not released.
        """
        with writing(self._url) as session:
            row = session.get(ReleaseRow, lab)
            if row is None:
                raise NotThere(f"Lab {lab!r} is not released.", fix="wait for your instructor to release it")
            digest, now = row.sha256, self._now()
            if learner is not None:
                seen = session.get(FetchRow, (lab, learner))
                if seen is None:
                    session.add(FetchRow(lab=lab, learner=learner, fetched_utc=now, seen_utc=now))
                else:
                    seen.seen_utc = now
        return self._read(digest)

    # Submissions

    def submit(self, lab: str, learner: str, files: Files, *, state: str, attempts: int | None = None) -> Receipt:
        """Keep a submission; the learner's last one sent again is the same submission.

        Args:
            state: ``queued`` to have it graded, ``waiting`` where a person starts grading.
            attempts: How many the lab allows; ``None``: any number.

        Raises:
            NotThere: The lab is not released.
            NoAttemptLeft: All are used.
        """
        digest = self._keep(files)  # before the row: a row never points at files that are not there
        n_bytes = sum(map(len, files.values()))
        while True:
            try:
                with writing(self._url) as session:
                    return self._add(session, lab, learner, digest, n_bytes, state=state, attempts=attempts)
            except IntegrityError:  # two uploads at once on PostgreSQL took the same attempt number
                continue

    def _add(
        self, session: Session, lab: str, learner: str, digest: str, n_bytes: int, *, state: str, attempts: int | None
    ) -> Receipt:
        # Columns, not mapped objects: a class that hands in at once waits for this transaction.
        if session.scalar(select(ReleaseRow.lab).where(ReleaseRow.lab == lab)) is None:
            raise NotThere(f"Lab {lab!r} is not released, so it takes no submissions.", fix="check the lab's name")
        mine = select(SubmissionRow.attempt, SubmissionRow.sha256, SubmissionRow.received_utc).where(
            SubmissionRow.lab == lab, SubmissionRow.learner == learner
        )
        last = session.execute(mine.order_by(SubmissionRow.attempt.desc()).limit(1)).first()
        if last is not None and last.sha256 == digest:
            return self._seal(lab, learner, last.attempt, digest, last.received_utc)
        number = 1 if last is None else last.attempt + 1
        if attempts is not None and number > attempts:
            raise NoAttemptLeft(f"Lab {lab!r} allows {attempts} submissions; all are used.", fix="ask your instructor")
        now = self._now()
        due = due_for(session, lab, learner)
        row = {"lab": lab, "learner": learner, "attempt": number, "sha256": digest, "n_bytes": n_bytes}
        row |= {"received_utc": now, "is_late": due is not None and now > due}
        session.execute(insert(SubmissionRow).values(**row, state=state, state_utc=now, error=""))
        return self._seal(lab, learner, number, digest, now)

    def submissions(
        self, *, lab: str | None = None, learner: str | None = None, state: str | None = None, latest: bool = False
    ) -> list[Submission]:
        """Submissions, oldest first; with ``latest`` only each learner's last for each lab."""
        wanted = select(SubmissionRow).order_by(SubmissionRow.id)
        for column, value in (
            (SubmissionRow.lab, lab),
            (SubmissionRow.learner, learner),
            (SubmissionRow.state, state),
        ):
            if value is not None:
                wanted = wanted.where(column == value)
        if latest:
            newest = select(func.max(SubmissionRow.id)).group_by(SubmissionRow.lab, SubmissionRow.learner)
            wanted = wanted.where(SubmissionRow.id.in_(newest))
        with reading(self._url) as session:
            return [_submission(row) for row in session.scalars(wanted)]

    def queue(self) -> list[int]:
        """Submissions that wait for grading or are being graded, oldest first."""
        wanted = select(SubmissionRow.id).where(SubmissionRow.state.in_(("queued", "running")))
        with reading(self._url) as session:
            return list(session.scalars(wanted.order_by(SubmissionRow.id)))

    def fetched_by(self, learner: str) -> frozenset[str]:
        """The labs a learner has fetched."""
        with reading(self._url) as session:
            return frozenset(session.scalars(select(FetchRow.lab).where(FetchRow.learner == learner)))

    def submission(self, submission_id: int, *, learner: str | None = None) -> Submission:
        """One submission.

        Args:
            learner: Only if it is theirs.

        Raises:
            NotThere: No such submission, or another's: the two look alike from outside.
        """
        with reading(self._url) as session:
            row = session.get(SubmissionRow, submission_id)
            if row is None or (learner is not None and row.learner != learner):
                raise NotThere(f"There is no submission {submission_id}.", fix="list yours in the Course panel")
            return _submission(row)

    def files(self, submission: Submission) -> Files:
        """The files of a submission, as they came."""
        return self._read(submission.sha256)

    def receipt(self, submission: Submission) -> Receipt:
        """The receipt of a submission, the same each time."""
        return self._seal(
            submission.lab, submission.learner, submission.attempt, submission.sha256, submission.received_utc
        )

    def check(self, receipt: Receipt) -> bool:
        """Whether this classroom gave that receipt, and still has what it stands for."""
        with reading(self._url) as session:
            row = session.scalars(
                select(SubmissionRow).where(
                    SubmissionRow.lab == receipt.lab,
                    SubmissionRow.learner == receipt.learner,
                    SubmissionRow.attempt == receipt.attempt,
                )
            ).first()
            given = None if row is None else self._receipt(row)
        if given is None or not hmac.compare_digest(given.seal, receipt.seal) or given != receipt:
            return False
        self._read(given.sha256)
        return True

    # Feedback

    def give_feedback(self, submission_id: int, files: Files) -> None:
        """Give a submission's feedback back; newer feedback replaces older."""
        digest = self._keep(files)
        with writing(self._url) as session:
            if session.get(SubmissionRow, submission_id) is None:
                raise NotThere(f"There is no submission {submission_id}.", fix="collect again")
            row = session.get(FeedbackRow, submission_id)
            if row is None:
                session.add(FeedbackRow(submission_id=submission_id, sha256=digest, released_utc=self._now()))
            elif row.sha256 != digest:
                row.sha256, row.released_utc, row.fetched_utc = digest, self._now(), None

    def take_feedback(self, submission: Submission, *, seen: bool = True) -> Files:
        """The feedback of a submission; ``seen`` notes that its learner has it.

        Raises:
            NotThere: None yet.
        """
        with writing(self._url) as session:
            row = session.get(FeedbackRow, submission.id)
            if row is None:
                raise NotThere(f"There is no feedback for submission {submission.id} yet.", fix="look again later")
            if seen and row.fetched_utc is None:
                row.fetched_utc = self._now()
            digest = row.sha256
        return self._read(digest)

    def feedback_of(self, submission_ids: list[int]) -> dict[int, tuple[str, datetime | None]]:
        """Which of these have feedback: its hash, and when it was fetched."""
        with reading(self._url) as session:
            rows = session.scalars(select(FeedbackRow).where(FeedbackRow.submission_id.in_(submission_ids)))
            return {row.submission_id: (row.sha256, row.fetched_utc) for row in rows}

    # Inside

    def _keep(self, files: Files) -> str:
        for data in files.values():
            self._blobs.put(data)
        return self._blobs.put(manifest(files))

    def _read(self, digest: str) -> Files:
        rows = json.loads(self._blobs.get(digest))["files"]
        return {name: self._blobs.get(row["sha256"]) for name, row in rows.items()}

    def _receipt(self, row: SubmissionRow) -> Receipt:
        return self._seal(row.lab, row.learner, row.attempt, row.sha256, row.received_utc)

    def _seal(self, lab: str, learner: str, attempt: int, sha256: str, received_utc: datetime) -> Receipt:
        time_utc = received_utc.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        plain = Receipt(self._course, lab, learner, attempt, sha256, time_utc)
        text = json.dumps(asdict(plain), sort_keys=True).encode()
        return Receipt(**{**asdict(plain), "seal": hmac.new(self._secret, text, hashlib.sha256).hexdigest()})


def due_for(session: Session, lab: str, learner: str) -> datetime | None:
    """When a lab is due for one learner: an extension wins over the class's date."""
    dates = select(DueRow.due_utc).where(DueRow.lab == lab, DueRow.learner.in_((learner, "")))
    return session.scalar(dates.order_by(DueRow.learner.desc()).limit(1))


def _submission(row: SubmissionRow) -> Submission:
    return Submission(
        id=row.id,
        lab=row.lab,
        learner=row.learner,
        attempt=row.attempt,
        sha256=row.sha256,
        n_bytes=row.n_bytes,
        received_utc=row.received_utc,
        is_late=row.is_late,
        state=row.state,
        error=row.error,
    )
