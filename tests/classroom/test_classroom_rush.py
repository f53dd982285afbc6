"""A hundred learners hand in within seconds, service and worker are killed on the way, and all is graded for real."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from coreskills.classroom.preflight import free_ports
from coreskills.classroom.roster import Person, Roster
from coreskills.classroom.service.app import open_exchange
from coreskills.classroom.settings import Classroom, Run
from coreskills.classroom.store.bundle import pack
from coreskills.classroom.store.exchange import Receipt
from coreskills.classroom.store.grades import Grades
from coreskills.course import load_course

ROOT = Path(__file__).parents[2]
LAB = "b1-1-first-call"
NAMES = [f"learner{number:03}" for number in range(100)]
SERVE = """
import sys, uvicorn
from pathlib import Path
from importlib.machinery import SourceFileLoader
from coreskills.classroom.queue import announcer, open_queue
from coreskills.classroom.roster import Roster
from coreskills.classroom.service.app import Service, create_app, open_exchange
from coreskills.classroom.settings import Run
from coreskills.gateway.keys import KeyStore
from coreskills.ledger.store import Ledger
kit, run, port = sys.argv[1:]
room = Run.load(Path(run)).classroom
roster = Roster(room.database_url)
book = SourceFileLoader("kit", kit).load_module().TokenBook(roster)
service = Service(room, open_exchange(room), roster, book, KeyStore(room.keys_url), Ledger(room.ledger_url), "",
                  wake_grader=announcer(open_queue(room)))
uvicorn.run(create_app(service), host="127.0.0.1", port=int(port), log_level="error")
"""

pytestmark = [pytest.mark.full, pytest.mark.timeout(3000)]


def notebook_of(number: int) -> bytes:
    """Every second learner hands in the reference's answers, the others nothing; no two files are the same."""
    source = json.loads((ROOT / "source" / LAB / f"{LAB}.ipynb").read_text())
    written = {cell["id"]: cell["source"] for cell in source["cells"]}
    notebook = json.loads((ROOT / "release" / LAB / f"{LAB}.ipynb").read_text())
    for cell in notebook["cells"]:
        if number % 2 == 0 and cell["metadata"].get("nbgrader", {}).get("solution"):
            cell["source"] = written[cell["id"]]
    notebook["metadata"]["handed_in_by"] = NAMES[number]
    return json.dumps(notebook).encode()


class Class:
    """The service and the worker as processes, and a hundred learners."""

    def __init__(self, room: Classroom) -> None:
        self.room, (self.port,) = room, free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}/services/course"
        self.receipts: dict[str, dict[str, Any]] = {}
        self.environment = {**os.environ, "CORESKILLS_STATE": str(room.state), "CORESKILLS_GRADE_LEASE_S": "10"}
        self.environment |= {"CORESKILLS_RUN": str(room.state / "run.json"), "CORESKILLS_GRADE_WORKERS": "2"}

    def serve(self) -> subprocess.Popen[bytes]:
        kit = str(Path(__file__).with_name("conftest.py"))
        told = [sys.executable, "-W", "ignore", "-c", SERVE, kit, str(self.room.state / "run.json"), str(self.port)]
        process = subprocess.Popen(told, env=self.environment)
        while True:
            try:
                requests.get(f"{self.url}/health", timeout=1)
                return process
            except requests.RequestException:
                assert process.poll() is None
                time.sleep(0.05)

    def work(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "coreskills.classroom.grading"], env=self.environment)

    def hand_in(self, number: int, body: bytes) -> None:
        """As the Course panel does: the same upload again until there is a receipt."""
        while NAMES[number] not in self.receipts:
            try:
                answer = requests.post(
                    f"{self.url}/api/labs/{LAB}/submissions",
                    headers={"Authorization": f"token token-{NAMES[number]}"},
                    data=body,
                    timeout=30,
                )
                answer.raise_for_status()
                self.receipts[NAMES[number]] = answer.json()
            except requests.RequestException:
                time.sleep(0.1)


def test_a_hundred_submissions_are_accepted_and_graded_once_whatever_is_killed(tmp_path: Path) -> None:
    """Service killed with half of them accepted, worker killed with a quarter graded: each has one right score."""
    room = Classroom(course=load_course(ROOT), state=tmp_path / "state")
    room.make_folders()
    Roster(room.database_url).put(map(Person, NAMES))
    Run(str(ROOT), str(room.state), 0, 0, 0, 0, (), is_walled=True).save(room.state / "run.json")
    rush = Class(room)
    bodies = [pack({f"{LAB}.ipynb": notebook_of(number)}) for number in range(100)]
    service, worker = rush.serve(), rush.work()
    try:
        began = time.monotonic()
        with ThreadPoolExecutor(16) as pool:
            sent = [pool.submit(rush.hand_in, number, body) for number, body in enumerate(bodies)]
            while len(rush.receipts) < 50:
                time.sleep(0.005)
            service.send_signal(signal.SIGKILL)
            service.wait()
            service = rush.serve()
            for one in sent:
                one.result()
        accepted = time.monotonic() - began
        while states(room)["graded"] < 25:
            time.sleep(0.2)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker = rush.work()
        while states(room) != {"graded": 100}:
            assert not states(room)["failed"]
            time.sleep(0.5)
        print(f"accepted in {accepted:.1f} s, graded in {time.monotonic() - began:.0f} s")
    finally:
        for process in (service, worker):
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)
    check(room, rush)


def states(room: Classroom) -> Counter[str]:
    return Counter(row.state for row in open_exchange(room).submissions())


def check(room: Classroom, rush: Class) -> None:
    exchange, grades = open_exchange(room), Grades(room.database_url)
    attempts = {each.learner: each for each in grades.attempts()}
    assert sorted(attempts) == NAMES
    assert len(exchange.submissions()) == 100
    for number, name in enumerate(NAMES):
        assert exchange.check(Receipt(**rush.receipts[name]))
        row, grade = exchange.submission(attempts[name].submission_id), attempts[name].grade
        assert exchange.files(row) == {f"{LAB}.ipynb": notebook_of(number)}
        assert grade is not None
        assert grade.auto == (18 if number % 2 == 0 else 0), name
        assert len(grades.log(row.id)) == 1
        assert f"{LAB}.html" in exchange.take_feedback(row)
