"""Grading a class: the examiner beside stock nbgrader, on the same hand-ins in the same run."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from coreskills.bench import Figure
from coreskills.examiner.client import ExaminerProcess
from coreskills.examiner.job import Job

LAB = "class-of-40"
SIZES = {"reference": 16, "toy": 12, "empty": 8, "slow": 4}
WORKERS = 2
REACH_RATIO, REACH_OVERHEAD_MS, REACH_CALLS = 30.0, 60.0, 5000.0
IMPORTS = "import anthropic\nimport faiss\nimport numpy as np\nimport openai\nimport pandas as pd"
SOLUTIONS = {
    "index-code": """\
def nearest(vectors, query):
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return int(index.search(query[None], 1)[1][0][0])""",
    "table-code": """\
def totals(rows):
    return pd.DataFrame(rows).groupby('model').cost.sum().to_dict()""",
}
CHECKS = {
    "index-check": """\
eye = np.eye(4, dtype='float32')
assert nearest(eye, eye[2]) == 2, 'the nearest row is 2'""",
    "table-check": """\
rows = [{'model': 'a', 'cost': 1}, {'model': 'a', 'cost': 2}, {'model': 'b', 'cost': 5}]
assert totals(rows) == {'a': 3, 'b': 5}, f'totals are 3 and 5, not {totals(rows)}'""",
}
TOY = {"index-code": "def nearest(vectors, query):\n    return 2", "table-code": "def totals(rows):\n    return {}"}
NBGRADER_CONFIG = """c = get_config()
c.CourseDirectory.course_id = "bench"
c.ClearSolutions.code_stub = {"python": "pass"}
"""


def measure() -> list[Figure]:
    """Grade the class both ways; some five minutes, nearly all of them nbgrader's."""
    with tempfile.TemporaryDirectory(prefix="bench-grade-") as folder:
        root = Path(folder)
        _make_course(root)
        ours_s = _ours(root)
        ours = _scores(root)
        stock_s = _stock(root)
        if _scores(root) != ours:
            raise AssertionError("the two gradebooks differ: the figures would compare unequal work")
    overhead_ms, calls = _single()
    ratio = stock_s / ours_s
    name = f"grading a class of {sum(SIZES.values())}, {WORKERS} workers, gradebook written"
    return [
        Figure(name, ours_s, "s", stock_s, ratio, f"at least {REACH_RATIO:g} times sooner", ratio >= REACH_RATIO),
        Figure(
            "examiner's own time for a notebook, median", overhead_ms, "ms", None, None,
            f"at most {REACH_OVERHEAD_MS:g} ms", overhead_ms <= REACH_OVERHEAD_MS,
        ),
        Figure(
            "test calls into the candidate and back", calls, "calls/s", None, None, f"at least {REACH_CALLS:g}",
            calls >= REACH_CALLS,
        ),
    ]  # fmt: skip


def _cell(name: str, source: str, *, points: int | None, solution: bool) -> dict[str, Any]:
    marks: dict[str, Any] = {"grade_id": name, "schema_version": 3, "grade": points is not None, "solution": solution}
    marks |= {"locked": not solution, "task": False} | ({} if points is None else {"points": points})
    meta = {"nbgrader": marks}
    return {"cell_type": "code", "id": name, "metadata": meta, "source": source, "outputs": [], "execution_count": None}


def _notebook(answers: dict[str, str]) -> dict[str, Any]:
    cells = [_cell("imports", IMPORTS, points=None, solution=False)]
    for (name, answer), (check, test) in zip(answers.items(), CHECKS.items(), strict=True):
        cells += [_cell(name, answer, points=None, solution=True), _cell(check, test, points=2, solution=False)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}


def _marked(answer: str) -> str:
    """Put nbgrader's solution marks around a function's body."""
    head, _, body = answer.partition("\n")
    return f"{head}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"


def _make_course(root: Path) -> None:
    (root / "nbgrader_config.py").write_text(NBGRADER_CONFIG, encoding="utf-8")
    _write(root / "source" / LAB, _notebook({name: _marked(text) for name, text in SOLUTIONS.items()}))
    _nbgrader(root, "generate_assignment")
    empty = {name: text.partition("\n")[0] + "\n    pass" for name, text in SOLUTIONS.items()}
    slow = {**SOLUTIONS, "table-code": "import time\ntime.sleep(0.5)\n" + SOLUTIONS["table-code"]}
    kinds = {"reference": SOLUTIONS, "toy": TOY, "empty": empty, "slow": slow}
    for kind, count in SIZES.items():
        for number in range(count):
            _write(root / "submitted" / f"{kind}{number:02}" / LAB, _notebook(kinds[kind]))


def _write(folder: Path, notebook: dict[str, Any]) -> None:
    folder.mkdir(parents=True)
    (folder / f"{LAB}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def _nbgrader(root: Path, verb: str) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "nbgrader", verb, LAB]
    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, check=False, env={**os.environ, "PATH": path}
    )
    if done.returncode:
        raise RuntimeError(f"nbgrader {verb} failed:\n{done.stderr[-2000:]}")


def _ours(root: Path) -> float:
    """Seconds of ``coreskills autograde``, from its start to its end."""
    command = [
        sys.executable,
        "-m",
        "coreskills",
        "autograde",
        LAB,
        "--workers",
        str(WORKERS),
        "--json",
        "--course",
        str(root),
    ]
    started = time.perf_counter()
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"coreskills autograde failed:\n{done.stderr[-2000:]}")
    return seconds


def _stock(root: Path) -> float:
    """Seconds of ``nbgrader autograde`` as it comes, from its start to its end."""
    shutil.rmtree(root / "autograded")
    started = time.perf_counter()
    _nbgrader(root, "autograde")
    return time.perf_counter() - started


def _scores(root: Path) -> list[tuple[str, float]]:
    import sqlite3

    query = """select s.student_id, sum(g.auto_score) from grade g join submitted_notebook n on n.id = g.notebook_id
        join submitted_assignment s on s.id = n.assignment_id group by 1 order by 1"""
    with sqlite3.connect(root / "gradebook.db") as connection:
        return list(connection.execute(query))


def _single() -> tuple[float, float]:
    """The examiner's own milliseconds for a notebook, and calls a second."""
    calls = 20_000
    loop = f"for _ in range({calls}):\n    f(3)\n"
    timed = f"import time\nbegan = time.perf_counter()\n{loop}print(time.perf_counter() - began)"
    fast = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
        _cell("code", "def same(value):\n    return value", points=None, solution=True),
        _cell("check", "f = same\n" + timed, points=1, solution=False),
    ]}  # fmt: skip
    tests = dict.fromkeys(CHECKS, 2.0)
    with ExaminerProcess(workers=1) as examiner:
        runs = [examiner.examine(Job(f"{n}", "ann", LAB, _notebook(SOLUTIONS), tests)) for n in range(20)]
        timing = examiner.examine(Job("calls", "ann", LAB, fast, {"check": 1.0}))
    own = statistics.median(run.seconds - run.cell_seconds for run in runs) * 1000
    return own, calls / float(timing.notebook["cells"][1]["outputs"][0]["text"])
