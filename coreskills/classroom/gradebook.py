"""nbgrader's gradebook, as the classroom needs it: know a lab, read what a person judged."""

from __future__ import annotations

import hashlib
import logging
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from coreskills.classroom.marks import Comment
from coreskills.classroom.settings import Classroom, write_private
from coreskills.errors import ClassroomError
from coreskills.examiner.gradebook import (
    ASSIGNMENT,
    BASE_CELL,
    NOTEBOOK,
    SUBMITTED,
    SUBMITTED_NOTEBOOK,
    GradebookFile,
    Released,
)
from coreskills.progress.rules import ZERO

log = logging.getLogger("coreskills.classroom.gradebook")

# What grading never writes, and a person does.
GRADE = sa.table(
    "grade",
    *(
        sa.column(name)
        for name in ("cell_id", "notebook_id", "auto_score", "manual_score", "extra_credit", "needs_manual_grade")
    ),
)
COMMENT = sa.table(
    "comment", *(sa.column(name) for name in ("cell_id", "notebook_id", "auto_comment", "manual_comment"))
)


@dataclass(frozen=True)
class Standing:
    """What the gradebook holds of one submission.

    Attributes:
        timestamp: Which submission it is: the last one that was graded.
        manual: ``None`` while a cell still waits for a person.
        max: All points of the lab.
    """

    learner: str
    timestamp: datetime | None
    auto: Decimal
    manual: Decimal | None
    max: Decimal
    comments: tuple[Comment, ...]


def know_lab(room: Classroom, lab_id: str) -> bool:
    """Write a lab's cells into the gradebook, when its source is new or has changed.

    nbgrader does it as part of `generate_assignment`; here into a folder that is thrown away, because the release is
    committed and made by `coreskills release`.

    Returns:
        Whether anything had to be done.
    """
    source = room.course.source(lab_id)
    if not source.is_file():
        raise ClassroomError(f"There is no source notebook {source}.", fix="restore it, or withdraw the lab")
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    known = room.hub / "gradebook" / f"{lab_id}.sha256"
    if known.is_file() and known.read_text(encoding="ascii") == digest and _has_lab(room.gradebook_url, lab_id):
        return False
    _save_cells(room, lab_id)
    known.parent.mkdir(exist_ok=True)
    write_private(known, digest)
    return True


def _has_lab(url: str, lab_id: str) -> bool:
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            return connection.execute(sa.select(ASSIGNMENT.c.id).where(ASSIGNMENT.c.name == lab_id)).first() is not None
    except SQLAlchemyError:  # no gradebook yet
        return False
    finally:
        engine.dispose()


def _save_cells(room: Classroom, lab_id: str) -> None:
    # nbgrader takes seconds to import, and only this needs it.
    from nbgrader.converters import GenerateAssignment
    from nbgrader.converters.base import NbGraderException
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    with tempfile.TemporaryDirectory(prefix="coreskills-gradebook-") as scratch:
        shutil.copytree(room.course.source(lab_id).parent, Path(scratch) / "source" / lab_id)
        config = Config()
        config.CourseDirectory.root = scratch
        config.CourseDirectory.assignment_id = lab_id
        config.CourseDirectory.course_id = room.course.course.id
        config.CourseDirectory.db_url = room.gradebook_url
        converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
        converter.log = log
        try:
            converter.start()
        except NbGraderException as refused:
            raise ClassroomError(
                f"nbgrader cannot take {lab_id!r} into the gradebook: {refused}.", fix=f"coreskills check {lab_id}"
            ) from refused


def read_standings(url: str, lab_id: str, learners: list[str] | None = None) -> dict[str, Standing]:
    """What the gradebook says of a lab, by learner.

    Raises:
        ClassroomError: The gradebook cannot be read.
    """
    book = GradebookFile(url)
    try:
        lab = book.released(lab_id)
        with book.transaction() as connection:
            return _read(connection, lab, learners)
    except SQLAlchemyError as error:
        raise ClassroomError(
            f"The gradebook {url} cannot be read: {error}.", fix="restore it from its backup"
        ) from error
    finally:
        book.close()


def _read(connection: sa.Connection, lab: Released, learners: list[str] | None) -> dict[str, Standing]:
    submitted = sa.select(SUBMITTED).where(SUBMITTED.c.assignment_id == lab.id)
    if learners is not None:
        submitted = submitted.where(SUBMITTED.c.student_id.in_(learners))
    rows = {row["id"]: row for row in connection.execute(submitted).mappings()}
    grades: dict[str, list[Any]] = {number: [] for number in rows}
    query = (
        sa.select(
            SUBMITTED_NOTEBOOK.c.assignment_id.label("submission"),
            NOTEBOOK.c.name.label("notebook"),
            BASE_CELL.c.name.label("cell"),
            GRADE,
            COMMENT.c.auto_comment,
            COMMENT.c.manual_comment,
        )
        .join(SUBMITTED_NOTEBOOK, SUBMITTED_NOTEBOOK.c.id == GRADE.c.notebook_id)
        .join(NOTEBOOK, NOTEBOOK.c.id == SUBMITTED_NOTEBOOK.c.notebook_id)
        .join(BASE_CELL, BASE_CELL.c.id == GRADE.c.cell_id)
        .outerjoin(COMMENT, sa.and_(COMMENT.c.notebook_id == GRADE.c.notebook_id, _same_cell()))
        .where(SUBMITTED_NOTEBOOK.c.assignment_id.in_(list(rows)))
    )
    for grade in connection.execute(query).mappings():
        grades[grade["submission"]].append(grade)
    standings = [_standing(lab, row, grades[number]) for number, row in rows.items()]
    return {standing.learner: standing for standing in standings}


def _same_cell() -> Any:
    """A comment belongs to the solution cell, its grade to the grade cell of the same name and notebook."""
    other = BASE_CELL.alias()
    return COMMENT.c.cell_id.in_(
        sa.select(other.c.id).where(other.c.name == BASE_CELL.c.name, other.c.notebook_id == BASE_CELL.c.notebook_id)
    )


def _standing(lab: Released, row: Any, grades: list[Any]) -> Standing:
    auto, manual, waits, comments = ZERO, ZERO, False, []
    for grade in grades:
        notebook = lab.notebooks[grade["notebook"]]
        told = grade["manual_score"] if grade["manual_score"] is not None else grade["auto_score"]
        points = _exact(told or 0) + _exact(grade["extra_credit"] or 0)
        if grade["cell"] in notebook.tests:
            auto += points
            continue
        manual += points
        waits = waits or bool(grade["needs_manual_grade"])
        comments.append(
            Comment(
                title="Reflection",
                text=grade["manual_comment"] or grade["auto_comment"] or "",
                points=None if grade["needs_manual_grade"] else float(points),
                max=notebook.points[grade["cell"]],
            )
        )
    most = sum((_exact(points) for notebook in lab.notebooks.values() for points in notebook.points.values()), ZERO)
    timestamp = row["timestamp"]
    return Standing(
        learner=row["student_id"],
        timestamp=None if timestamp is None else timestamp.replace(tzinfo=UTC),
        auto=auto,
        manual=None if waits else manual,
        max=most,
        comments=tuple(comments),
    )


def _exact(number: float) -> Decimal:
    return Decimal(str(number))
