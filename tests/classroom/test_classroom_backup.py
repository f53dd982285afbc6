"""A backup taken while the classroom works brings everything back that was there when it began."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from coreskills.classroom.backup import back_up
from coreskills.classroom.gradebook import know_lab, read_standings
from coreskills.classroom.restore import damaged, restore
from coreskills.classroom.roster import Roster
from coreskills.classroom.service.app import open_exchange, release_open_labs
from coreskills.classroom.settings import Classroom, Run
from coreskills.classroom.store.bundle import read_folder
from coreskills.classroom.store.exchange import Receipt
from coreskills.classroom.store.grades import Grades
from coreskills.course import load_course
from coreskills.errors import ClassroomError
from coreskills.ledger.store import Ledger

ROOT = Path(__file__).parents[2]
LAB = "b1-1-first-call"
BEFORE = 5
# A classroom at work, until it is killed: each learner calls a model, hands in, is graded, and is judged by a person.
WORK = """
import itertools, json, sys
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from coreskills.classroom.roster import Person, Roster
from coreskills.classroom.service.app import open_exchange
from coreskills.classroom.settings import Classroom
from coreskills.classroom.store.grades import Grades
from coreskills.course import load_course
from coreskills.examiner.gradebook import GradebookFile, Saved
from coreskills.ledger.call import Call
from coreskills.ledger.store import Ledger
root, state, lab_id = sys.argv[1:]
room = Classroom(course=load_course(Path(root)), state=Path(state))
exchange, grades, ledger = open_exchange(room), Grades(room.database_url), Ledger(room.ledger_url)
book = GradebookFile(room.gradebook_url)
lab = book.released(lab_id)
(notebook,) = lab.notebooks.values()
scores = {name: points for name, points in notebook.points.items()}
for number in itertools.count():
    name, now = f"learner{number}", datetime.now(UTC)
    Roster(room.database_url).put([Person(name)])
    ledger.add(Call(learner=name, lab=lab_id, provider="anthropic", endpoint="messages", status=200, time_utc=now,
                    cost_usd=Decimal("0.01")))
    receipt = exchange.submit(lab_id, name, {f"{lab_id}.ipynb": name.encode()}, state="queued")
    book.save(lab, name, now, [Saved(notebook.name, scores, {})])
    grades.record(exchange.submissions(learner=name)[0].id, auto=Decimal(18), manual=Decimal(2), max_points=Decimal(20))
    (room.homes / name).mkdir()
    (room.homes / name / "notes.txt").write_text(name)
    print(json.dumps(asdict(receipt)), flush=True)
"""


@pytest.mark.slow
def test_after_a_total_loss_nothing_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Backed up at work, killed, deleted, restored: receipts, grades, gradebook, ledger, homes, secrets, roster."""
    # nbgrader calls alembic by name, which lies beside this Python.
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    room = Classroom(course=load_course(ROOT), state=tmp_path / "state")
    release_open_labs(room, open_exchange(room))
    know_lab(room, LAB)
    most = sum(
        Decimal(str(cell["metadata"]["nbgrader"].get("points") or 0))
        for cell in json.loads((ROOT / "release" / LAB / f"{LAB}.ipynb").read_text())["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade")
    )
    work = subprocess.Popen(
        [sys.executable, "-c", WORK, str(ROOT), str(room.state), LAB], stdout=subprocess.PIPE, text=True
    )
    assert work.stdout is not None
    try:
        receipts = [Receipt(**json.loads(work.stdout.readline())) for _ in range(BEFORE)]
        contents = back_up(room, tmp_path / "backup.tar.gz")
        assert work.poll() is None
    finally:
        work.send_signal(signal.SIGKILL)
        work.wait()
        work.stdout.close()
    assert (tmp_path / "backup.tar.gz").stat().st_mode & 0o777 == 0o600
    shutil.rmtree(room.state)
    new = Classroom(course=room.course, state=tmp_path / "elsewhere" / "state")
    assert restore(new, tmp_path / "backup.tar.gz") == contents

    exchange, grades, ledger = open_exchange(new), Grades(new.database_url), Ledger(new.ledger_url)
    names = [receipt.learner for receipt in receipts]
    assert all(exchange.check(receipt) for receipt in receipts)
    assert damaged(new)[1] == []
    assert {person.name for person in Roster(new.database_url).people()} >= set(names)
    graded = {each.learner: each.grade.points for each in grades.attempts() if each.grade is not None}
    assert {name: graded[name] for name in names} == dict.fromkeys(names, Decimal(20))
    standings = read_standings(new.gradebook_url, LAB)
    assert {name: standings[name].auto + (standings[name].manual or 0) for name in names} == dict.fromkeys(names, most)
    assert {call.learner for call in ledger.calls()} >= set(names)
    assert [(new.homes / name / "notes.txt").read_text() for name in names] == names
    ledger.close()


