"""The real course service, exchange and queue of a small course, for tests in a browser."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coreskills.classroom.queue import GradingQueue, Outcome, open_queue
from coreskills.classroom.roster import Person, Roster
from coreskills.classroom.service.app import PREFIX, Service, create_app, open_exchange, release_open_labs
from coreskills.classroom.service.gateway_mount import open_gateway
from coreskills.classroom.service.identity import Caller
from coreskills.classroom.settings import Classroom
from coreskills.classroom.store.claims import Claims
from coreskills.classroom.store.exchange import Submission
from coreskills.classroom.store.grades import Grades
from coreskills.course import load_course
from coreskills.gateway.app import create_app as gateway_app
from coreskills.gateway.keys import KeyStore
from coreskills.gateway.serve import GatewayServer
from coreskills.ledger.store import Ledger

ROOT = Path(__file__).resolve().parents[2]
LAB = "b1-1-first-call"
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

    def grade(self, outcome: Outcome) -> int:
        """Grade what waits, all alike."""
        room = self.service.classroom
        queue = GradingQueue(
            open_queue(room),
            Claims(room.database_url),
            self.service.exchange,
            Grades(room.database_url),
            grade=lambda _, batch: {one.id: outcome for one in batch},
            shows=lambda _: True,
        )
        return queue.work(LAB)


def check_notebook() -> dict[str, Any]:
    """The lab as it is released here: one cell to change, one visible check."""
    graded = {"grade": True, "grade_id": "t1-check", "points": 1, "locked": False, "solution": False}
    more = {"schema_version": 3, "task": False, "cell_type": "code"}

    def cell(number: int, source: str, metadata: dict[str, Any]) -> dict[str, Any]:
        shown: dict[str, Any] = {"cell_type": "code", "id": f"cell-{number}", "outputs": [], "execution_count": None}
        return {**shown, "metadata": metadata, "source": source}

    spec = {"name": "coreskills", "display_name": "CoreSkills (Python 3)", "language": "python"}
    return {
        "cells": [
            cell(1, "value = 41", {}),
            cell(2, "assert value == 42, 'value is not 42'", {"nbgrader": {**graded, **more}}),
        ],
        "metadata": {"kernelspec": spec},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


@contextmanager
def course_service(folder: Path, *, token: str) -> Iterator[CourseService]:
    """Serve it, with its gateway, while the block runs."""
    root = folder / "course"
    (root / "release" / LAB).mkdir(parents=True)
    shutil.copy(ROOT / "course.toml", root / "course.toml")
    (root / "release" / LAB / f"{LAB}.ipynb").write_text(json.dumps(check_notebook()))
    room = Classroom(course=load_course(root), state=folder / "state")
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
