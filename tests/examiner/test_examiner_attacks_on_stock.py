"""The same attacks on stock nbgrader, side by side: what the examiner is for."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coreskills.examiner.client import ExaminerProcess

HERE = Path(__file__).parent
TESTS = ("t1-hidden", "t1b-hidden", "t1c-hidden")
# These speak to our own channel or call our own modules: stock nbgrader has no such thing to attack.
OURS_ONLY = ("on the wire", "an encoder that lies", "objects never lent")

_spec = importlib.util.spec_from_file_location("attack_suite", HERE / "test_examiner_attacks.py")
assert _spec is not None
assert _spec.loader is not None
suite = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = suite  # dataclasses look their module up by name
_spec.loader.exec_module(suite)


def released(notebook: dict[str, Any], text: str) -> list[dict[str, Any]]:
    """The attack lab as an nbgrader source: ``text`` becomes the solution of its first task."""
    cells = json.loads(json.dumps(notebook["cells"]))
    for cell in cells:
        if cell["metadata"]["nbgrader"]["solution"]:
            cell["metadata"]["nbgrader"].pop("points", None)
            body = text if cell["id"] == "t1-code" else cell["source"]
            cell["source"] = f"### BEGIN SOLUTION\n{body}\n### END SOLUTION"
    return list(cells)


def furnish(course: Any) -> None:
    """Put what attackers want into the course, the attacker's hand-in, and an honest one that is graded after it."""
    for name in ("cassettes/lab/lab.json", "submitted/other/lab/lab.ipynb", "secrets/answer.txt"):
        (course.root / name).parent.mkdir(parents=True, exist_ok=True)
        (course.root / name).write_text("42" if "answer" in name else f'{{"{suite.MARKER}": "{name}"}}')
    for learner in ("eve", "zoe"):
        course.hand_in(learner, course.answers(t1_code=suite.ANSWER))
    course.write_config(examined=False)
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write("c.ExecutePreprocessor.timeout = 8\n")


def on_stock(course: Any, attacks: list[Any]) -> dict[str, dict[str, Any]]:
    """Grade each attack by stock nbgrader, in a room of its own."""
    texts = [{"name": attack.name, "text": suite.fill_in(attack.text, course.root)} for attack in attacks]
    with tempfile.TemporaryDirectory(dir="/var/tmp") as base:  # the room has a /tmp of its own
        command = [sys.executable, str(HERE / "stock_room.py"), str(course.root), base]
        done = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return {row["name"]: row for row in map(json.loads, done.stdout.splitlines())}


def verdict_on_stock(row: dict[str, Any]) -> list[str]:
    """What the attack reached, in words; empty when nothing."""
    mine, next_one = row["scores"].get("eve", {}), row["scores"].get("zoe", {})
    gained = sum(mine.get(name, 0.0) for name in TESTS)
    words = [f"{gained:g} of 3 points"] if gained else []
    words += ["secret or way out"] if suite.MARKER in row["shown"] else []
    words += ["honest cell lost"] if mine.get("t2-hidden", 0.0) < 1 else []
    words += ["next hand-in lost"] if sum(next_one.values()) < 4 else []
    words += ["grader's files changed"] if row["changed"] else []
    return words + ([row["ended"]] if row["ended"] else [])


@pytest.mark.full
@pytest.mark.timeout(7200)
@pytest.mark.skipif(os.getuid() != 0, reason="only root can make a room that these attacks cannot leave")
def test_attacks_side_by_side(
    new_course: Callable[..., Any],
    one_examiner: ExaminerProcess,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Stock nbgrader loses points, secrets or other hand-ins to many; the examiner to none. Prints both columns."""
    course = new_course(released(suite.notebook(""), suite.ANSWER))
    furnish(course)
    attacks = [attack for attack in suite.ATTACKS if not any(words in attack.name for words in OURS_ONLY)]
    honest = suite.Attack("none", "an honest answer", suite.ANSWER, True, False)
    stock = on_stock(course, [honest, *attacks])
    assert verdict_on_stock(stock[honest.name]) == ["3 of 3 points"], stock[honest.name]["log"]
    lines, fooled = [], 0
    for attack in attacks:
        examination = one_examiner.examine(suite.job(attack.name, suite.fill_in(attack.text, course.root)))
        ours = suite.points(examination)
        own = sum(ours[name] for name in TESTS)
        assert own == 0
        assert suite.MARKER not in suite.shown_by_learner_code(examination)
        words = verdict_on_stock(stock[attack.name])
        fooled += bool(words)
        kept = "own cells only" if ours["t2-hidden"] < 1 else "nothing"
        lines.append(f"{attack.family + ': ' + attack.name:52} | {', '.join(words) or 'nothing':62} | {kept}")
    with capsys.disabled():
        print(f"\n{'attack':52} | {'stock nbgrader 0.9.6 loses':62} | the examiner loses", *lines, sep="\n")
        print(f"{fooled} of {len(attacks)} reach something in stock nbgrader, 0 in the examiner.")
    assert len(attacks) >= 60
    assert fooled > len(attacks) // 4, "stock nbgrader withstood most of them: this suite would prove little"
