"""A course service on a real socket, with a course of its own; callers are told by their token."""

from __future__ import annotations

import json
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn

from coreskills.classroom.roster import Person, Roster
from coreskills.classroom.service.app import PREFIX, Service, create_app, open_exchange
from coreskills.classroom.service.identity import Caller
from coreskills.classroom.settings import Classroom
from coreskills.course import load_course
from coreskills.gateway.keys import KeyStore
from coreskills.ledger.store import Ledger

ROOT = Path(__file__).parents[2]
LAB = "b1-1-first-call"


class TokenBook:
    """The hub's part of this test: `token-NAME` is NAME's token."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster

    async def caller(self, token: str) -> Caller | None:
        person = self._roster.find(token.removeprefix("token-")) if token.startswith("token-") else None
        return None if person is None else Caller(person.name, person.role == "instructor")

    def login_url(self, state: str) -> str:
        return f"/hub/api/oauth2/authorize?state={state}"

    async def token_for(self, code: str) -> str:
        return f"token-{code}"


@dataclass(frozen=True)
class Running:
    """A service that answers at ``url``."""

    url: str
    service: Service

    @property
    def room(self) -> Classroom:
        return self.service.classroom

    @staticmethod
    def as_(name: str) -> dict[str, str]:
        return {"Authorization": f"token token-{name}"}


def notebook(*sources: str) -> bytes:
    """A lab's notebook with one graded cell, whose text differs."""
    graded = {
        "nbgrader": {"grade": True, "grade_id": "b1-t1-check", "points": 1, "solution": False, "schema_version": 3}
    }
    cells = [
        {
            "cell_type": "code",
            "id": f"c{n}",
            "metadata": graded,
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for n, source in enumerate(sources or ("pass",))
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


@pytest.fixture
def make_notebook() -> Callable[..., bytes]:
    """Makes notebooks of the lab."""
    return notebook


def make_room(folder: Path) -> Classroom:
    """A classroom with this course's catalogue, one released lab, an instructor and two learners."""
    root = folder / "course"
    (root / "release" / LAB).mkdir(parents=True)
    shutil.copy(ROOT / "course.toml", root / "course.toml")
    (root / "release" / LAB / f"{LAB}.ipynb").write_bytes(notebook())
    (root / "release" / LAB / "data.csv").write_text("a,b\n1,2\n")
    made = Classroom(course=load_course(root), state=folder / "state")
    made.make_folders()
    Roster(made.database_url).put(
        [Person("iris", role="instructor"), Person("ada", "Ada Lovelace"), Person("grace", "Grace Hopper")]
    )
    return made


@contextmanager
def serve_room(room: Classroom) -> Iterator[Running]:
    """The course service of a classroom, on a port of its own."""
    roster = Roster(room.database_url)
    service = Service(
        classroom=room,
        exchange=open_exchange(room),
        roster=roster,
        doorkeeper=TokenBook(roster),
        keys=KeyStore(room.keys_url),
        ledger=Ledger(room.ledger_url),
        gateway_url="http://127.0.0.1/gateway",
    )
    with serving(service) as url:
        yield Running(url, service)


@pytest.fixture
def serve() -> Callable[[Classroom], AbstractContextManager[Running]]:
    """Serves a classroom of the test's own making."""
    return serve_room


@pytest.fixture
def room(tmp_path: Path) -> Classroom:
    return make_room(tmp_path)


@pytest.fixture
def running(room: Classroom) -> Iterator[Running]:
    """A service of the test's own."""
    with serve_room(room) as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that the tests of a module share; nobody changes its roster."""
    with serve_room(make_room(tmp_path_factory.mktemp("shared"))) as made:
        yield made


class serving:
    """Serves in a thread while the block runs."""

    def __init__(self, service: Service) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        config = uvicorn.Config(create_app(service), log_level="warning", access_log=False, lifespan="on")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}{PREFIX}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
