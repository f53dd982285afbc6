"""Courses that are not ours: nbgrader's own quickstart, tests in other styles, formgrader's button."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbgrader
import pytest

from coreskills.examiner.grading import grade_many
from coreskills.examiner.pool import Pool
from coreskills.examiner.terms import Terms

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs/examiner.md"
SECTIONS = re.split(r"^# %% (.*)$", (HERE / "other_styles.py").read_text(), flags=re.MULTILINE)[1:]
TEXTS = {name: text.strip() for name, text in zip(SECTIONS[::2], SECTIONS[1::2], strict=True)}
ANSWERS = {name: text for name, text in TEXTS.items() if name.endswith("-code")}
WRONG = {name: TEXTS[f"{name}-wrong"] for name in ANSWERS}
NewCourse = Callable[..., Any]
UP_S = 120


def documented_lines() -> str:
    """The lines that the page tells instructors to add."""
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert found is not None
    assert len(found[1].splitlines()) == 2
    return found[1]


def by_both(course: Any, pool: Pool, examined: str, stock: str) -> tuple[Any, Any, Any]:
    """What the gradebook says after nbgrader with the examiner, ``coreskills autograde``, and stock nbgrader."""
    config = course.root / "nbgrader_config.py"
    config.write_text(examined)
    course.nbgrader("autograde", course.lab, "--create")
    by_step = course.scores()
    grade_many(course.folders, course.lab, terms=Terms(), pool=pool, force=True)
    by_verb = course.scores()
    config.write_text(stock)
    course.nbgrader("autograde", course.lab, "--create", "--force")
    return by_step, by_verb, course.scores()


@pytest.mark.slow
def test_nbgraders_quickstart_course_scores_as_stock(course_at: NewCourse, tmp_path: Path, pool: Pool) -> None:
    """nbgrader's example course with two documented lines in its config: its own example hand-ins and a perfect one."""
    course_at(tmp_path).nbgrader("quickstart", "course101")
    course = course_at(tmp_path / "course101")
    course.nbgrader("generate_assignment", course.lab)
    examples = Path(nbgrader.__file__).parent / "docs/source/user_guide/submitted"
    shutil.copytree(examples, course.root / "submitted")
    shutil.copytree(course.root / "source" / course.lab, course.root / "submitted/perfect" / course.lab)
    stock = (course.root / "nbgrader_config.py").read_text()
    by_step, by_verb, by_stock = by_both(course, pool, stock + "\n" + documented_lines(), stock)
    assert by_step == by_verb == by_stock
    assert set(by_stock) == {"bitdiddle", "hacker", "perfect"}
    assert by_stock["perfect"]["sum_of_squares_uses_squares"] == (0.5, False)


@pytest.mark.slow
def test_tests_in_other_styles_score_as_stock(new_course: NewCourse, code_cell: Any, pool: Pool) -> None:
    """``del``, ``globals()``, numpy.testing, unittest, figures, files: right and wrong answers, equal in every cell."""
    cells = []
    for name, text in ANSWERS.items():
        cells.append(code_cell(name, f"### BEGIN SOLUTION\n{text}\n### END SOLUTION", solution=True))
        cells.append(code_cell(f"{name}-check", TEXTS[f"{name}-check"], points=2))
    course = new_course(cells)
    (course.root / "source" / course.lab / "data.csv").write_text("name,cost\na,1.5\nb,2\n")
    course.hand_in("right", course.reference)
    course.hand_in("wrong", course.answers(**{name.replace("-", "_"): text for name, text in WRONG.items()}))
    course.hand_in("blank", course.released)
    stock = "c = get_config()\nc.CourseDirectory.course_id = 'course'\n"
    by_step, by_verb, by_stock = by_both(course, pool, stock + documented_lines(), stock)
    assert by_step == by_verb == by_stock
    assert by_stock["right"] == {f"{n}-check": (1.0 if n == "files-code" else 2.0, False) for n in ANSWERS}
    assert by_stock["wrong"] == {f"{n}-check": (0.0, False) for n in ANSWERS}


@pytest.mark.slow
def test_formgraders_button_examines(new_course: NewCourse) -> None:
    """The request that the button sends: the examiner grades, and its marks are in the notebook."""
    course = new_course()
    course.hand_in("ann", course.reference)
    course.hand_in("eve", course.answers(t2_code="class Always:\n    def __sub__(self, o): return -1\nmean = Always()"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [
            sys.executable, "-m", "jupyter_server", "--allow-root", "--no-browser", f"--port={port}",
            "--ServerApp.port_retries=0", f"--ServerApp.root_dir={course.root}", "--IdentityProvider.token=button",
            "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}",
        ],
        cwd=course.root, env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        api = f"http://127.0.0.1:{port}/formgrader/api"
        wait_for(f"{api}/assignments", server)
        for learner in ("ann", "eve"):
            answer = ask(f"{api}/submission/{course.lab}/{learner}/autograde", data=b"")
            assert answer["success"], answer
    finally:
        server.terminate()
        server.wait(timeout=30)
    assert course.scores()["ann"]["t1-hidden"] == (2.0, False)
    assert course.scores()["eve"]["t2-check"] == (0.0, False)
    graded = json.loads((course.root / f"autograded/ann/{course.lab}/{course.lab}.ipynb").read_text())
    assert graded["metadata"]["coreskills"]["sandboxed"] is True


def ask(url: str, *, data: bytes | None = None) -> Any:
    request = urllib.request.Request(url, data=data, headers={"Authorization": "token button"})
    with urllib.request.urlopen(request, timeout=UP_S) as response:
        return json.load(response)


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + UP_S
    while time.monotonic() < ends:
        assert server.poll() is None, "the server ended"
        try:
            ask(url)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(url)
