"""The whole class at a glance: who is where, who is stuck, which checks fail."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from coreskills.classroom.roster import Person
from coreskills.course import Course, Lab
from coreskills.progress.rules import Score

STUCK_TRIES = 3


@dataclass(frozen=True)
class Stuck:
    """A learner who fails the same check again and again.

    Attributes:
        tries: How many graded attempts in a row failed it, the last one included.
        submission_id: Of the last one; what its check says stands there.
    """

    learner: str
    lab: str
    check: str
    tries: int
    since_utc: datetime
    submission_id: int
    title: str = ""
    message: str = ""


@dataclass
class Cell:
    """One learner in one lab.

    Attributes:
        state: ``submitted``, ``grading``, ``passed``, ``not_yet``, ``waits``, ``failed``.
        score: Best so far; ``None`` until graded.
        stuck: The check failed most often in a row up to now, if that was twice or more and the lab is not passed.
    """

    learner: str
    lab: str
    state: str = "submitted"
    score: Score | None = None
    attempts: int = 0
    is_late: bool = False
    last_utc: datetime | None = None
    misses: int = 0
    stuck: Stuck | None = None


@dataclass
class CheckStats:
    """How a class fares with one check, names behind every number."""

    id: str
    title: str
    message: str = ""
    first_try: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    never: list[str] = field(default_factory=list)

    @property
    def tried(self) -> int:
        return len(self.first_try) + len(self.later) + len(self.never)

    @property
    def never_share(self) -> float:
        return len(self.never) / self.tried if self.tried else 0.0


@dataclass(frozen=True)
class Column:
    """The class in one lab, by learner; what follows from it is counted once."""

    cells: Mapping[str, Cell]

    @cached_property
    def n_passed(self) -> int:
        return sum(cell.state == "passed" for cell in self.cells.values())

    @cached_property
    def median(self) -> Decimal | None:
        """The median score of those who were graded."""
        points = [cell.score.points for cell in self.cells.values() if cell.score is not None]
        return statistics.median(points) if points else None

    @cached_property
    def last_utc(self) -> datetime | None:
        """When somebody last handed in."""
        return max((cell.last_utc for cell in self.cells.values() if cell.last_utc is not None), default=None)

    @cached_property
    def to_judge(self) -> list[Cell]:
        """Those that wait for a person."""
        return [cell for cell in self.cells.values() if cell.score is not None and cell.score.manual is None]

    @cached_property
    def with_misses(self) -> list[Cell]:
        """Those whose last grading met requests without a recording."""
        return [cell for cell in self.cells.values() if cell.misses]

    @cached_property
    def stuck(self) -> list[Stuck]:
        """Everybody who failed a check twice in a row or more."""
        return [cell.stuck for cell in self.cells.values() if cell.stuck is not None]


NOBODY = Column({})


@dataclass(frozen=True)
class Overview:
    """A snapshot of the class.

    Attributes:
        columns: By lab; labs that nobody handed in have none.
        failed: Learner, lab and reason of what could not be graded.
    """

    course: Course
    people: Sequence[Person]
    columns: Mapping[str, Column]
    queued: int
    running: int
    failed: Sequence[tuple[str, str, str]]
    as_of_utc: datetime

    @cached_property
    def labs(self) -> list[Lab]:
        """Labs that are open, or that somebody handed in."""
        return [lab for lab in self.course.labs if lab.is_open or lab.id in self.columns]

    def column(self, lab_id: str) -> Column:
        return self.columns.get(lab_id, NOBODY)

    def cell(self, learner: str, lab_id: str) -> Cell | None:
        """``None`` where nothing was handed in."""
        return self.column(lab_id).cells.get(learner)

    @property
    def to_judge(self) -> list[Cell]:
        return [cell for column in self.columns.values() for cell in column.to_judge]

    @property
    def with_misses(self) -> list[Cell]:
        return [cell for column in self.columns.values() for cell in column.with_misses]

    def stuck(self, *, tries: int = STUCK_TRIES) -> list[Stuck]:
        """Learners whose last ``tries`` graded attempts all failed the same check, longest stuck first."""
        runs: Iterable[Stuck] = (each for column in self.columns.values() for each in column.stuck)
        return sorted((each for each in runs if each.tries >= tries), key=lambda each: each.since_utc)
