"""A small nbgrader course to grade: one lab, two tasks, honest and less honest hand-ins."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from coreskills.classroom.gradebook import Standing
from coreskills.classroom.grader import build_feedback
from coreskills.classroom.settings import Classroom
from coreskills.course import load_course
from coreskills.examiner.client import ExaminerProcess
from coreskills.examiner.pool import Pool, local_pool
from coreskills.examiner.submissions import Folders

LAB = "ps1"
CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "course"
"""
EXAMINED = """\
from coreskills.examiner.nbgrader_step import use_examiner
use_examiner(c)
"""


def make_cell(name: str, source: str, *, points: float | None = None, solution: bool = False) -> dict[str, Any]:
    """A code cell with nbgrader's marks; one without points and solution is a locked cell."""
    grade = points is not None
    marks: dict[str, Any] = {"grade_id": name, "schema_version": 3, "grade": grade, "solution": solution, "task": False}
    marks["locked"] = not solution
    if grade:
        marks["points"] = points
    meta = {"nbgrader": marks}
    return {"cell_type": "code", "id": name, "metadata": meta, "source": source, "outputs": [], "execution_count": None}


def notebook_of(cells: list[dict[str, Any]]) -> dict[str, Any]:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}


CELLS = [
    make_cell("setup", "import math\n\nimport numpy as np\n\nTABLE = {'a': 1, 'b': 2}"),
    make_cell(
        "t1-code",
        "def squares(n):\n    ### BEGIN SOLUTION\n    if n < 1:\n        raise ValueError('n must be positive')\n"
        "    return [i * i for i in range(1, n + 1)]\n    ### END SOLUTION",
        solution=True,
    ),
    make_cell("t1-check", "assert squares(3) == [1, 4, 9], f'squares(3) is [1, 4, 9], not {squares(3)}'", points=1),
    make_cell(
        "t1-hidden",
        "### BEGIN HIDDEN TESTS\nimport pytest\n\nassert squares(1) == [1]\n"
        "with pytest.raises(ValueError):\n    squares(0)\n"
        "np.testing.assert_allclose(squares(4), [1, 4, 9, 16])\n### END HIDDEN TESTS",
        points=2,
    ),
    make_cell("t2-code", "### BEGIN SOLUTION\nmean = sum(squares(4)) / 4\n### END SOLUTION", solution=True),
    make_cell("t2-check", "assert abs(mean - 7.5) < 1e-9\n1.5 if 'a' in TABLE else 0.5", points=3),
    make_cell("t9-manual", "### BEGIN SOLUTION\nprint('because')\n### END SOLUTION", points=2, solution=True),
]


