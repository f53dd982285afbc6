"""nbgrader's gradebook, read once for a lab and written by one connection.

Plain tables instead of nbgrader's own classes: importing those costs 2.5 s and saving one notebook through them some
hundred queries. The schema is that of nbgrader 0.9 (pinned), and a test compares what both write.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from coreskills.errors import GradingError

_metadata = sa.MetaData()


def _table(name: str, *columns: sa.Column[Any]) -> sa.Table:
    return sa.Table(name, _metadata, *columns)


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String)


ASSIGNMENT = _table("assignment", _text("id"), _text("name"), sa.Column("duedate", sa.DateTime), _text("course_id"))
NOTEBOOK = _table("notebook", _text("id"), _text("name"), _text("assignment_id"), _text("kernelspec"))
BASE_CELL = _table("base_cell", _text("id"), _text("name"), _text("notebook_id"), _text("type"))
GRADE_CELLS = _table("grade_cells", _text("id"), sa.Column("max_score", sa.Float), _text("cell_type"))
TASK_CELLS = _table("task_cells", _text("id"), sa.Column("max_score", sa.Float), _text("cell_type"))
SOURCE_CELL = _table(
    "source_cell", _text("id"), _text("name"), _text("cell_type"), sa.Column("locked", sa.Boolean), _text("source"),
    _text("checksum"), _text("notebook_id"),
)  # fmt: skip
STUDENT = _table("student", _text("id"))
SUBMITTED = _table(
    "submitted_assignment", _text("id"), _text("assignment_id"), _text("student_id"),
    sa.Column("timestamp", sa.DateTime),
)  # fmt: skip
SUBMITTED_NOTEBOOK = _table(
    "submitted_notebook", _text("id"), _text("notebook_id"), _text("assignment_id"), sa.Column("flagged", sa.Boolean),
    sa.Column("late_submission_penalty", sa.Float),
)  # fmt: skip
GRADE = _table(
    "grade", _text("id"), _text("cell_id"), _text("notebook_id"), sa.Column("auto_score", sa.Float),
    sa.Column("manual_score", sa.Float), sa.Column("needs_manual_grade", sa.Boolean),
)  # fmt: skip
COMMENT = _table(
    "comment", _text("id"), _text("cell_id"), _text("notebook_id"), _text("auto_comment"), _text("manual_comment")
)


@dataclass(frozen=True)
class SourceCell:
    """A cell as it was released."""

    name: str
    cell_type: str
    locked: bool
    source: str
    checksum: str


@dataclass
class ReleasedNotebook:
    """What the gradebook knows of one notebook of a lab.

    Attributes:
        graded: Row id by grade_id of cells that earn points; ``points`` has their maximum, ``graded_types`` their type.
        solutions: Row id by grade_id of cells that learners write; ``tasks`` of task cells.
    """

    id: str
    name: str
    kernelspec: dict[str, Any] | None
    cells: dict[str, SourceCell] = field(default_factory=dict)
    graded: dict[str, str] = field(default_factory=dict)
    graded_types: dict[str, str] = field(default_factory=dict)
    points: dict[str, float] = field(default_factory=dict)
    solutions: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, str] = field(default_factory=dict)

    @property
    def tests(self) -> dict[str, float]:
        """The cells that the examiner runs, with their points."""
        return {
            name: self.points[name]
            for name, kind in self.graded_types.items()
            if kind == "code" and name not in self.solutions
        }


@dataclass(frozen=True)
class Released:
    """One lab in the gradebook."""

    id: str
    name: str
    due: datetime | None
    notebooks: dict[str, ReleasedNotebook]


@dataclass(frozen=True)
class Saved:
    """What one notebook of a submission earned, for the gradebook.

    Attributes:
        scores: Automatic points by grade_id; ``None`` waits for a person.
        comments: ``"No response."`` or ``None`` by grade_id of solution and task cells.
    """

    notebook: str
    scores: Mapping[str, float | None]
    comments: Mapping[str, str | None]


class GradebookFile:
    """One connection to a gradebook; use from one thread, and only one process of a run."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url, connect_args={"timeout": 60} if url.startswith("sqlite") else {})
        self.url = url

    def close(self) -> None:
        self._engine.dispose()

    def released(self, lab: str) -> Released:
        """Read a lab.

        Raises:
            GradingError: The gradebook does not know it.
        """
        try:
            with self._engine.connect() as connection:
                return self._read(connection, lab)
        except sa.exc.SQLAlchemyError as error:
            raise GradingError(
                f"The gradebook {self.url} cannot be read: {getattr(error, 'orig', None) or error}.",
                fix=f"if it was never made: coreskills release {lab} (any course: nbgrader generate_assignment {lab}); "
                "else restore it from its backup",
            ) from error

    def _read(self, connection: sa.Connection, lab: str) -> Released:
        row = connection.execute(sa.select(ASSIGNMENT).where(ASSIGNMENT.c.name == lab)).mappings().first()
        if row is None:
            raise GradingError(
                f"The gradebook {self.url} has no lab {lab!r}.",
                fix=f"coreskills release {lab} (any course: nbgrader generate_assignment {lab})",
            )
        notebooks: dict[str, ReleasedNotebook] = {}
        for each in connection.execute(sa.select(NOTEBOOK).where(NOTEBOOK.c.assignment_id == row["id"])).mappings():
            spec = json.loads(each["kernelspec"]) if each["kernelspec"] else None
            notebooks[each["id"]] = ReleasedNotebook(each["id"], each["name"], spec)
        mine = list(notebooks)
        for cell in connection.execute(sa.select(SOURCE_CELL).where(SOURCE_CELL.c.notebook_id.in_(mine))).mappings():
            notebooks[cell["notebook_id"]].cells[cell["name"]] = SourceCell(
                cell["name"], cell["cell_type"], bool(cell["locked"]), cell["source"] or "", cell["checksum"] or ""
            )
        query = (
            sa.select(
                BASE_CELL,
                sa.func.coalesce(GRADE_CELLS.c.max_score, TASK_CELLS.c.max_score).label("max_score"),
                GRADE_CELLS.c.cell_type,
            )
            .outerjoin(GRADE_CELLS, GRADE_CELLS.c.id == BASE_CELL.c.id)
            .outerjoin(TASK_CELLS, TASK_CELLS.c.id == BASE_CELL.c.id)
            .where(BASE_CELL.c.notebook_id.in_(mine))
        )
        for cell in connection.execute(query).mappings():
            _sort_in(notebooks[cell["notebook_id"]], dict(cell))
        return Released(row["id"], row["name"], row["duedate"], {n.name: n for n in notebooks.values()})

    def graded(self, lab: Released) -> dict[str, datetime | None]:
        """Read who has a submission with a complete set of scores, and from when it is."""
        query = sa.select(SUBMITTED.c.student_id, SUBMITTED.c.timestamp).where(SUBMITTED.c.assignment_id == lab.id)
        with self._engine.connect() as connection:
            return {row.student_id: row.timestamp for row in connection.execute(query)}

    def save(self, lab: Released, learner: str, timestamp: datetime | None, notebooks: list[Saved]) -> None:
        """Write a submission's scores in one transaction; the same again changes nothing."""
        with self._engine.begin() as connection:
            submission = _submission(connection, lab, learner, timestamp)
            for saved in notebooks:
                _save_notebook(connection, submission, lab.notebooks[saved.notebook], saved)

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Open a transaction of one's own."""
        with self._engine.begin() as connection:
            yield connection


