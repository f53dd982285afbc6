"""The whole class at a glance: who is where, who is stuck, which checks fail."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from coreskills.classroom.kept import Kept
from coreskills.classroom.roster import Person
from coreskills.classroom.store.tables import ChecksRow, GradeLogRow, GradeRow, LearnerRow, SubmissionRow, reading
from coreskills.course import Course, Lab
from coreskills.progress.rules import Score, passes_capstone, passes_lab

STUCK_TRIES = 3
_BUSY_LABS = 3  # the overview names failing checks of the labs that were worked on last


@dataclass
class Cell:
    """One learner in one lab.

    Attributes:
        state: ``submitted``, ``grading``, ``passed``, ``not_yet``, ``waits``, ``failed``.
        score: Best so far; ``None`` until graded.
    """

    learner: str
    lab: str
    state: str = "submitted"
    score: Score | None = None
    attempts: int = 0
    is_late: bool = False
    last_utc: datetime | None = None
    misses: int = 0


@dataclass(frozen=True)
class Stuck:
    """A learner who fails the same check again and again."""

    learner: str
    lab: str
    check: str
    title: str
    message: str
    tries: int
    since_utc: datetime


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
class Overview:
    """A snapshot of the class."""

    course: Course
    people: Sequence[Person]
    cells: Mapping[tuple[str, str], Cell]
    queued: int
    running: int
    failed: Sequence[tuple[str, str, str]]
    as_of_utc: datetime

    @cached_property
    def labs(self) -> list[Lab]:
        """Labs that are open, or that somebody handed in."""
        used = {lab for _, lab in self.cells}
        return [lab for lab in self.course.labs if lab.is_open or lab.id in used]

    @cached_property
    def foot(self) -> dict[str, tuple[int, Decimal | None]]:
        """How many passed each lab, and the median score of those who were graded."""
        passed: Counter[str] = Counter()
        points: dict[str, list[Decimal]] = defaultdict(list)
        for (_, lab), cell in self.cells.items():
            passed[lab] += cell.state == "passed"
            if cell.score is not None:
                points[lab].append(cell.score.points)
        return {lab.id: (passed[lab.id], _median(points[lab.id])) for lab in self.labs}

    @cached_property
    def to_judge(self) -> list[Cell]:
        """Cells that wait for a person."""
        return [cell for cell in self.cells.values() if cell.score is not None and cell.score.manual is None]

    @cached_property
    def with_misses(self) -> list[Cell]:
        """Cells whose last grading met requests without a recording."""
        return [cell for cell in self.cells.values() if cell.misses]


def _median(points: list[Decimal]) -> Decimal | None:
    return statistics.median(points) if points else None


class ClassView:
    """Reads overviews; an unchanged class is read once, a large one that changes is read behind the page's back."""

    def __init__(self, database_url: str, course: Course) -> None:
        self._url, self._course = database_url, course
        self._kept: dict[tuple[str, Any], Kept[Any]] = {}

    def overview(self) -> Overview:
        """The class now, or moments ago: ``as_of_utc`` says."""
        seen: Overview = self._keep("overview").get(self._mark(), self._read)
        return seen

    def checks(self, lab_id: str) -> list[CheckStats]:
        """Each check of a lab, the one most learners never pass first."""
        stats: list[CheckStats] = self._keep("checks", lab_id).get(self._mark(), lambda: self._read_checks(lab_id))
        return stats

    def _keep(self, what: str, which: Any = None) -> Kept[Any]:
        return self._kept.setdefault((what, which), Kept())

    def failing(self, *, most: int = 5) -> list[tuple[Lab, CheckStats]]:
        """The checks that most learners fail, of the labs worked on last."""
        last: dict[str, datetime] = {}
        for cell in self.overview().cells.values():
            if cell.last_utc is not None:
                last[cell.lab] = max(cell.last_utc, last.get(cell.lab, cell.last_utc))
        busy = sorted(last, key=lambda lab: last[lab], reverse=True)[:_BUSY_LABS]
        found = [(self._course.lab(lab), check) for lab in busy for check in self.checks(lab) if check.never]
        return sorted(found, key=lambda pair: -len(pair[1].never))[:most]

    def stuck(self, *, tries: int = STUCK_TRIES) -> list[Stuck]:
        """Learners whose last ``tries`` graded attempts all failed the same check, longest stuck first."""
        found: list[Stuck] = self._keep("stuck", tries).get(self._mark(), lambda: self._read_stuck(tries))
        return found

    def _mark(self) -> Any:
        """Changes with the class; read from the ends of indexes, whatever the size of the class."""
        with reading(self._url) as session:
            return (
                session.scalar(select(func.max(SubmissionRow.id))),
                session.scalar(select(func.max(SubmissionRow.state_utc))),
                session.scalar(select(func.max(GradeLogRow.id))),
                tuple(session.execute(select(LearnerRow.is_active, func.count()).group_by(LearnerRow.is_active)).all()),
            )

    def _read(self) -> Overview:
        wanted = (
            select(
                SubmissionRow.learner,
                SubmissionRow.lab,
                SubmissionRow.state,
                SubmissionRow.is_late,
                SubmissionRow.received_utc,
                SubmissionRow.error,
                GradeRow.auto,
                GradeRow.manual,
                GradeRow.max,
                GradeRow.misses,
            )
            .outerjoin(GradeRow, GradeRow.submission_id == SubmissionRow.id)
            .order_by(SubmissionRow.id)
        )
        as_of = datetime.now(UTC)
        with reading(self._url) as session:
            people = [
                Person(name=row.name, full_name=row.full_name, section=row.section, track=row.track)
                for row in session.scalars(
                    select(LearnerRow)
                    .where(LearnerRow.role == "learner", LearnerRow.is_active)
                    .order_by(LearnerRow.full_name, LearnerRow.name)
                )
            ]
            rows = session.execute(wanted).all()
        return self._put_together(people, rows, as_of)

    def _put_together(self, people: list[Person], rows: Sequence[Any], as_of: datetime) -> Overview:
        labs = {lab.id: lab for lab in self._course.labs}
        checks_max = {lab.id: Decimal(lab.points.visible + lab.points.hidden) for lab in self._course.labs}
        here, states, failed = {person.name for person in people}, Counter[str](), []
        cells: dict[tuple[str, str], Cell] = {}
        for learner, lab, state, is_late, received, error, auto, manual, most, misses in rows:
            states[state] += state in ("queued", "running")
            if learner not in here or lab not in labs:
                continue
            cell = cells.setdefault((learner, lab), Cell(learner, lab))
            cell.attempts, cell.is_late, cell.last_utc = cell.attempts + 1, is_late, received
            cell.state = {"queued": "submitted", "running": "grading", "waiting": "waits"}.get(state, state)
            if state == "failed":
                failed.append((learner, lab, error))
            if auto is not None:
                score = Score(auto, manual, most, checks_max[lab])
                cell.misses = misses
                if cell.score is None or score.points >= cell.score.points:
                    cell.score = score
        for cell in cells.values():
            if cell.state == "graded":
                cell.state = self._word(labs[cell.lab], cell.score)
        return Overview(self._course, people, cells, states["queued"], states["running"], failed, as_of)

    def _word(self, lab: Lab, score: Score | None) -> str:
        if score is None:
            return "submitted"
        test = passes_capstone if lab.kind == "capstone" else passes_lab
        if test(score, self._course.completion):
            return "passed"
        return "waits" if score.manual is None and lab.points.manual else "not_yet"

    def _read_checks(self, lab_id: str) -> list[CheckStats]:
        wanted = (
            select(SubmissionRow.learner, ChecksRow.checks)
            .join(ChecksRow, ChecksRow.submission_id == SubmissionRow.id)
            .join(LearnerRow, LearnerRow.name == SubmissionRow.learner)
            .where(SubmissionRow.lab == lab_id, LearnerRow.role == "learner", LearnerRow.is_active)
            .order_by(SubmissionRow.id)
        )
        tries: dict[str, list[Sequence[Mapping[str, Any]]]] = defaultdict(list)
        with reading(self._url) as session:
            for learner, checks in session.execute(wanted):
                tries[learner].append(checks)
        found: dict[str, CheckStats] = {}
        messages: dict[str, Counter[str]] = defaultdict(Counter)
        for learner, attempts in tries.items():
            for number, place in _first_passes(attempts).items():
                stats = found.setdefault(number, CheckStats(number, _title(attempts, number)))
                (stats.never if place is None else stats.first_try if place == 0 else stats.later).append(learner)
            for checks in attempts:
                messages_of(checks, messages)
        for number, stats in found.items():
            stats.message = next((text for text, _ in messages[number].most_common(1)), "")
        return sorted(found.values(), key=lambda stats: (-stats.never_share, -len(stats.later)))

    def _read_stuck(self, tries: int) -> list[Stuck]:
        suspects = {
            (cell.learner, cell.lab): cell
            for cell in self.overview().cells.values()
            if cell.attempts >= tries and cell.state in ("not_yet", "waits")
        }
        often = (
            select(SubmissionRow.learner, SubmissionRow.lab)
            .group_by(SubmissionRow.learner, SubmissionRow.lab)
            .having(func.count() >= tries)
            .subquery()
        )
        wanted = (
            select(
                SubmissionRow.learner, SubmissionRow.lab, SubmissionRow.received_utc, SubmissionRow.id, ChecksRow.failed
            )
            .join(often, and_(often.c.learner == SubmissionRow.learner, often.c.lab == SubmissionRow.lab))
            .join(ChecksRow, ChecksRow.submission_id == SubmissionRow.id)
            .order_by(SubmissionRow.id)
        )
        attempts: dict[tuple[str, str], list[Any]] = defaultdict(list)
        with reading(self._url) as session:
            for learner, lab, received, number, failed in session.execute(wanted):
                if (learner, lab) in suspects:
                    attempts[learner, lab].append((received, number, failed.split()))
            found = [(pair, run) for pair, tried in attempts.items() if (run := _longest_run(tried, tries))]
            last = [attempts[pair][-1][1] for pair, _ in found]
            checks = {row.submission_id: row.checks for row in _in_parts(session, last)}
        named = [
            _stuck(pair, attempts[pair], check, run, checks[attempts[pair][-1][1]]) for pair, (check, run) in found
        ]
        return sorted(named, key=lambda each: each.since_utc)


