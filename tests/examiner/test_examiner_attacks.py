"""Hand-ins that attack the examiner instead of answering: none gains a point or a secret, none harms another."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from coreskills.errors import GradingError
from coreskills.examiner.client import ExaminerProcess
from coreskills.examiner.job import Examination, GatewayTerms, Job
from coreskills_widgets.candidate.sandbox import Limits

MARKER = "XYZZY"
ATTACKS_FILE = Path(__file__).parent / "attacks.py"
HONEST = "def double(n):\n    return 2 * n\n"
ANSWER = (
    "def squares(n):\n    return [i * i for i in range(1, n + 1)]\n\n"
    "def total(n):\n    return sum(squares(n))\n\ndef apply(fn, value):\n    return fn(value)\n"
    "import os\nos.makedirs('out', exist_ok=True)\nopen('out/answer.txt', 'w').write('42')\n"
)
HIDDEN = f"""### BEGIN HIDDEN TESTS
import numpy as np
import pytest

secret = "{MARKER}-expected"
expected = [1, 4, 9, 16, 25, 36, 49]
assert squares(7) == expected, "squares(7) is not right"
np.testing.assert_allclose(squares(4), [1, 4, 9, 16])
assert abs(total(5) - 55) < 1e-9, "total(5) is not right"
with pytest.raises(TypeError):
    squares("seven")
### END HIDDEN TESTS"""
DOUBLE = f"""### BEGIN HIDDEN TESTS
secret = "{MARKER}-double"

def fn(value):
    return value + len(secret)

assert apply(fn, 1) == 1 + len(secret) and total(3) == 14, "apply calls fn"
### END HIDDEN TESTS"""
FILES = """### BEGIN HIDDEN TESTS
import zipfile
from pathlib import Path

path = Path("out/answer.zip")
if path.exists():
    with zipfile.ZipFile(path) as archive:
        text = archive.read("answer.txt").decode()
else:
    text = Path("out/answer.txt").read_text()
assert text == "42" and len(squares(2)) == 2, f"out/answer.txt holds {text[:30]!r}"
### END HIDDEN TESTS"""


@dataclass(frozen=True)
class Attack:
    """One section of attacks.py."""

    family: str
    name: str
    text: str
    is_bounded: bool
    breaks_own_cells: bool


def read_attacks() -> list[Attack]:
    """Split the file at its headings."""
    parts = re.split(r"^# %% (\w+): (.*)$", ATTACKS_FILE.read_text(), flags=re.MULTILINE)[1:]
    return [
        Attack(family, heading.partition(" | ")[0], text.strip() + "\n", "| bounded" in heading, "| own" in heading)
        for family, heading, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    ]


ATTACKS = read_attacks()


def cell(name: str, source: str, *, test: bool) -> dict[str, Any]:
    """One code cell as nbgrader marks it."""
    marks = {"grade_id": name, "grade": test, "solution": not test, "task": False, "locked": test, "schema_version": 3}
    if test:
        marks["points"] = 1
    meta = {"nbgrader": marks}
    return {"cell_type": "code", "id": name, "metadata": meta, "source": source, "outputs": [], "execution_count": None}


def notebook(text: str) -> dict[str, Any]:
    """The lab, with ``text`` handed in for its first task and an honest answer for its second."""
    cells = [
        cell("t1-code", text, test=False),
        cell("t1-hidden", HIDDEN, test=True),
        cell("t1b-hidden", DOUBLE, test=True),
        cell("t1c-hidden", FILES, test=True),
        cell("t2-code", HONEST, test=False),
        cell("t2-hidden", "assert double(21) == 42, 'double(21) is 42'", test=True),
    ]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}


@pytest.fixture(scope="module")
def grader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course folder full of what attackers want."""
    root = tmp_path_factory.mktemp("course")
    for name in ("gradebook.db", "source/lab/lab.ipynb", "cassettes/lab/lab.json", "submitted/other/lab/lab.ipynb"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f'{{"{MARKER}": "{name}"}}')
    (root / "secrets").mkdir()
    (root / "secrets/answer.txt").write_text("42")
    root.chmod(0o777)
    return root


@pytest.fixture(scope="module")
def examiner() -> Iterator[ExaminerProcess]:
    """One examiner for all attacks: each must leave it fit for the next."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_TOKEN", f"{MARKER}-environment")
        with ExaminerProcess(workers=1) as process:
            process.wait()
            yield process