def _sort_in(notebook: ReleasedNotebook, cell: Mapping[str, Any]) -> None:
    name = cell["name"]
    if cell["type"] == "SolutionCell":
        notebook.solutions[name] = cell["id"]
        return
    target = notebook.graded if cell["type"] == "GradeCell" else notebook.tasks
    target[name] = cell["id"]
    notebook.points[name] = float(cell["max_score"] or 0)
    if cell["type"] == "GradeCell":
        notebook.graded_types[name] = cell["cell_type"]


def _submission(connection: sa.Connection, lab: Released, learner: str, timestamp: datetime | None) -> str:
    if connection.execute(sa.select(STUDENT.c.id).where(STUDENT.c.id == learner)).first() is None:
        connection.execute(sa.insert(STUDENT), {"id": learner})
    where = (SUBMITTED.c.assignment_id == lab.id) & (SUBMITTED.c.student_id == learner)
    row = connection.execute(sa.select(SUBMITTED.c.id).where(where)).first()
    if row is not None:
        if timestamp is not None:
            connection.execute(sa.update(SUBMITTED).where(SUBMITTED.c.id == row.id).values(timestamp=timestamp))
        return str(row.id)
    number = uuid.uuid4().hex
    values = {"id": number, "assignment_id": lab.id, "student_id": learner, "timestamp": timestamp}
    connection.execute(sa.insert(SUBMITTED), values)
    for notebook in lab.notebooks.values():
        _blank_notebook(connection, number, notebook)
    return number


def _blank_notebook(connection: sa.Connection, submission: str, notebook: ReleasedNotebook) -> None:
    """Make the empty rows that nbgrader makes for a new submission."""
    number = uuid.uuid4().hex
    row = {"id": number, "notebook_id": notebook.id, "assignment_id": submission, "flagged": False}
    connection.execute(sa.insert(SUBMITTED_NOTEBOOK), row)
    grades = [*notebook.graded.values(), *notebook.tasks.values()]
    comments = [*notebook.solutions.values(), *notebook.tasks.values()]
    for table, cells, extra in ((GRADE, grades, {"needs_manual_grade": False}), (COMMENT, comments, {})):
        rows = [{"id": uuid.uuid4().hex, "cell_id": cell, "notebook_id": number, **extra} for cell in cells]
        if rows:
            connection.execute(sa.insert(table), rows)


def _save_notebook(connection: sa.Connection, submission: str, notebook: ReleasedNotebook, saved: Saved) -> None:
    where = (SUBMITTED_NOTEBOOK.c.assignment_id == submission) & (SUBMITTED_NOTEBOOK.c.notebook_id == notebook.id)
    row = connection.execute(sa.select(SUBMITTED_NOTEBOOK.c.id).where(where)).first()
    if row is None:
        _blank_notebook(connection, submission, notebook)
        row = connection.execute(sa.select(SUBMITTED_NOTEBOOK.c.id).where(where)).one()
    grades = [
        {"the_cell": notebook.graded[name], "score": score, "waits": score is None}
        for name, score in saved.scores.items()
        if name in notebook.graded
    ]
    by_cell = (GRADE.c.cell_id == sa.bindparam("the_cell")) & (GRADE.c.notebook_id == row.id)
    if grades:
        # A manual score given before stays, and asks to be looked at again: nbgrader's own rule.
        waits = sa.case((GRADE.c.manual_score.is_not(None), sa.true()), else_=sa.bindparam("waits"))
        update = sa.update(GRADE).where(by_cell)
        connection.execute(update.values(auto_score=sa.bindparam("score"), needs_manual_grade=waits), grades)
    cells = {**notebook.tasks, **notebook.solutions}
    comments = [{"the_cell": cells[name], "said": text} for name, text in saved.comments.items() if name in cells]
    if comments:
        where = (COMMENT.c.cell_id == sa.bindparam("the_cell")) & (COMMENT.c.notebook_id == row.id)
        connection.execute(sa.update(COMMENT).where(where).values(auto_comment=sa.bindparam("said")), comments)
