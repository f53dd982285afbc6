"""Grade on submit: nothing lost, nothing graded by two, whatever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from huey import SqliteHuey

from coreskills.classroom.queue import BATCH, GradingQueue, Outcome, announcer, open_queue
from coreskills.classroom.roster import Person, Roster
from coreskills.classroom.service.app import open_exchange, release_open_labs
from coreskills.classroom.settings import Classroom
from coreskills.classroom.store.bundle import pack
from coreskills.classroom.store.claims import LEASE_S, Claims
from coreskills.classroom.store.exchange import Submission
from coreskills.classroom.store.grades import Grades, best_scores
from coreskills.errors import GradingError

LAB = "b1-1-first-call"


def submit(room: Classroom, names: Sequence[str], make_notebook: Callable[..., bytes]) -> None:
    exchange = open_exchange(room)
    release_open_labs(room, exchange)
    for name in names:
        exchange.submit(LAB, name, {f"{LAB}.ipynb": make_notebook(name)}, state="queued")


def queue_of(
    room: Classroom, grade: Callable[[str, Sequence[Submission]], Mapping[int, Outcome]], *, shows: bool = True
) -> GradingQueue:
    huey = SqliteHuey("coreskills", filename=str(room.state / "exchange" / "queue.sqlite"))
    claims, grades = Claims(room.database_url), Grades(room.database_url)
    return GradingQueue(huey, claims, open_exchange(room), grades, grade=grade, shows=lambda lab: shows)


def full_marks(lab: str, batch: Sequence[Submission]) -> dict[int, Outcome]:
    page = {f"{lab}.html": b"<p>well done</p>"}
    return {one.id: Outcome(auto=Decimal(18), max=Decimal(20), feedback=page) for one in batch}


def states(room: Classroom) -> list[str]:
    return [row.state for row in open_exchange(room).submissions()]


def test_what_is_queued_is_graded_and_shown(room: Classroom, make_notebook: Callable[..., bytes]) -> None:
    """Scores are recorded, feedback is back, states say so."""
    submit(room, ["ada", "grace"], make_notebook)
    assert queue_of(room, full_marks).work(LAB) == 2
    assert states(room) == ["graded", "graded"]
    assert Grades(room.database_url).best(room.course, "ada")[LAB].points == 18
    exchange = open_exchange(room)
    assert exchange.take_feedback(exchange.submissions()[0])[f"{LAB}.html"] == b"<p>well done</p>"


def test_hidden_feedback_stays_until_given(room: Classroom, make_notebook: Callable[..., bytes]) -> None:
    """Where a lab hides its scores, grading gives nothing back."""
    submit(room, ["ada"], make_notebook)
    queue_of(room, full_marks, shows=False).work(LAB)
    assert open_exchange(room).feedback_of([1]) == {}


def test_two_workers_share_and_never_double(room: Classroom, make_notebook: Callable[..., bytes]) -> None:
    """Four workers on forty submissions: each is graded exactly once."""
    submit(room, [f"l{n:02}" for n in range(40)], make_notebook)
    seen: list[int] = []
    lock = threading.Lock()

    def grade(lab: str, batch: Sequence[Submission]) -> dict[int, Outcome]:
        with lock:
            seen.extend(one.id for one in batch)
        return full_marks(lab, batch)

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: queue_of(room, grade).work(LAB), range(4)))
    assert sum(done) == 40
    assert sorted(seen) == list(range(1, 41))


def test_a_worker_told_to_stop_leaves_the_rest_for_the_next(
    room: Classroom, make_notebook: Callable[..., bytes]
) -> None:
    """The batch in hand is finished, no other is begun, and what a stopped worker still holds is queued again."""
    submit(room, [f"l{n:02}" for n in range(20)], make_notebook)

    def grade_and_stop(lab: str, batch: Sequence[Submission]) -> dict[int, Outcome]:
        queue.stopping.set()
        return full_marks(lab, batch)

    queue = queue_of(room, grade_and_stop)
    assert queue.work(LAB) == BATCH
    assert states(room) == ["graded"] * BATCH + ["queued"] * (20 - BATCH)

    def broken_off(lab: str, batch: Sequence[Submission]) -> dict[int, Outcome]:
        raise KeyboardInterrupt

    queue = queue_of(room, broken_off)
    with pytest.raises(KeyboardInterrupt):
        queue.work(LAB)
    assert states(room).count("running") == BATCH
    queue.let_go()
    assert states(room).count("queued") == 20 - BATCH


def test_one_that_cannot_be_graded_costs_the_others_nothing(
    room: Classroom, make_notebook: Callable[..., bytes]
) -> None:
    """Its error is kept for the instructor, and no score is invented."""
    submit(room, ["ada", "grace"], make_notebook)

    def grade(lab: str, batch: Sequence[Submission]) -> dict[int, Outcome]:
        return {
            one.id: Outcome(error="not a notebook") if one.learner == "ada" else Outcome(max=Decimal(20))
            for one in batch
        }

    queue_of(room, grade).work(LAB)
    assert states(room) == ["failed", "graded"]
    assert Grades(room.database_url).best(room.course, "ada") == {}


def test_a_lab_that_cannot_be_graded_says_why(room: Classroom, make_notebook: Callable[..., bytes]) -> None:
    """A missing recording fails the whole batch, with the reason; a regrade queues it again."""
    submit(room, ["ada"], make_notebook)

    def grade(lab: str, batch: Sequence[Submission]) -> dict[int, Outcome]:
        raise GradingError("Lab has no recordings.", fix="coreskills record")

    queue_of(room, grade).work(LAB)
    (row,) = open_exchange(room).submissions()
    assert (row.state, "no recordings" in row.error) == ("failed", True)
    assert Claims(room.database_url).requeue(lab=LAB) == 1
    queue_of(room, full_marks).work(LAB)
    assert states(room) == ["graded"]


def test_a_dead_workers_claims_go_back(room: Classroom, make_notebook: Callable[..., bytes]) -> None:
    """A claim nobody confirms for a minute is queued again; one that is confirmed is not."""
    submit(room, ["ada", "grace"], make_notebook)
    clock = [datetime.now(UTC)]
    claims = Claims(room.database_url, now=lambda: clock[0])
    first = claims.claim(LAB, limit=1)
    clock[0] += timedelta(seconds=LEASE_S - 5)
    second = claims.claim(LAB, limit=1)
    clock[0] += timedelta(seconds=10)
    assert claims.recover() == 1
    assert claims.claim(LAB, limit=5) == first
    assert second not in ([], first)


def test_the_best_attempt_counts_and_both_are_logged(room: Classroom, make_notebook: Callable[..., bytes]) -> None:
    """A regrade that goes down replaces that grade; a worse attempt changes nothing; the log keeps all."""
    exchange, grades = open_exchange(room), Grades(room.database_url)
    release_open_labs(room, exchange)
    for number, points in enumerate(("15", "9"), start=1):
        exchange.submit(LAB, "ada", {f"{LAB}.ipynb": make_notebook(str(number))}, state="queued")
        grades.record(number, auto=Decimal(points), max_points=Decimal(20))
    assert best_scores(room.course, grades.attempts(learner="ada"))[LAB].points == 15
    grades.record(1, auto=Decimal("12.5"), max_points=Decimal(20))
    assert best_scores(room.course, grades.attempts(learner="ada"))[LAB].points == Decimal("12.5")
    assert [points for _, points in grades.log(1)] == [15, Decimal("12.5")]


def test_announcing_reaches_a_worker(room: Classroom, make_notebook: Callable[..., bytes]) -> None:
    """The service only sends; a worker in another process (here: another queue object) takes it."""
    submit(room, ["ada"], make_notebook)
    announcer(open_queue(room))(LAB)
    queue = queue_of(room, full_marks)
    task = queue.huey.dequeue()
    assert queue.huey.execute(task) == 1
    assert states(room) == ["graded"]


SERVE = """
import sys, socket, uvicorn
sys.path.insert(0, {tests!r})
from pathlib import Path
from importlib.machinery import SourceFileLoader
kit = SourceFileLoader("kit", {kit!r}).load_module()
from coreskills.course import load_course
from coreskills.classroom.settings import Classroom
room = Classroom(course=load_course(Path({root!r})), state=Path({state!r}))
from coreskills.classroom.roster import Roster
from coreskills.classroom.service.app import Service, create_app, open_exchange
from coreskills.gateway.keys import KeyStore
from coreskills.ledger.store import Ledger
roster = Roster(room.database_url)
book, keys, ledger = kit.TokenBook(roster), KeyStore(room.keys_url), Ledger(room.ledger_url)
service = Service(room, open_exchange(room), roster, book, keys, ledger, "")
uvicorn.run(create_app(service), host="127.0.0.1", port={port}, log_level="error")
"""


@pytest.mark.slow
def test_a_service_killed_in_the_middle_loses_nothing_it_accepted(
    room: Classroom, make_notebook: Callable[..., bytes]
) -> None:
    """A hundred learners submit; SIGKILL half-way; after the restart every receipt given still holds, once."""
    from coreskills.classroom.preflight import free_ports

    names = [f"learner{n:03}" for n in range(100)]
    Roster(room.database_url).put(Person(name) for name in names)
    (port,) = free_ports(1)
    kit = Path(__file__).with_name("conftest.py")
    code = SERVE.format(
        tests=str(kit.parent), kit=str(kit), root=str(room.course.root), state=str(room.state), port=port
    )
    url = f"http://127.0.0.1:{port}/services/course"
    accepted: dict[str, dict[str, Any]] = {}

    def start() -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", code])
        while True:
            try:
                requests.get(f"{url}/health", timeout=1)
                return process
            except requests.RequestException:
                assert process.poll() is None
                time.sleep(0.05)

    def send(name: str) -> None:
        body = pack({f"{LAB}.ipynb": make_notebook(name), "big.bin": os.urandom(20_000)})
        for _ in range(200):
            try:
                answer = requests.post(
                    f"{url}/api/labs/{LAB}/submissions",
                    headers={"Authorization": f"token token-{name}"},
                    data=body,
                    timeout=20,
                )
                answer.raise_for_status()
                accepted[name] = answer.json()
                return
            except requests.RequestException:
                time.sleep(0.1)

    process = start()
    try:
        with ThreadPoolExecutor(12) as pool:
            sent = [pool.submit(send, name) for name in names]
            while len(accepted) < 40:
                time.sleep(0.005)
            before = dict(accepted)
            process.send_signal(signal.SIGKILL)
            process.wait()
            process = start()
            for one in sent:
                one.result()
    finally:
        process.terminate()
        process.wait()
    exchange = open_exchange(room)
    kept = {row.learner: row for row in exchange.submissions(lab=LAB)}
    assert sorted(kept) == names
    assert len(exchange.submissions(lab=LAB)) == 100
    assert len(before) >= 40
    for name, receipt in accepted.items():
        assert exchange.receipt(kept[name]).seal == receipt["seal"]
        exchange.files(kept[name])
    assert len(exchange.queue()) == 100
