"""The real course service, exchange, queue and examiner of one lab, for tests in a browser."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from coreskills.classroom.grader import ExaminerGrader
from coreskills.classroom.grading import build_queue
from coreskills.classroom.roster import Person, Roster
from coreskills.classroom.service.app import PREFIX, Service, create_app, open_exchange, release_open_labs
from coreskills.classroom.service.gateway_mount import open_gateway
from coreskills.classroom.service.identity import Caller
from coreskills.classroom.settings import Classroom
from coreskills.classroom.store.exchange import Submission
from coreskills.course import load_course
from coreskills.gateway.app import create_app as gateway_app
from coreskills.gateway.keys import KeyStore
from coreskills.gateway.serve import GatewayServer
from coreskills.ledger.store import Ledger

ROOT = Path(__file__).resolve().parents[2]
LAB = "0-1-start-here"
LEARNER = "ada"


class OneLearner:
    """The hub's part: one token, one learner."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def caller(self, token: str) -> Caller | None:
        return Caller(LEARNER, False) if token == self._token else None

    def login_url(self, state: str) -> str:
        return f"/hub/login?state={state}"

    async def token_for(self, code: str) -> str:
        return self._token


@dataclass
class CourseService:
    """A course service that answers."""

    url: str
    token: str
    service: Service

    def submissions(self) -> list[Submission]:
        return list(self.service.exchange.submissions())

    def submitted_notebook(self) -> dict[str, Any]:
        """What the service has of the last submission."""
        content: dict[str, Any] = json.loads(self.service.exchange.files(self.submissions()[-1])[f"{LAB}.ipynb"])
        return content

    def grade(self) -> int:
        """Grade what waits, as the classroom's worker does; how many were graded."""
        grader = ExaminerGrader(self.service.classroom, self.service.exchange, workers=1)
        queue = build_queue(self.service.classroom, grader)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        # nbgrader calls alembic by name, beside this Python; the browser's tests leave an event loop in this thread.
        with pytest.MonkeyPatch.context() as patch, closing(grader), ThreadPoolExecutor(1) as thread:
            patch.setenv("PATH", path)
            return thread.submit(queue.work, LAB).result()


@contextmanager
def course_service(folder: Path, *, token: str) -> Iterator[CourseService]:
    """Serve one lab of our own course, with its gateway, while the block runs."""
    root = folder / "course"
    for part in ("source", "release", "cassettes"):
        shutil.copytree(ROOT / part / LAB, root / part / LAB)
    for file in ("course.toml", "nbgrader_config.py"):
        shutil.copy(ROOT / file, root / file)
    room = Classroom(course=load_course(root), state=root / ".coreskills")
    room.make_folders()
    roster, keys, ledger = Roster(room.database_url), KeyStore(room.keys_url), Ledger(room.ledger_url)
    roster.put([Person("iris", role="instructor"), Person(LEARNER, "Ada Lovelace")])
    gateway = open_gateway(room, keys, ledger)
    exchange = open_exchange(room)
    release_open_labs(room, exchange)
    door = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{door.getsockname()[1]}{PREFIX}"
    service = Service(
        classroom=room,
        exchange=exchange,
        roster=roster,
        doorkeeper=OneLearner(token),
        keys=keys,
        ledger=ledger,
        gateway_url=f"{url}/gateway",
    )
    try:
        with GatewayServer(create_app(service, gateway=gateway_app(gateway)), sockets=[door]):
            yield CourseService(url, token, service)
    finally:
        gateway.close()
        keys.close()
        ledger.close()
