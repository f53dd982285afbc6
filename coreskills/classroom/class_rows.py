"""What the class page reads from the database: a mark that changes with the class, and what changed since."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from coreskills.classroom.overview import Cell, CheckStats, Stuck
from coreskills.classroom.roster import Person
from coreskills.classroom.store.tables import ChecksRow, GradeLogRow, GradeRow, LearnerRow, SubmissionRow
from coreskills.course import Course, Lab
from coreskills.progress.rules import Score, passes_capstone, passes_lab

Pair = tuple[str, str]
_UNDER_WAY = ("queued", "running", "failed")
_OVERLAP = timedelta(seconds=60)  # workers' clocks differ, and who looked at the clock first may commit last
_AT_ONCE = 200  # databases bound the length of one list


@dataclass(frozen=True)
class Mark:
    """Differs when the class does; read from the ends of indexes, whatever the size of the class.

    Attributes:
        under_way: How many submissions are in each state that somebody has to do something about.
    """

    last_id: int
    last_change: datetime | None
    last_log: int
    under_way: Mapping[str, int]
    people: tuple[Person, ...]


def read_mark(session: Session) -> Mark:
    under_way = select(SubmissionRow.state, func.count()).where(SubmissionRow.state.in_(_UNDER_WAY))
    people = select(LearnerRow.name, LearnerRow.full_name, LearnerRow.section, LearnerRow.track)
    people = people.where(LearnerRow.role == "learner", LearnerRow.is_active)
    return Mark(
        last_id=session.scalar(select(func.max(SubmissionRow.id))) or 0,
        last_change=session.scalar(select(func.max(SubmissionRow.state_utc))),
        last_log=session.scalar(select(func.max(GradeLogRow.id))) or 0,
        under_way=dict(session.execute(under_way.group_by(SubmissionRow.state)).tuples().all()),
        people=tuple(
            Person(name, full_name, section=section, track=track)
            for name, full_name, section, track in session.execute(
                people.order_by(LearnerRow.full_name, LearnerRow.name)
            )
        ),
    )


def changed_pairs(session: Session, before: Mark, now: Mark) -> set[Pair]:
    """The learners and labs in which something changed between two marks."""
    pairs = select(SubmissionRow.learner, SubmissionRow.lab)
    judged = pairs.join(GradeLogRow, GradeLogRow.submission_id == SubmissionRow.id)
    wanted = [judged.where(GradeLogRow.id > before.last_log)]
    if (before.last_id, before.last_change, before.under_way) != (now.last_id, now.last_change, now.under_way):
        wanted.append(pairs.where(SubmissionRow.id > before.last_id))
        if before.last_change is not None:
            wanted.append(pairs.where(SubmissionRow.state_utc >= before.last_change - _OVERLAP))
    return {(learner, lab) for each in wanted for learner, lab in session.execute(each)}


def read_cells(session: Session, course: Course, pairs: Collection[Pair] | None = None) -> Iterator[Cell]:
    """The cells of some pairs, or of all."""
    labs = {lab.id: lab for lab in course.labs}
    wanted = (
        select(
            SubmissionRow.learner,
            SubmissionRow.lab,
            SubmissionRow.id,
            SubmissionRow.state,
            SubmissionRow.is_late,
            SubmissionRow.received_utc,
            GradeRow.auto,
            GradeRow.manual,
            GradeRow.max,
            GradeRow.misses,
            ChecksRow.failed,
        )
        .outerjoin(GradeRow, GradeRow.submission_id == SubmissionRow.id)
        .outerjoin(ChecksRow, ChecksRow.submission_id == SubmissionRow.id)
        .order_by(SubmissionRow.lab, SubmissionRow.learner, SubmissionRow.attempt)
    )
    for rows in _in_parts(session, wanted, pairs):
        for (learner, lab_id), attempts in groupby(rows, key=itemgetter(0, 1)):
            if lab_id in labs:
                yield _cell(course, labs[lab_id], learner, list(attempts))


def _in_parts(
    session: Session, wanted: Select[*tuple[Any, ...]], pairs: Collection[Pair] | None
) -> Iterator[Sequence[Any]]:
    if pairs is None:
        yield session.execute(wanted).all()
        return
    ordered = sorted(pairs)
    for start in range(0, len(ordered), _AT_ONCE):
        part = ordered[start : start + _AT_ONCE]
        yield session.execute(wanted.where(tuple_(SubmissionRow.learner, SubmissionRow.lab).in_(part))).all()


def _cell(course: Course, lab: Lab, learner: str, attempts: Sequence[Any]) -> Cell:
    checks_max = Decimal(lab.points.visible + lab.points.hidden)
    cell = Cell(learner, lab.id, attempts=len(attempts))
    for row in attempts:
        if row.auto is not None:
            score = Score(row.auto, row.manual, row.max, checks_max)
            cell.misses = row.misses
            if cell.score is None or score.points >= cell.score.points:
                cell.score = score
    last = attempts[-1]
    cell.is_late, cell.last_utc = last.is_late, last.received_utc
    cell.state = {"queued": "submitted", "running": "grading", "waiting": "waits"}.get(last.state, last.state)
    if cell.state == "graded":
        cell.state = _word(course, lab, cell.score)
    if cell.state in ("not_yet", "waits"):
        cell.stuck = _longest_run(lab.id, learner, [row for row in attempts if row.failed is not None])
    return cell


def _word(course: Course, lab: Lab, score: Score | None) -> str:
    if score is None:
        return "submitted"
    test = passes_capstone if lab.kind == "capstone" else passes_lab
    if test(score, course.completion):
        return "passed"
    return "waits" if score.manual is None and lab.points.manual else "not_yet"


def _longest_run(lab_id: str, learner: str, graded: Sequence[Any]) -> Stuck | None:
    """The check that a learner has failed most often in a row, up to the last graded attempt."""
    if len(graded) < 2:
        return None
    failed = [row.failed.split() for row in reversed(graded)]
    runs = {check: _run(check, failed) for check in failed[0]}
    worst = max(runs, key=lambda check: runs[check], default="")
    if runs.get(worst, 0) < 2:
        return None
    return Stuck(learner, lab_id, worst, runs[worst], graded[-runs[worst]].received_utc, graded[-1].id)


def _run(check: str, failed: Sequence[Sequence[str]]) -> int:
    return next((n for n, names in enumerate(failed) if check not in names), len(failed))


def read_failed(session: Session) -> list[tuple[str, str, str]]:
    """Learner, lab and reason of what could not be graded."""
    wanted = select(SubmissionRow.learner, SubmissionRow.lab, SubmissionRow.error)
    rows = session.execute(wanted.where(SubmissionRow.state == "failed").order_by(SubmissionRow.id))
    return [(learner, lab, error) for learner, lab, error in rows]


def explain(session: Session, stuck: Sequence[Stuck]) -> list[Stuck]:
    """The same, with the title and the teaching message of each check."""
    found: dict[int, list[dict[str, Any]]] = {}
    numbers = [each.submission_id for each in stuck]
    for start in range(0, len(numbers), _AT_ONCE):
        wanted = select(ChecksRow.submission_id, ChecksRow.checks)
        part = wanted.where(ChecksRow.submission_id.in_(numbers[start : start + _AT_ONCE]))
        found.update((number, checks) for number, checks in session.execute(part))
    return [_explained(each, found.get(each.submission_id, [])) for each in stuck]


def _explained(stuck: Stuck, checks: Iterable[Mapping[str, Any]]) -> Stuck:
    check = next((check for check in checks if check["id"] == stuck.check), {"title": stuck.check, "message": ""})
    return replace(stuck, title=str(check["title"]), message=str(check["message"]))


def read_checks(session: Session, lab_id: str) -> list[CheckStats]:
    """Each check of a lab, the one most learners never pass first."""
    wanted = (
        select(SubmissionRow.learner, ChecksRow.checks)
        .join(ChecksRow, ChecksRow.submission_id == SubmissionRow.id)
        .join(LearnerRow, LearnerRow.name == SubmissionRow.learner)
        .where(SubmissionRow.lab == lab_id, LearnerRow.role == "learner", LearnerRow.is_active)
        .order_by(SubmissionRow.id)
    )
    tries: dict[str, list[Sequence[Mapping[str, Any]]]] = defaultdict(list)
    for learner, checks in session.execute(wanted):
        tries[learner].append(checks)
    found: dict[str, CheckStats] = {}
    messages: dict[str, Counter[str]] = defaultdict(Counter)
    for learner, attempts in tries.items():
        for number, place in _first_passes(attempts).items():
            stats = found.setdefault(number, CheckStats(number, _title(attempts, number)))
            (stats.never if place is None else stats.first_try if place == 0 else stats.later).append(learner)
        for checks in attempts:
            _count_messages(checks, messages)
    for number, stats in found.items():
        stats.message = next((text for text, _ in messages[number].most_common(1)), "")
    return sorted(found.values(), key=lambda stats: (-stats.never_share, -len(stats.later)))


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


def _count_messages(checks: Sequence[Mapping[str, Any]], into: Mapping[str, Counter[str]]) -> None:
    for check in checks:
        if check["status"] != "passed" and check["message"]:
            into[check["id"]][str(check["message"]).splitlines()[0][:300]] += 1
