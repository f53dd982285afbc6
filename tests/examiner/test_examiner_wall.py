"""Test cells behave over the wall as in one process: each section below is a check of one submission."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from coreskills.examiner.client import ExaminerProcess
from coreskills.examiner.job import CellScore, Job

HERE = Path(__file__).parent
SECTIONS = re.split(r"^# %% (.*)$", (HERE / "wall_checks.py").read_text(), flags=re.MULTILINE)[1:]
CHECKS = dict(zip(SECTIONS[::2], SECTIONS[1::2], strict=True))
LEARNER = (HERE / "wall_learner.py").read_text()


def code_cell(name: str, source: str, *, test: bool) -> dict[str, Any]:
    marks = {"grade_id": name, "grade": test, "solution": not test, "locked": test, "points": 1}
    meta = {"nbgrader": marks}
    return {"cell_type": "code", "id": name, "metadata": meta, "source": source, "outputs": [], "execution_count": None}


def examine(examiner: ExaminerProcess, checks: dict[str, str], learner: str = LEARNER) -> dict[str, CellScore]:
    cells = [code_cell("code", learner, test=False), *(code_cell(n, s, test=True) for n, s in checks.items())]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    job = Job("wall", "ann", "lab", notebook, dict.fromkeys(checks, 1.0), cell_timeout_s=20)
    return {cell.grade_id: cell for cell in examiner.examine(job).cells}


@pytest.fixture(scope="module")
def scores(one_examiner: ExaminerProcess) -> dict[str, CellScore]:
    return examine(one_examiner, CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_check_means_the_same_as_in_one_process(name: str, scores: dict[str, CellScore]) -> None:
    """An honest answer passes a check written in plain Python."""
    assert (scores[name].status, scores[name].message) == ("passed", "")


def test_checks_pass_in_one_process(tmp_path: Path) -> None:
    """The same texts pass in one plain IPython: the wall is held against the real thing, not against itself."""
    cells = [LEARNER, *(source for name, source in CHECKS.items() if "wall only" not in name)]
    (tmp_path / "cells.json").write_text(json.dumps(cells))
    program = (
        "import json, sys\nfrom IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "for source in json.load(open('cells.json')):\n    shell.run_cell(source).raise_error()\n"
    )
    environment = {**os.environ, "MPLBACKEND": "agg"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def test_values_that_cannot_cross_say_what_to_write(one_examiner: ExaminerProcess) -> None:
    """Lending an open database to learner code would let it run commands here: the error names what to pass instead."""
    score = examine(one_examiner, {"database": "import sqlite3\napply(print, sqlite3.connect(':memory:'))"})["database"]
    assert score.status == "failed"
    assert "sqlite3.Connection cannot be passed to learner code" in score.message
    assert "Pass plain data, a path, or a function" in score.message


def test_partial_credit_is_a_plain_finite_number_in_range(one_examiner: ExaminerProcess) -> None:
    """0.5 of 1 is half; nan, numpy's floats, -1 and 1.01 earn nothing and tell the instructor why."""
    checks = {
        "half": "0.5", "text": "'0.5'", "nothing": "None", "true": "True", "whole": "1",
        "nan": "float('nan')", "numpy": "import numpy as np\nnp.float64(0.5)", "below": "-1", "above": "1.01",
    }  # fmt: skip
    scores = examine(one_examiner, checks)
    points = {name: score.points for name, score in scores.items()}
    full = dict.fromkeys(("text", "nothing", "true", "whole"), 1.0)
    assert points == {"half": 0.5, **full, **dict.fromkeys(("nan", "numpy", "below", "above"), 0.0)}
    assert "not within 0 and 1 points" in scores["above"].note


def test_stderr_warnings_and_logs_cost_nothing(one_examiner: ExaminerProcess) -> None:
    """Text on stderr is kept for feedback and never changes a score."""
    learner = (
        "import sys, warnings, logging\ndef noisy():\n    print('err', file=sys.stderr)\n"
        "    warnings.warn('w')\n    logging.error('l')\n    return 1\n"
    )
    check = "import sys\nprint('x', file=sys.stderr)\nassert noisy() == 1"
    assert examine(one_examiner, {"noisy": check}, learner)["noisy"].points == 1


def test_a_failed_unittest_run_fails_its_check(one_examiner: ExaminerProcess) -> None:
    """unittest only prints its failures: a check that does not look at the result fails all the same."""
    check = (
        "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): self.assertEqual(ident(1), 2)\n"
        "unittest.main(argv=['x', 'T'], exit=False)"
    )
    assert examine(one_examiner, {"unittest": check})["unittest"].message == "unittest: 1 failed, 0 errors of 1"


def test_the_instructor_s_tools_are_the_instructor_s(one_examiner: ExaminerProcess) -> None:
    """Names that locked cells import are not the learner's to rebind."""
    learner = (
        "class np:\n    class testing:\n        @staticmethod\n        def assert_allclose(*a): pass\n"
        "def same(a, b): pass\nvalue = 2"
    )
    cells = [code_cell("code", learner, test=False)]
    checks = {"numpy": "np.testing.assert_allclose(value, 1)", "own": "same(value, 1)"}
    cells += [code_cell(name, source, test=True) for name, source in checks.items()]
    tools = ("import numpy as np\n\ndef same(a, b):\n    assert a == b, 'not the same'",)
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    job = Job("tools", "ann", "lab", json.loads(json.dumps(notebook)), dict.fromkeys(checks, 1.0), tools=tools)
    assert [cell.points for cell in one_examiner.examine(job).cells] == [0, 0]
