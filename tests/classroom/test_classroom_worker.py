"""The grading worker as the hub starts it, with real gradings: killed in the middle, behind Redis, on Dask."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import psutil
import pytest
import redis

from coreskills.classroom.preflight import free_ports
from coreskills.classroom.queue import GradingQueue, Outcome, announcer, open_queue
from coreskills.classroom.roster import Person, Roster
from coreskills.classroom.service.app import open_exchange, release_open_labs
from coreskills.classroom.settings import Classroom, Run
from coreskills.classroom.store.claims import Claims
from coreskills.classroom.store.exchange import Receipt, Submission
from coreskills.classroom.store.grades import Grades
from coreskills.course import load_course

ROOT = Path(__file__).parents[2]
LAB = "b1-1-first-call"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def answers() -> bytes:
    """The released notebook with the reference's answers in it."""
    source = json.loads((ROOT / "source" / LAB / f"{LAB}.ipynb").read_text())
    written = {cell["id"]: cell["source"] for cell in source["cells"]}
    notebook = json.loads((ROOT / "release" / LAB / f"{LAB}.ipynb").read_text())
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            cell["source"] = written[cell["id"]]
    return json.dumps(notebook).encode()


@pytest.fixture
def course_room(tmp_path: Path) -> Classroom:
    """This course, with a state folder of its own, released, and three learners."""
    room = Classroom(course=load_course(ROOT), state=tmp_path / "state")
    room.make_folders()
    Roster(room.database_url).put([Person("ada"), Person("alan"), Person("grace")])
    release_open_labs(room, open_exchange(room))
    run = Run(str(ROOT), str(room.state), 0, 0, 0, 0, (), is_walled=True)
    run.save(room.state / "run.json")
    return room


def hand_in(room: Classroom, learner: str) -> Receipt:
    """What the service does with an upload: keep it, then tell the workers."""
    receipt = open_exchange(room).submit(LAB, learner, {f"{LAB}.ipynb": answers()}, state="queued")
    announcer(open_queue(room))(LAB)
    return receipt


@contextmanager
def worker(room: Classroom, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m coreskills.classroom.grading`; at the end nothing of it may be left."""
    told = {**os.environ, "CORESKILLS_STATE": str(room.state), "CORESKILLS_GRADE_LEASE_S": "4"}
    told["CORESKILLS_RUN"] = str(room.state / "run.json")
    process = subprocess.Popen(
        [sys.executable, "-m", "coreskills.classroom.grading"], env={**told, **environment}, start_new_session=True
    )
    try:
        yield process
    finally:
        family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        _, alive = psutil.wait_procs(family, timeout=20)
        assert alive == []


def wait_for(condition: Callable[[], bool], what: str, *, timeout_s: float = 300) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, f"{what} did not come"
        time.sleep(0.1)


def states(room: Classroom) -> list[str]:
    rows = open_exchange(room).submissions()
    assert [row.error for row in rows if row.state == "failed"] == []
    return [row.state for row in rows]


def test_a_worker_killed_in_the_middle_of_a_grading_costs_nothing(course_room: Classroom) -> None:
    """SIGKILL while two are examined; the next worker takes them over, and each has one score in the log."""
    for learner in ("ada", "alan"):
        hand_in(course_room, learner)
    with worker(course_room) as first:
        wait_for(lambda: "running" in states(course_room), "a claim")
        wait_for(lambda: bool(psutil.Process(first.pid).children(recursive=True)), "the examiner")
        family = psutil.Process(first.pid).children(recursive=True)
        first.send_signal(signal.SIGKILL)
        first.wait()
        assert states(course_room) == ["running", "running"]
        _, alive = psutil.wait_procs(family, timeout=30)
        assert alive == []
    with worker(course_room):
        hand_in(course_room, "grace")
        wait_for(lambda: states(course_room) == ["graded"] * 3, "the grades")
    grades = Grades(course_room.database_url)
    assert [len(grades.log(number)) for number in (1, 2, 3)] == [1, 1, 1]
    attempts = grades.attempts()
    assert [(each.learner, each.attempt) for each in attempts] == [("ada", 1), ("alan", 1), ("grace", 1)]
    assert {each.grade.auto for each in attempts if each.grade} == {18}


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """A Redis server of the test's own."""
    command = shutil.which("redis-server")
    if command is None:
        pytest.skip("redis-server is not installed (Debian: apt-get install redis-server)")
    (port,) = free_ports(1)
    options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path), "--save", ""]
    process = subprocess.Popen([command, *options], stdout=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        wait_for(lambda: is_answering(url), "Redis")
        yield url
    finally:
        process.terminate()
        process.wait()


def is_answering(url: str) -> bool:
    with redis.Redis.from_url(url) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False


@pytest.fixture
def dask_scheduler(tmp_path: Path) -> Iterator[str]:
    """A Dask scheduler with one worker process, as they are started on a cluster."""
    quiet = {**os.environ, "OMP_NUM_THREADS": "1"}
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    scheduler = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_scheduler", *options],
        stderr=subprocess.PIPE,
        text=True,
        env=quiet,
    )
    assert scheduler.stderr is not None
    found = (re.search(r"Scheduler at:\s+(tcp://\S+)", line) for line in scheduler.stderr)
    address = next(match[1] for match in found if match)
    threading.Thread(target=scheduler.stderr.read, daemon=True).start()
    worker_options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(tmp_path)]
    helper = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_worker", address, *worker_options],
        stderr=subprocess.DEVNULL,
        env=quiet,
    )
    try:
        yield address
    finally:
        for process in (helper, scheduler):
            process.kill()
            process.wait()


def test_a_task_sent_to_redis_reaches_a_worker(
    course_room: Classroom, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one process sends, another takes, once."""
    monkeypatch.setenv("CORESKILLS_QUEUE", redis_url)
    hand_in(course_room, "ada")

    def grade(lab: str, batch: Sequence[Submission]) -> dict[int, Outcome]:
        return {one.id: Outcome(auto=Decimal(18), max=Decimal(20)) for one in batch}

    url = course_room.database_url
    queue = GradingQueue(
        open_queue(course_room),
        Claims(url),
        open_exchange(course_room),
        Grades(url),
        grade=grade,
        shows=lambda lab: False,
    )
    assert queue.huey.execute(queue.huey.dequeue()) == 1
    assert states(course_room) == ["graded"]
    assert queue.huey.dequeue() is None


@pytest.mark.full
def test_redis_carries_the_queue_and_dask_the_work(
    course_room: Classroom, redis_url: str, dask_scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond one machine: the service tells Redis, the worker hears it and examines on the cluster."""
    monkeypatch.setenv("CORESKILLS_QUEUE", redis_url)
    with worker(course_room, CORESKILLS_SCHEDULER=dask_scheduler):
        for learner in ("ada", "alan", "grace"):
            hand_in(course_room, learner)
        wait_for(lambda: states(course_room) == ["graded"] * 3, "the grades")
    attempts = Grades(course_room.database_url).attempts()
    assert {each.grade.auto for each in attempts if each.grade} == {18}
    assert not (course_room.state / "exchange" / "queue.sqlite").exists()
