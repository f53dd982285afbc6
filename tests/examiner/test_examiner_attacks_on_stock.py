"""The same attacks on stock nbgrader, side by side: what the examiner is for."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coreskills.examiner.client import ExaminerProcess

_spec = importlib.util.spec_from_file_location("attack_suite", Path(__file__).parent / "test_examiner_attacks.py")
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


def learner_of(attack: Any) -> str:
    """A name for the attacker; whoever edits the gradebook comes last, or all after them would be graded by it."""
    last = "zz-" if "gradebook" in attack.name and attack.family == "forge" else ""
    return last + re.sub(r"\W+", "-", attack.name)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_attacks_side_by_side(
    new_course: Callable[..., Any], one_examiner: ExaminerProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    """Stock nbgrader loses points or secrets to some of them; the examiner to none. Prints both columns."""
    course = new_course(released(suite.notebook(""), suite.ANSWER))
    attacks = [attack for attack in suite.ATTACKS if attack.is_bounded]
    for attack in attacks:
        name = learner_of(attack)
        course.hand_in(name, course.answers(t1_code=suite.fill_in(attack.text, course.root)))
    course.write_config(examined=False)
    course.nbgrader("autograde", course.lab, "--create", check=False)
    stock, lines = course.scores(), []
    fooled = 0
    for attack in attacks:
        name = learner_of(attack)
        ours = suite.points(one_examiner.examine(suite.job(attack.name, suite.fill_in(attack.text, course.root))))
        path = course.root / "autograded" / name / course.lab / f"{course.lab}.ipynb"
        cells = json.loads(path.read_text())["cells"] if path.exists() else []
        shown = json.dumps([o for c in cells for o in c.get("outputs", []) if o["output_type"] != "error"])
        theirs = {cell: score or 0.0 for cell, (score, _) in stock.get(name, {}).items()}
        gained = sum(theirs.get(cell, 0.0) for cell in ("t1-hidden", "t1b-hidden", "t1c-hidden"))
        fooled += gained > 0 or suite.MARKER in shown
        verdict = f"{gained:g} points, {'secrets shown' if suite.MARKER in shown else 'no secret'}"
        own = sum(ours[cell] for cell in ("t1-hidden", "t1b-hidden", "t1c-hidden"))
        lines.append(f"{attack.family + ': ' + attack.name:60} | {verdict:28} | {own:g} points")
        assert own == 0
    with capsys.disabled():
        print(f"\n{'attack':60} | {'stock nbgrader 0.9.6':28} | examiner", *lines, sep="\n")
    assert fooled > 0, "stock nbgrader withstood all of them: this suite would prove nothing"
