"""Machines that cannot isolate learner code: grading stops, or goes on unsafely, loudly and marked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

NewCourse = Callable[..., Any]
# As in a container without rights: the kernel refuses new namespaces and mounts to this process and all it starts.
CONFINED = """\
import os, sys
from coreskills_widgets.candidate import kernel_calls, seccomp
kernel_calls._libc.prctl(38, 1, 0, 0, 0)
assert seccomp.install(shared_memory=True)
os.execv(sys.executable, [sys.executable, "-m", *sys.argv[1:]])
"""
LEAVES_A_PROGRAM = """\
import subprocess

print(subprocess.Popen(["sleep", "600"], start_new_session=True).pid)
mean = 7.5"""


def confined(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    argv = [sys.executable, "-c", CONFINED, *command]
    return subprocess.run(argv, cwd=root, capture_output=True, text=True, env={**os.environ, "PATH": path})


def is_running(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def autograde(course: Any, *options: str) -> subprocess.CompletedProcess[str]:
    return confined(course.root, "coreskills", "autograde", course.lab, "--course", str(course.root), *options)


def graded_notebook(course: Any, learner: str) -> dict[str, Any]:
    path = course.root / "autograded" / learner / course.lab / f"{course.lab}.ipynb"
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


def test_a_machine_that_cannot_isolate_stops_grading(new_course: NewCourse) -> None:
    """No score is written, and the message says what to enable."""
    course = new_course()
    course.hand_in("ann", course.reference)
    done = autograde(course)
    assert done.returncode == 1
    assert "This machine cannot isolate learner code" in done.stderr
    assert "allow user namespaces" in done.stderr
    assert course.scores() == {}


def test_without_a_sandbox_grading_is_loud_and_marked(
    new_course: NewCourse, feedback_page: Callable[[dict[str, Any]], str]
) -> None:
    """The banner stands on stderr, the mark in row, notebook and feedback; a program left behind is ended."""
    course = new_course()
    course.hand_in("ann", course.reference)
    course.hand_in("bob", course.answers(t2_code=LEAVES_A_PROGRAM))
    course.hand_in("eve", course.answers(t1_code="import os\nos._exit(1)"))
    done = autograde(course, "--unsafe-no-sandbox", "--json")
    assert done.returncode == 0, done.stderr
    assert "!!! NO SANDBOX !!!" in done.stderr
    rows = {row["learner"]: row for row in json.loads(done.stdout)}
    assert {name: (row["score"], row["sandboxed"]) for name, row in rows.items()} == {
        "ann": (4.5, False), "bob": (4.5, False), "eve": (0.0, False),
    }  # fmt: skip
    notebook = graded_notebook(course, "ann")
    assert notebook["metadata"]["coreskills"]["sandboxed"] is False
    assert notebook["cells"][0]["source"].startswith("**Graded without a sandbox**")
    page = feedback_page(notebook)
    assert "Graded without a sandbox: your instructor should grade it again before this score counts." in page
    assert "BEGIN HIDDEN" not in page
    cells = {cell["id"]: cell for cell in graded_notebook(course, "bob")["cells"]}
    assert not is_running(cells["t2-code"]["outputs"][0]["text"].strip())


def test_nbgrader_grades_without_a_sandbox_when_told(new_course: NewCourse) -> None:
    """The same option in nbgrader's configuration; its log says so, and the notebook carries the mark."""
    course = new_course()
    course.hand_in("ann", course.reference)
    refused = confined(course.root, "nbgrader", "autograde", course.lab, "--create")
    assert refused.returncode != 0
    assert course.scores().get("ann", {}).get("t1-check", (None, False))[0] is None
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write("c.ExamineNotebook.unsafe_no_sandbox = True\n")
    done = confined(course.root, "nbgrader", "autograde", course.lab, "--create")
    assert done.returncode == 0, done.stderr
    assert "NO SANDBOX: ann/ps1 ran with all your rights" in done.stderr
    assert course.scores()["ann"]["t1-hidden"] == (2.0, False)
    assert graded_notebook(course, "ann")["metadata"]["coreskills"]["sandboxed"] is False
