"""The class page measured: 300 learners, all labs of the course, each handed in once to four times."""

from __future__ import annotations

import asyncio
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
from coreskills.classroom.roster import Person, Roster
from coreskills.classroom.service.app import PREFIX, Service, create_app, open_exchange
from coreskills.classroom.service.identity import Caller
from coreskills.classroom.settings import Classroom
from coreskills.classroom.store.grades import Grades
from coreskills.classroom.store.tables import Base, ChecksRow, GradeLogRow, GradeRow, SubmissionRow, writing
from coreskills.course import find_course
from coreskills.gateway.keys import KeyStore
from coreskills.ledger.store import Ledger

LEARNERS = 300
REACH_MS = 300
_CHECKS = 18
_TIMED = 5
_NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PAGES = {
    "class page": "/class",
    "class page, filtered": "/class?module=M1&state=passed",
    "class page, stuck learners": "/class?stuck=1",
    "class page, one lab": "/class/labs/b1-1-first-call",
    "class page, one learner": "/class/learners/l007",
    "class page, CSV of everything": "/class.csv",
}


def measure() -> list[Figure]:
    """The process's own time for each page, the median of a few; and the first page after a new grade."""
    with tempfile.TemporaryDirectory(prefix="coreskills-bench-") as folder:
        room = Classroom(course=find_course(None), state=Path(folder))
        room.make_folders()
        fill(room, LEARNERS)
        times = asyncio.run(_ask(room))
    size = f"{LEARNERS} x {len(room.course.labs)}"
    return [
        Figure(f"{name}, {size}", ms, "ms", None, None, f"< {REACH_MS} ms", ms < REACH_MS) for name, ms in times.items()
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
            **{"state": "graded", "state_utc": _NOON, "error": ""},
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


async def _ask(room: Classroom) -> dict[str, float]:
    keys, ledger = KeyStore(room.keys_url), Ledger(room.ledger_url)
    service = Service(room, open_exchange(room), Roster(room.database_url), _Instructor(), keys, ledger, "")
    transport = httpx.ASGITransport(create_app(service))
    headers = {"Authorization": "token any"}
    async with httpx.AsyncClient(transport=transport, base_url="http://bench", headers=headers) as client:
        times = {}
        for name, path in PAGES.items():
            await _time(client, path)  # what is kept is read once
            times[name] = sorted([await _time(client, path) for _ in range(_TIMED)])[_TIMED // 2]
        Grades(room.database_url).set_manual(1, Decimal(2))
        started = time.perf_counter()  # not the process's time: the class is read again while the page is made
        (await client.get(f"{PREFIX}/class")).raise_for_status()
        times["class page, first after a change (by the clock)"] = 1000 * (time.perf_counter() - started)
    keys.close()
    ledger.close()
    return times


async def _time(client: httpx.AsyncClient, path: str) -> float:
    started = time.process_time()
    answer = await client.get(PREFIX + path)
    answer.raise_for_status()
    return 1000 * (time.process_time() - started)
