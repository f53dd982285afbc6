"""The tables of the classroom, for SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    DateTime,
    Engine,
    ForeignKey,
    Index,
    Inspector,
    String,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from coreskills.database.migrations import Schema, open_store

# A submission's way: received -> queued -> running -> graded | failed; `waiting` is for labs graded by hand.
STATES = ("waiting", "queued", "running", "graded", "failed")


class Utc(TypeDecorator[datetime]):
    """A time with its zone; SQLite forgets zones, so UTC is stored and given back."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Exact(TypeDecorator[Decimal]):
    """A decimal number as text: 74.99 stays 74.99 on every database."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Any) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Any) -> Decimal | None:
        return None if value is None else Decimal(value)


class Base(DeclarativeBase):
    type_annotation_map = {datetime: Utc, Decimal: Exact, dict[str, Any]: JSON, list[dict[str, Any]]: JSON}


class LearnerRow(Base):
    """Somebody on the roster, instructors too."""

    __tablename__ = "roster"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    full_name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(200), default="")
    section: Mapped[str] = mapped_column(String(80), default="")
    track: Mapped[str] = mapped_column(String(20), default="beginner")
    role: Mapped[str] = mapped_column(String(20), default="learner")
    is_active: Mapped[bool] = mapped_column(default=True)
    lms_id: Mapped[str] = mapped_column(String(80), default="")


class ReleaseRow(Base):
    """The files of a lab that learners fetch, by content."""

    __tablename__ = "releases"
    lab: Mapped[str] = mapped_column(String(80), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    released_utc: Mapped[datetime]
    released_by: Mapped[str] = mapped_column(String(80))


class SubmissionRow(Base):
    """One submission, never changed but for its grading state."""

    __tablename__ = "submissions"
    id: Mapped[int] = mapped_column(primary_key=True)
    lab: Mapped[str] = mapped_column(String(80))
    learner: Mapped[str] = mapped_column(String(80))
    attempt: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    n_bytes: Mapped[int]
    received_utc: Mapped[datetime]
    is_late: Mapped[bool]
    state: Mapped[str] = mapped_column(String(20))
    state_utc: Mapped[datetime]
    error: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        UniqueConstraint("lab", "learner", "attempt"),
        Index("by_learner", "learner", "lab"),
        Index("by_state", "state"),
        Index("by_change", "state_utc"),
    )


class GradeRow(Base):
    """What grading said of one submission.

    Attributes:
        manual: ``None`` while a person's judgement is still to come.
    """

    __tablename__ = "grades"
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    auto: Mapped[Decimal]
    manual: Mapped[Decimal | None]
    max: Mapped[Decimal]
    misses: Mapped[int] = mapped_column(default=0)
    graded_utc: Mapped[datetime]


class ChecksRow(Base):
    """The checks of a grade; apart from it, so that reading a whole class's scores stays quick.

    Attributes:
        failed: Ids of the checks that did not pass, between spaces.
        checks: ``{id, title, points, max, status, message}`` for each check.
    """

    __tablename__ = "checks"
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    failed: Mapped[str]
    checks: Mapped[list[dict[str, Any]]]


class GradeLogRow(Base):
    """Each score ever given: a regrade replaces a grade, and both stay written here."""

    __tablename__ = "grade_log"
    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), index=True)
    auto: Mapped[Decimal]
    manual: Mapped[Decimal | None]
    max: Mapped[Decimal]
    graded_utc: Mapped[datetime]


class FeedbackRow(Base):
    """The feedback of a submission, and whether its learner has seen it."""

    __tablename__ = "feedback"
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    released_utc: Mapped[datetime]
    fetched_utc: Mapped[datetime | None]


class DueRow(Base):
    """A due date: a lab's, or (with a learner) one person's extension."""

    __tablename__ = "due"
    lab: Mapped[str] = mapped_column(String(80), primary_key=True)
    learner: Mapped[str] = mapped_column(String(80), primary_key=True, default="")
    due_utc: Mapped[datetime]
    reason: Mapped[str] = mapped_column(default="")


class FetchRow(Base):
    """When a learner first fetched a lab, and when last seen at it."""

    __tablename__ = "fetches"
    lab: Mapped[str] = mapped_column(String(80), primary_key=True)
    learner: Mapped[str] = mapped_column(String(80), primary_key=True)
    fetched_utc: Mapped[datetime]
    seen_utc: Mapped[datetime]


class RecommendationRow(Base):
    """An instructor's written recommendation for Track 3."""

    __tablename__ = "recommendations"
    learner: Mapped[str] = mapped_column(String(80), primary_key=True)
    written_by: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str]
    written_utc: Mapped[datetime]


def _guess(tables: Inspector) -> str:
    return "0001" if any(column["name"] == "checks" for column in tables.get_columns("grades")) else "0002"


SCHEMA = Schema("classroom", Base.metadata, "0002", Path(__file__).parent / "versions", _guess)


@lru_cache(maxsize=32)
def connect(url: str) -> Engine:
    """Connect, and bring the tables up to date; one engine per process and address."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    return open_store(url, SCHEMA, is_strict=True)


@contextmanager
def reading(url: str) -> Iterator[Session]:
    """A session that only reads, and waits for nobody."""
    with Session(connect(url).execution_options(read_only=True)) as session:
        yield session


@contextmanager
def writing(url: str) -> Iterator[Session]:
    """A session that commits at the end, or leaves nothing behind."""
    with Session(connect(url)) as session, session.begin():
        yield session