class CourseOnDisk:
    """An nbgrader course in a folder of its own."""

    def __init__(self, root: Path, *, lab: str = LAB) -> None:
        self.root, self.lab = root, lab

    def generate(self, cells: list[dict[str, Any]]) -> None:
        """Write the source notebook and have nbgrader release it."""
        lab = self.lab
        self.write_config(examined=True)
        source = self.root / "source" / lab
        source.mkdir(parents=True)
        (source / f"{lab}.ipynb").write_text(json.dumps(notebook_of(cells)))
        self.nbgrader("generate_assignment", lab)

    def write_config(self, *, examined: bool) -> None:
        (self.root / "nbgrader_config.py").write_text(CONFIG + (EXAMINED if examined else ""))

    def nbgrader(self, verb: str, *args: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one of nbgrader's own verbs in the course folder."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # nbgrader calls alembic by name
        env = {**os.environ, "PATH": path, "JUPYTER_PLATFORM_DIRS": "1"}
        command = [sys.executable, "-m", "nbgrader", verb, *args]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, env=env)
        assert not check or done.returncode == 0, done.stderr
        return done

    @property
    def released(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.root / "release" / self.lab / f"{self.lab}.ipynb").read_text())
        return loaded

    @property
    def reference(self) -> dict[str, Any]:
        """The released notebook with the source's solutions in it."""
        source = json.loads((self.root / "source" / self.lab / f"{self.lab}.ipynb").read_text())
        solved = {c["id"]: c["source"] for c in source["cells"] if c["metadata"]["nbgrader"]["solution"]}
        notebook = self.released
        for cell in notebook["cells"]:
            cell["source"] = solved.get(cell["id"], cell["source"])
        return notebook

    def answers(self, **texts: str) -> dict[str, Any]:
        """The reference with some solution cells replaced, by id with ``_`` for ``-``."""
        notebook = self.reference
        for cell in notebook["cells"]:
            cell["source"] = texts.get(cell["id"].replace("-", "_"), cell["source"])
        return notebook

    def hand_in(
        self, learner: str, notebook: dict[str, Any] | str, *, timestamp: str = "2026-11-20 10:00:00 UTC"
    ) -> Path:
        folder = self.root / "submitted" / learner / self.lab
        folder.mkdir(parents=True, exist_ok=True)
        text = notebook if isinstance(notebook, str) else json.dumps(notebook)
        (folder / f"{self.lab}.ipynb").write_text(text)
        (folder / "timestamp.txt").write_text(timestamp)
        return folder

    @property
    def folders(self) -> Folders:
        from coreskills.examiner.course_folders import folders_of

        return folders_of(self.root)

    def scores(self) -> dict[str, dict[str, tuple[float | None, bool]]]:
        """What the gradebook says, by learner and cell: automatic score, and whether a person must look."""
        import sqlite3

        query = """select s.student_id, b.name, g.auto_score, g.needs_manual_grade from grade g
            join base_cell b on b.id = g.cell_id join submitted_notebook n on n.id = g.notebook_id
            join submitted_assignment s on s.id = n.assignment_id"""
        found: dict[str, dict[str, tuple[float | None, bool]]] = {}
        with sqlite3.connect(self.root / "gradebook.db") as connection:
            for learner, name, score, waits in connection.execute(query):
                found.setdefault(learner, {})[name] = (score, bool(waits))
        return found


@pytest.fixture
def new_course(tmp_path: Path, small_course: Path) -> Callable[..., CourseOnDisk]:
    """Makes a course; its root is a folder of the test's own."""

    def make(cells: list[dict[str, Any]] | None = None) -> CourseOnDisk:
        course = CourseOnDisk(tmp_path / "course")
        if cells is None:
            shutil.copytree(small_course, course.root)
        else:
            course.root.mkdir()
            course.generate(cells)
        return course

    return make


@pytest.fixture
def course_at() -> Callable[[Path], CourseOnDisk]:
    """Opens a folder as a course that this suite did not make."""
    return CourseOnDisk


@pytest.fixture(scope="session")
def code_cell() -> Callable[..., dict[str, Any]]:
    """Makes cells for ``new_course``."""
    return make_cell


@pytest.fixture
def feedback_page(tmp_path: Path) -> Callable[[dict[str, Any]], str]:
    """Writes the feedback page of a graded notebook, as if it were a lab of this repository's course."""

    def page(notebook: dict[str, Any]) -> str:
        course = load_course(Path(__file__).parents[2])
        path = tmp_path / "graded.ipynb"
        path.write_text(json.dumps(notebook))
        standing = Standing("ann", None, Decimal(0), Decimal(0), Decimal(20), ())
        return build_feedback(Classroom(course, tmp_path), course.lab("b1-1-first-call"), path, standing, None)[0]

    return page


@pytest.fixture(scope="session")
def small_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The usual course, generated once: nbgrader takes seconds for it."""
    root = tmp_path_factory.mktemp("small")
    CourseOnDisk(root).generate(CELLS)
    return root


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    """Two examinations at a time, started once for the session."""
    pool = local_pool(workers=2)
    yield pool
    pool.close()


@pytest.fixture(scope="session")
def one_examiner() -> Iterator[ExaminerProcess]:
    """One examiner for tests that look at single notebooks."""
    with ExaminerProcess(workers=1) as process:
        yield process