def _in_parts(session: Session, numbers: Sequence[int], *, at_once: int = 500) -> Iterator[ChecksRow]:
    """Checks of many submissions; databases bound the length of one list."""
    for start in range(0, len(numbers), at_once):
        part = numbers[start : start + at_once]
        yield from session.scalars(select(ChecksRow).where(ChecksRow.submission_id.in_(part)))


def _longest_run(attempts: Sequence[Any], tries: int) -> tuple[str, int] | None:
    """The check that a learner has failed most often in a row, up to the last attempt."""
    runs: dict[str, int] = {}
    for check in attempts[-1][2]:
        run = 0
        for _, _, failed in reversed(attempts):
            if check not in failed:
                break
            run += 1
        runs[check] = run
    worst = max(runs, key=lambda check: runs[check], default=None)
    return None if worst is None or runs[worst] < tries else (worst, runs[worst])


def _stuck(
    pair: tuple[str, str], attempts: Sequence[Any], check_id: str, run: int, checks: Sequence[Mapping[str, Any]]
) -> Stuck:
    check = next(check for check in checks if check["id"] == check_id)
    since = attempts[-run][0]
    return Stuck(*pair, check_id, str(check["title"]), str(check["message"]), run, since)


def _first_passes(attempts: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, int | None]:
    """For each check the number of the attempt that first passed it; ``None``: none did."""
    found: dict[str, int | None] = {}
    for place, checks in enumerate(attempts):
        for check in checks:
            if found.get(check["id"]) is None:
                found[check["id"]] = place if check["status"] == "passed" else None
    return found


def _title(attempts: Sequence[Sequence[Mapping[str, Any]]], number: str) -> str:
    return next(str(check["title"]) for checks in attempts for check in checks if check["id"] == number)


def messages_of(checks: Sequence[Mapping[str, Any]], into: Mapping[str, Counter[str]]) -> None:
    """Count the teaching messages of failed checks."""
    for check in checks:
        if check["status"] != "passed" and check["message"]:
            into[check["id"]][str(check["message"]).splitlines()[0][:300]] += 1