def worked_in(room: Classroom) -> Classroom:
    exchange = open_exchange(room)
    release_open_labs(room, exchange)
    exchange.submit(LAB, "ada", {f"{LAB}.ipynb": b"mine"}, state="queued")
    return room


def test_a_classroom_and_a_backup_that_are_there_are_not_overwritten(room: Classroom, tmp_path: Path) -> None:
    """Neither a restore nor a second backup changes anything unasked."""
    saved = tmp_path / "backup.tar.gz"
    back_up(worked_in(room), saved)
    open_exchange(room).submit(LAB, "grace", {f"{LAB}.ipynb": b"hers"}, state="queued")
    before = read_folder(room.state / "exchange" / "blobs")
    with pytest.raises(ClassroomError, match=r"There is a classroom already: .*classroom\.sqlite"):
        restore(room, saved)
    assert read_folder(room.state / "exchange" / "blobs") == before
    with pytest.raises(ClassroomError, match="exists already"):
        back_up(room, saved)


def test_a_restore_by_force_keeps_what_was_there(room: Classroom, tmp_path: Path) -> None:
    """The restored classroom has the backup's submissions, the former one lies in folders beside it."""
    saved = tmp_path / "backup.tar.gz"
    back_up(worked_in(room), saved)
    other = Classroom(course=room.course, state=tmp_path / "other")
    open_exchange(other)
    (other.hub / "receipts.secret").write_text("another secret")
    restore(other, saved, force=True)
    assert [row.learner for row in open_exchange(other).submissions()] == ["ada"]
    assert damaged(other) == (1, [])
    (aside,) = other.state.glob("hub.before-restore-*")
    assert (aside / "receipts.secret").read_text() == "another secret"
    assert other.secret("receipts") == room.secret("receipts")


def test_what_cannot_be_restored_changes_nothing(room: Classroom, tmp_path: Path) -> None:
    """A cut-off file, no file, another course's file, a classroom that runs: each is said, and nothing is touched."""
    saved, cut = tmp_path / "backup.tar.gz", tmp_path / "cut.tar.gz"
    back_up(worked_in(room), saved)
    cut.write_bytes(saved.read_bytes()[: saved.stat().st_size // 2])
    new = Classroom(course=room.course, state=tmp_path / "new")
    with pytest.raises(ClassroomError, match="no whole backup"):
        restore(new, cut)
    with pytest.raises(ClassroomError, match="There is no backup"):
        restore(new, tmp_path / "missing.tar.gz")
    foreign = room.course.model_copy(update={"course": room.course.course.model_copy(update={"id": "another"})})
    with pytest.raises(ClassroomError, match="is a backup of the course"):
        restore(Classroom(course=foreign, state=new.state), saved)
    assert list(new.state.iterdir()) == []
    with socket.socket() as service:
        service.bind(("127.0.0.1", 0))
        service.listen()
        run = Run(str(room.course.root), str(room.state), 0, 0, 0, service.getsockname()[1], (), is_walled=True)
        run.save(room.hub / "run.json")
        with pytest.raises(ClassroomError, match="is running"):
            restore(room, saved, force=True)