def job(name: str, text: str) -> Job:
    limits = Limits(memory_mb=1024, disk_mb=64, processes=64)
    tests = {"t1-hidden": 1.0, "t1b-hidden": 1.0, "t1c-hidden": 1.0, "t2-hidden": 1.0}
    gateway = GatewayTerms(backend="offline")
    return Job(
        name, "eve", "lab", notebook(text), tests, gateway=gateway, cell_timeout_s=4.0, timeout_s=90, limits=limits
    )


def fill_in(text: str, grader: Path) -> str:
    """Give the attacker the grader's paths."""
    places = {
        "COURSE": grader,
        "GRADEBOOK": grader / "gradebook.db",
        "CASSETTE": grader / "cassettes/lab/lab.json",
        "OTHER": grader / "submitted/other/lab/lab.ipynb",
        "SECRET_FILE": grader / "secrets/answer.txt",
    }
    for name, path in places.items():
        text = text.replace(f"@@{name}@@", str(path))
    return text


def points(examination: Examination) -> dict[str, float]:
    return {score.grade_id: score.points for score in examination.cells}


def shown_by_learner_code(examination: Examination) -> str:
    """Everything that learner code could make visible: outputs without the checks' own error texts."""
    rows = [o for c in examination.notebook["cells"] for o in c.get("outputs", []) if o["output_type"] != "error"]
    return json.dumps(rows)


def test_there_are_at_least_sixty_attacks() -> None:
    """The suite is as large as promised, and every family is in it."""
    assert len(ATTACKS) >= 60
    assert {attack.family for attack in ATTACKS} == {"read", "forge", "escape", "exhaust"}


def test_the_honest_answer_earns_all(examiner: ExaminerProcess) -> None:
    """The lab that attackers get can be solved: their zeros mean something."""
    assert points(examiner.examine(job("honest", ANSWER))) == dict.fromkeys(job("x", "").tests, 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS, ids=[f"{a.family}: {a.name}" for a in ATTACKS])
def test_attack_gains_nothing(attack: Attack, examiner: ExaminerProcess, grader: Path) -> None:
    """No point, no secret, and the honest cell after it still earns its point."""
    before = {path: path.read_bytes() for path in grader.rglob("*") if path.is_file()}
    examination = examiner.examine(job(attack.name, fill_in(attack.text, grader)))
    earned = points(examination)
    assert earned["t1-hidden"] == earned["t1b-hidden"] == earned["t1c-hidden"] == 0, "it gained points"
    assert MARKER not in shown_by_learner_code(examination), "it showed a secret"
    assert earned["t2-hidden"] == 1 or attack.breaks_own_cells, "it harmed another cell"
    assert {path: path.read_bytes() for path in grader.rglob("*") if path.is_file()} == before, (
        "it wrote to the grader's files"
    )


def test_an_examiner_that_was_attacked_still_grades(examiner: ExaminerProcess) -> None:
    """A fork bomb in one submission leaves the next one its full score."""
    bomb = next(attack for attack in ATTACKS if attack.name == "forks")
    examiner.examine(job("bomb", bomb.text))
    assert points(examiner.examine(job("after", ANSWER)))["t1-hidden"] == 1


def test_a_hand_in_that_is_too_large_is_an_error_not_a_zero(examiner: ExaminerProcess, tmp_path: Path) -> None:
    """Files that do not fit stop this submission with a message; no score is made up."""
    (tmp_path / "huge.bin").write_bytes(b"x" * 70_000_000)
    with pytest.raises(GradingError, match="do not fit"):
        examiner.examine(
            Job("big", "eve", "lab", notebook(ANSWER), {"t1-hidden": 1.0}, str(tmp_path), limits=Limits(disk_mb=64))
        )
