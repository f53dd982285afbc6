"""The instructor's verbs, as typed."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from coreskills.classroom.passwords import Passwords
from coreskills.classroom.roster import Person, Roster, read_roster
from coreskills.classroom.service.app import open_exchange, release_open_labs
from coreskills.classroom.settings import Classroom
from coreskills.classroom.store.grades import Grades
from coreskills.cli.main import cli
from coreskills.errors import ClassroomError
from coreskills.gateway.keys import KeyStore

LAB = "b1-1-first-call"


@pytest.fixture
def run(room: Classroom, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a verb on the classroom."""
    monkeypatch.setenv("CORESKILLS_STATE", str(room.state))
    # `main` does this for the typed command: nbgrader calls alembic by name.
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(cli, [*words, "--course", str(room.course.root)])

    return invoke


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_an_import_adds_and_changes_and_keeps_what_it_does_not_name(
    room: Classroom, run: Callable[..., Result], tmp_path: Path
) -> None:
    """A column that is missing leaves what is there; new people get a password."""
    file = write(tmp_path / "class.csv", "name,section\nada,B\nalan,A\n")
    assert json.loads(run("roster", "import", file, "--json").stdout) == {"added": 1, "changed": 1, "total": 2}
    assert Roster(room.database_url).find("ada") == Person("ada", "Ada Lovelace", section="B")
    (password,) = Passwords(room.hub).issue(["alan"]).values()
    assert Passwords(room.hub).check("alan", password)
    assert not Passwords(room.hub).check("alan", "wrong")


def test_who_is_not_in_the_file_is_out_after_a_sync(
    room: Classroom, run: Callable[..., Result], tmp_path: Path
) -> None:
    """The door is closed, the password gone, the keys of running kernels too; instructors stay."""
    Passwords(room.hub).issue(["grace"])
    keys = KeyStore(room.keys_url)
    for name in ("ada", "grace"):
        keys.mint(learner=name, lab="b1-1-first-call")
    file = write(tmp_path / "class.csv", "name\nada\n")
    done = run("roster", "sync", file, "--json")
    assert done.exception is None, done.exception
    assert json.loads(done.stdout)["retired"] == 1
    assert [person.name for person in Roster(room.database_url).people()] == ["ada", "iris"]
    assert not Passwords(room.hub).check("grace", "")
    assert [(grant.learner, grant.revoked) for grant in keys.grants()] == [("grace", True), ("ada", False)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("name\n../etc\n", "line 2", id="path-as-name"),
        pytest.param("name\nada\nADA\n", "already in line 2", id="twice"),
        pytest.param("name,role\nada,king\n", "neither learner nor instructor", id="unknown-role"),
        pytest.param("user\nada\n", "no column 'name'", id="no-name"),
    ],
)
def test_a_bad_roster_names_its_line(tmp_path: Path, text: str, says: str) -> None:
    """Nothing is imported, and the line to mend is named."""
    with pytest.raises(ClassroomError, match=says):
        read_roster(Path(write(tmp_path / "class.csv", text)))


def test_progress_and_export_show_exact_scores(
    room: Classroom, run: Callable[..., Result], make_notebook: Callable[..., bytes]
) -> None:
    """Exactly 70 % is not a pass; Canvas gets the score, an empty cell where nothing was handed in."""
    exchange, grades = open_exchange(room), Grades(room.database_url)
    release_open_labs(room, exchange)
    exchange.submit(LAB, "ada", {f"{LAB}.ipynb": make_notebook()}, state="queued")
    grades.record(1, auto=Decimal(14), manual=Decimal(0), max_points=Decimal(20))
    rows: list[dict[str, Any]] = json.loads(run("progress", "--json").stdout)
    assert {row["learner"]: row["labs"] for row in rows} == {
        "ada": {LAB: {"score": "14", "max": "20", "passed": False}},
        "grace": {},
    }
    table = list(csv.reader(io.StringIO(run("export", "--format", "canvas").stdout)))
    assert table[0][-1] == "B1.1 First API call"
    assert [row[-1] for row in table[1:]] == ["20", "14", ""]
