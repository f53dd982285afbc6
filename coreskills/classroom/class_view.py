"""The class as its database has it now; after a change, only what changed is read again."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from coreskills.classroom import class_rows
from coreskills.classroom.class_rows import Mark, Pair
from coreskills.classroom.overview import NOBODY, Cell, CheckStats, Column, Overview, Stuck
from coreskills.classroom.store.tables import reading
from coreskills.course import Course, Lab

_BUSY_LABS = 3  # the overview names failing checks of the labs that were worked on last
_MANY = 3000  # changed cells; reading all is quicker then


class ClassView:
    """Keeps the class in memory, by lab; safe for the threads of the pages."""

    def __init__(self, database_url: str, course: Course) -> None:
        self._url, self.course = database_url, course
        self._lock = threading.Lock()
        self._mark: Mark | None = None
        self._everybody: dict[str, dict[str, Cell]] = {}  # by lab and name; those off the roster too
        self._seen: Overview | None = None
        self._checks: dict[str, tuple[Column, list[CheckStats]]] = {}

    def overview(self) -> Overview:
        """The class now; the same object while nothing changes."""
        with self._lock, reading(self._url) as session:
            mark = class_rows.read_mark(session)
            if self._seen is None or mark != self._mark:
                self._seen = self._read(session, mark)
                self._mark = mark  # last: a mark is never ahead of what was read
            return self._seen

    def explain(self, stuck: Sequence[Stuck]) -> list[Stuck]:
        """The same, with the title and the teaching message of each check."""
        with reading(self._url) as session:
            return class_rows.explain(session, stuck)

    def checks(self, seen: Overview, lab_id: str) -> list[CheckStats]:
        """Each check of a lab, the one most learners never pass first."""
        column = seen.column(lab_id)
        before = self._checks.get(lab_id)
        if before is not None and before[0] is column:
            return before[1]
        with reading(self._url) as session:
            found = class_rows.read_checks(session, lab_id)
        self._checks[lab_id] = (column, found)
        return found

    def failing(self, seen: Overview, *, most: int = 5) -> list[tuple[Lab, CheckStats]]:
        """The checks that most learners fail, of the labs worked on last."""
        last = {lab: column.last_utc for lab, column in seen.columns.items() if column.last_utc is not None}
        busy = sorted(last, key=lambda lab: last[lab], reverse=True)[:_BUSY_LABS]
        found = [(self.course.lab(lab), check) for lab in busy for check in self.checks(seen, lab) if check.never]
        return sorted(found, key=lambda pair: -len(pair[1].never))[:most]

    def _read(self, session: Session, mark: Mark) -> Overview:
        as_of = datetime.now(UTC)
        before, pairs = self._mark, None
        if before is not None:
            pairs = class_rows.changed_pairs(session, before, mark) | self._under_way()
        if pairs is None or len(pairs) > _MANY:
            self._everybody, pairs = defaultdict(dict), None
        for cell in class_rows.read_cells(session, self.course, pairs):
            self._everybody[cell.lab][cell.learner] = cell
        here = {person.name for person in mark.people}
        is_same_class = before is not None and before.people == mark.people
        changed = {lab for _, lab in pairs} if pairs is not None and is_same_class else self._everybody.keys()
        failed = class_rows.read_failed(session) if mark.under_way.get("failed") else []
        return Overview(
            course=self.course,
            people=mark.people,
            columns=self._columns(changed, here),
            queued=mark.under_way.get("queued", 0),
            running=mark.under_way.get("running", 0),
            failed=[row for row in failed if row[0] in here and row[1] in self._everybody],
            as_of_utc=as_of,
        )

    def _under_way(self) -> set[Pair]:
        """What may have moved on though no clock says so."""
        moving = ("submitted", "grading", "failed")
        cells = (cell for column in self._everybody.values() for cell in column.values() if cell.state in moving)
        return {(cell.learner, cell.lab) for cell in cells}

    def _columns(self, changed: Collection[str], here: set[str]) -> dict[str, Column]:
        kept = {} if self._seen is None else self._seen.columns
        columns = {}
        for lab, cells in self._everybody.items():
            column = kept.get(lab, NOBODY)
            if lab in changed:
                column = Column({name: cell for name, cell in cells.items() if name in here})
            if column.cells:
                columns[lab] = column
        return columns
