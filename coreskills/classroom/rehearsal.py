"""A scripted class: twelve people fetch, work, submit and read their feedback, over the real exchange.

Nothing of it touches the real classroom: it has a state folder of its own.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import nbformat
from nbformat import NotebookNode

from coreskills.checking.variants import apply, read_source, read_variants
from coreskills.classroom.grader import ExaminerGrader, default_workers
from coreskills.classroom.grading import build_queue
from coreskills.classroom.queue import GradingQueue
from coreskills.classroom.roster import Person, Roster
from coreskills.classroom.service.app import PREFIX, Service, create_app, open_exchange, release_open_labs
from coreskills.classroom.service.identity import Caller
from coreskills.classroom.settings import Classroom
from coreskills.classroom.store.bundle import pack, unpack
from coreskills.classroom.store.grades import Attempt, Grades
from coreskills.course import Lab
from coreskills.errors import ClassroomError, CourseError
from coreskills.gateway.keys import KeyStore
from coreskills.gateway.serve import GatewayServer
from coreskills.ledger.store import Ledger
from coreskills_widgets.exchange.client import CourseService

Kind = Literal["good", "partly right", "empty"]

KINDS: tuple[Kind, ...] = ("good", "partly right", "empty")
NAMES = ("ana", "ben", "chi", "dov", "eva", "fay", "gil", "hal", "ida", "jon", "kim", "leo")


@dataclass(frozen=True)
class Learner:
    """One of the twelve."""

    name: str
    kind: Kind


@dataclass(frozen=True)
class Result:
    """What became of one learner's work.

    Attributes:
        auto: Points the checks gave; ``None`` where there is no grade.
        max: Points that checks can give; what a person judges comes on top.
        feedback: Size of the feedback page in bytes, as the learner got it.
    """

    learner: str
    kind: Kind
    receipt: str
    auto: Decimal | None
    max: Decimal
    feedback: int
    error: str = ""


class _Tokens:
    """Stands in for the hub: a random token for each person of the roster."""

    def __init__(self, roster: Roster) -> None:
        self._people = {secrets.token_urlsafe(16): person for person in roster.people()}

    def of(self, name: str) -> str:
        return next(token for token, person in self._people.items() if person.name == name)

    async def caller(self, token: str) -> Caller | None:
        person = self._people.get(token)
        return None if person is None else Caller(person.name, person.role == "instructor")

    def login_url(self, state: str) -> str:
        return f"/login?state={state}"

    async def token_for(self, code: str) -> str:
        return code


class Rehearsal:
    """The class, its exchange and its examiner.

    Args:
        room: A classroom with a state folder that may be thrown away.
        step: Told the name of each step, and the learner, as it is done.
    """

    def __init__(self, room: Classroom, lab: Lab, *, step: Callable[[str, str], None]) -> None:
        self._room, self._lab, self._step = room, lab, step
        self.learners = tuple(Learner(name, KINDS[place % 3]) for place, name in enumerate(NAMES))
        self._work = self._filled_in()

    def run(self) -> list[Result]:
        """Play it through; results in the order of ``learners``."""
        with self._open() as (service_of, queue, grades):
            receipts = {learner.name: self._hand_in(service_of(learner.name), learner) for learner in self.learners}
            queue.work(self._lab.id)
            attempts = {attempt.learner: attempt for attempt in grades.attempts(lab=self._lab.id)}
            return [
                self._result(service_of(learner.name), learner, receipts[learner.name], attempts[learner.name])
                for learner in self.learners
            ]

    def _filled_in(self) -> dict[Kind, dict[str, str]]:
        """For each kind of work, what stands in the cells that learners fill in."""
        source = read_source(self._room.course, self._lab)
        toys = [variant for variant in read_variants(self._room.course, self._lab) if variant.kind == "toy"]
        if not toys:
            raise CourseError(
                f"Lab {self._lab.id!r} has no toy solution to play with.", fix=f"write tests/labs/{self._lab.id}/toy.py"
            )
        return {"good": _answers(source), "partly right": _answers(apply(toys[0], source)), "empty": {}}

    @contextmanager
    def _open(self) -> Iterator[tuple[Callable[[str], CourseService], GradingQueue, Grades]]:
        room = self._room
        room.make_folders()
        roster = Roster(room.database_url)
        roster.put([Person("iris", "Iris", role="instructor"), *(Person(learner.name) for learner in self.learners)])
        tokens, exchange = _Tokens(roster), open_exchange(room)
        if self._lab.id not in release_open_labs(room, exchange):
            raise ClassroomError(
                f"Lab {self._lab.id!r} is not released.", fix=f"coreskills release {self._lab.id} --no-publish"
            )
        service = Service(
            classroom=room,
            exchange=exchange,
            roster=roster,
            doorkeeper=tokens,
            keys=KeyStore(room.keys_url),
            ledger=Ledger(room.ledger_url),
            gateway_url="",
        )
        grader = ExaminerGrader(
            room, exchange, workers=default_workers() * 2, on_graded=lambda name: self._step("graded", name)
        )
        grader.warm_up()
        with GatewayServer(create_app(service)) as server:
            url = server.url + PREFIX
            try:
                queue = build_queue(room, grader)
                yield lambda name: CourseService(url, tokens.of(name)), queue, service.grades
            finally:
                grader.close()

    def _hand_in(self, service: CourseService, learner: Learner) -> str:
        files = unpack(service.fetch(self._lab.id))
        self._step("fetched", learner.name)
        name = f"{self._lab.id}.ipynb"
        files[name] = _fill_in(files[name], self._work[learner.kind])
        receipt = service.submit(self._lab.id, pack(files))
        self._step("submitted", learner.name)
        return str(receipt["sha256"])

    def _result(self, service: CourseService, learner: Learner, receipt: str, attempt: Attempt) -> Result:
        most = Decimal(self._lab.points.visible + self._lab.points.hidden)
        if attempt.grade is None:
            return Result(learner.name, learner.kind, receipt, None, most, 0, attempt.error or "was not graded")
        page = unpack(service.feedback(attempt.submission_id))[f"{self._lab.id}.html"]
        self._step("read", learner.name)
        return Result(learner.name, learner.kind, receipt, attempt.grade.auto, most, len(page))


def _answers(notebook: NotebookNode) -> dict[str, str]:
    """What stands in the cells that learners fill in, by grade_id."""
    marks = ((cell, cell.metadata.get("nbgrader", {})) for cell in notebook.cells)
    return {mark["grade_id"]: cell.source for cell, mark in marks if mark.get("solution")}


def _fill_in(released: bytes, answers: dict[str, str]) -> bytes:
    notebook = nbformat.reads(released.decode(), as_version=4)  # type: ignore[no-untyped-call]
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = answers.get(grade_id, cell.source)
    return str(nbformat.writes(notebook)).encode()  # type: ignore[no-untyped-call]


def unexpected(results: list[Result]) -> list[str]:
    """What did not come out as it must: good work full marks, empty work none, partly right work in between."""
    wrong = []
    for row in results:
        if row.auto is None:
            wrong.append(f"{row.learner}: {row.error}")
            continue
        fits = {"good": row.auto == row.max, "empty": row.auto == 0, "partly right": 0 < row.auto < row.max}
        if not fits[row.kind]:
            wrong.append(f"{row.learner}: {row.kind} work got {row.auto} of {row.max}")
        if not row.feedback:
            wrong.append(f"{row.learner}: no feedback page")
    return wrong
