"""The course service measured: a class that hands in, and the class page of 300 learners who did all labs."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import insert

from coreskills.bench import Figure
from coreskills.classroom.queue import announcer, open_queue
from coreskills.classroom.roster import Person, Roster
from coreskills.classroom.service.app import PREFIX, Service, create_app, open_exchange, release_open_labs
from coreskills.classroom.service.identity import Caller
from coreskills.classroom.settings import Classroom
from coreskills.classroom.store.bundle import pack
from coreskills.classroom.store.grades import Grades
from coreskills.classroom.store.tables import Base, ChecksRow, GradeLogRow, GradeRow, SubmissionRow, writing
from coreskills.course import find_course
from coreskills.gateway.keys import KeyStore
from coreskills.ledger.store import Ledger

LEARNERS = 300
REACH_MS = 300
HAND_IN_REACH_MS = 50  # a hundred learners within ten seconds, on half of one processor
_LAB = "b1-1-first-call"
_CHECKS = 18
_TIMED = 5
_NOON = datetime(2024, 9, 2, 12, tzinfo=UTC)
PAGES = {
    "class page": "/class",
    "class page, filtered": "/class?module=M1&state=passed",
    "class page, stuck learners": "/class?stuck=1",
    "class page, one lab": "/class/labs/b1-1-first-call",
    "class page, one learner": "/class/learners/l007",
    "class page, CSV of everything": "/class.csv",
}


def measure() -> list[Figure]:
    """The process's own time: for a submission, for each page, and for the first page after new grades."""
    with tempfile.TemporaryDirectory(prefix="coreskills-bench-") as folder:
        room = Classroom(course=find_course(None), state=Path(folder))
        room.make_folders()
        fill(room, LEARNERS)
        hand_in_ms, times = asyncio.run(_ask(room))
    size = f"{LEARNERS} x {len(room.course.labs)}"
    reached = hand_in_ms < HAND_IN_REACH_MS
    return [
        Figure("one submission of a rush", hand_in_ms, "ms", None, None, f"< {HAND_IN_REACH_MS} ms", reached),
        *(
            Figure(f"{name}, {size}", ms, "ms", None, None, f"< {REACH_MS} ms", ms < REACH_MS)
            for name, ms in times.items()
        ),
    ]


def fill(room: Classroom, learners: int) -> None:
    """A class that handed in every lab: two in seven checks never pass, and every fourth learner tried four times."""
    Roster(room.database_url).put(
        Person(f"l{n:03}", f"Learner Number{n}", section="AB"[n % 2]) for n in range(learners)
    )
    rows: Mapping[type[Base], list[dict[str, Any]]] = {
        table: [] for table in (SubmissionRow, GradeRow, ChecksRow, GradeLogRow)
    }
    for lab in room.course.labs:
        checks = [_check(f"{lab.id}-t{n}", is_passed=n % 7 not in (0, 3)) for n in range(_CHECKS)]
        for n in range(learners):
            for attempt in range(1, 2 + n % 4):
                _hand_in(rows, lab.id, f"l{n:03}", attempt, checks)
    with writing(room.database_url) as session:
        for table, values in rows.items():
            session.execute(insert(table), values)


def _check(number: str, *, is_passed: bool) -> dict[str, Any]:
    status, message = ("passed", "") if is_passed else ("failed", "Not what was asked.")
    return {"id": number, "title": number, "points": int(is_passed), "max": 1, "status": status, "message": message}


def _hand_in(
    rows: Mapping[type[Base], list[dict[str, Any]]],
    lab: str,
    learner: str,
    attempt: int,
    checks: list[dict[str, Any]],
) -> None:
    number = len(rows[SubmissionRow]) + 1
    points = {"auto": Decimal(attempt * 4), "manual": Decimal(1), "max": Decimal(20), "graded_utc": _NOON}
    failed = " ".join(each["id"] for each in checks if each["status"] == "failed")
    rows[SubmissionRow].append(
        {
            **{"id": number, "lab": lab, "learner": learner, "attempt": attempt, "sha256": "0" * 64, "n_bytes": 1},
            **{"received_utc": _NOON + timedelta(seconds=number), "is_late": number % 20 == 0},
            **{"state": "graded", "state_utc": _NOON + timedelta(seconds=number + 9), "error": ""},
        }
    )
    rows[GradeRow].append({"submission_id": number, "misses": 0, **points})
    rows[GradeLogRow].append({"submission_id": number, **points})
    rows[ChecksRow].append({"submission_id": number, "failed": failed, "checks": checks})


class _Instructor:
    """Everybody who asks teaches here."""

    async def caller(self, token: str) -> Caller:
        return Caller("iris", is_instructor=True)

    def login_url(self, state: str) -> str:
        return f"/login?state={state}"

    async def token_for(self, code: str) -> str:
        return code


async def _ask(room: Classroom) -> tuple[float, dict[str, float]]:
    keys, ledger = KeyStore(room.keys_url), Ledger(room.ledger_url)
    exchange, wake = open_exchange(room), announcer(open_queue(room))
    service = Service(room, exchange, Roster(room.database_url), _Instructor(), keys, ledger, "", wake_grader=wake)
    release_open_labs(room, exchange)
    transport = httpx.ASGITransport(create_app(service))
    headers = {"Authorization": "token any"}
    async with httpx.AsyncClient(transport=transport, base_url="http://bench", headers=headers) as client:
        hand_in_ms = await _rush(client, room)
        times = {}
        for name, path in PAGES.items():
            await _time(client, path)  # what is kept is read once
            times[name] = sorted([await _time(client, path) for _ in range(_TIMED)])[_TIMED // 2]
        times["class page, first after new grades"] = sorted(
            [await _time_after_a_grade(client, room, n) for n in range(1, 6)]
        )[2]
    keys.close()
    ledger.close()
    return hand_in_ms, times


async def _rush(client: httpx.AsyncClient, room: Classroom) -> float:
    """A hundred different submissions, sixteen at a time; each of them new to the store."""
    notebook = json.loads((room.course.root / "release" / _LAB / f"{_LAB}.ipynb").read_text(encoding="utf-8"))
    bodies = []
    for number in range(100):
        notebook["metadata"]["number"] = number
        bodies.append(pack({f"{_LAB}.ipynb": json.dumps(notebook).encode()}))
    at_once = asyncio.Semaphore(16)

    async def hand_in(body: bytes) -> None:
        async with at_once:
            (await client.post(f"{PREFIX}/api/labs/{_LAB}/submissions", content=body)).raise_for_status()

    started = time.process_time()
    await asyncio.gather(*map(hand_in, bodies))
    return 1000 * (time.process_time() - started) / len(bodies)


async def _time_after_a_grade(client: httpx.AsyncClient, room: Classroom, number: int) -> float:
    Grades(room.database_url).record(number, auto=Decimal(3), max_points=Decimal(20), checks=[])
    return await _time(client, "/class")


async def _time(client: httpx.AsyncClient, path: str) -> float:
    started = time.process_time()
    answer = await client.get(PREFIX + path)
    answer.raise_for_status()
    return 1000 * (time.process_time() - started)
