"""Programs that checks run: forked from a warm process, and no different from a fresh Python."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from coreskills.examiner.client import ExaminerProcess
from coreskills.examiner.job import Job

PARTS = re.split(
    r"^# %% (.*)$", (Path(__file__).parent / "program_texts.txt").read_text(encoding="utf-8"), flags=re.MULTILINE
)[1:]
TEXTS = {name: text.strip() for name, text in zip(PARTS[::2], PARTS[1::2], strict=True)}
FILES = {name.removeprefix("file = "): text for name, text in TEXTS.items() if name.startswith("file = ")}
SCRIPTS = {name: text for name, text in TEXTS.items() if not name.startswith("file = ")} | {
    "a null byte": "print(1)\n\0",
    "another encoding": "# coding: latin-1\nprint('ü')",
}
NUMBERED = {name: f"script{number:02}.py" for number, name in enumerate(SCRIPTS)}
ARGV = {name: ["python", file, "a b", "--x"] for name, file in NUMBERED.items()} | {
    "a package": ["python", "-m", "pack", "--flag", "v"],
    "a module that fails": ["python", "-m", "pack.part", "x"],
    "no such module": ["python", "-m", "nothing_there"],
    "no such file": ["python", "nothing.py"],
}
MAKE_FILES = """
import json, os
for name, text in json.loads(files).items():
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)
"""
# The names of what checks call stand in the text where a process is to be kept ready for programs.
WARM = "from coreskills_widgets.labs import program  # program.run\nimport hashlib, json\n"
COLD = "from coreskills_widgets.labs import program as cold\nimport hashlib, json\n"
RUN_ALL = """
rows = {}
for name, argv in json.loads(argvs).items():
    ended = RUN(argv, stdin="one\\ntwo ü\\nthree", env={"MARK": "m"})
    out = ended.out if len(ended.out) < 5000 else hashlib.sha256(ended.out.encode()).hexdigest()
    rows[name] = [ended.code, out, ended.err]
print(json.dumps(rows))
"""
KINDS = """
def is_warm(*argv, **env):
    ended = program.run(argv, env=env)
    assert ended.code == 0, ended
    return ended.out == "True\\n"
rows = {"script": is_warm("python", "held.py"), "module": is_warm("python", "-m", "held"),
    "hash seed": is_warm("python", "held.py", PYTHONHASHSEED="5"), "option": is_warm("python", "-u", "held.py"),
    "text": is_warm("python", "-c", json.loads(files)["held.py"]), "own pandas": is_warm("python", "own/held.py")}
print(json.dumps(rows))
"""
ENDS = """
late = program.run(["python", "sleeps.py"], timeout_s=1)
fed = program.run(["python", "deaf.py"], stdin="x" * 1_000_000)
left = program.run(["python", "leaves.py"])
again = program.run(["python", "deaf.py"])
killed = kill_the_forker()
after = program.run(["python", "deaf.py"])
print(json.dumps([late.code, late.out, fed.code, left.out, again.code, killed > 0, after.code]))
"""


def code_cell(name: str, source: str, *, test: bool) -> dict[str, Any]:
    marks = {"grade_id": name, "grade": test, "solution": not test, "locked": test, "points": 1}
    meta = {"nbgrader": marks}
    return {"cell_type": "code", "id": name, "metadata": meta, "source": source, "outputs": [], "execution_count": None}


def printed(examiner: ExaminerProcess, check: str, files: dict[str, str], *, learner: str = "") -> Any:
    """Write the files over there, run a check, and read the JSON that it prints."""
    given = f"files = {json.dumps(files)!r}\nargvs = {json.dumps(ARGV)!r}\n"
    cells = [
        code_cell("make", given + MAKE_FILES + learner, test=False),
        code_cell("check", check, test=True),
    ]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    job = Job("programs", "ann", "lab", notebook, {"check": 1.0}, cell_timeout_s=240, timeout_s=280)
    examination = examiner.examine(job)
    assert examination.cells[0].status == "passed", examination.cells[0]
    return json.loads(examination.notebook["cells"][1]["outputs"][0]["text"])


@pytest.fixture(scope="module")
def ended(one_examiner: ExaminerProcess) -> dict[str, dict[str, Any]]:
    """Every program's code, stdout and stderr, once warm and once cold."""
    files = {NUMBERED[name]: text for name, text in SCRIPTS.items()} | FILES
    files = {name: text for name, text in files.items() if not name.startswith("own/")}
    return {
        "warm": printed(one_examiner, WARM + RUN_ALL.replace("RUN", "program.run"), files),
        "cold": printed(one_examiner, COLD + RUN_ALL.replace("RUN", "cold.run"), files),
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", ARGV)
def test_a_forked_program_is_like_a_fresh_one(name: str, ended: dict[str, dict[str, Any]]) -> None:
    """Code, stdout and stderr are the same to the letter, but for names of folders and addresses of objects."""
    warm, cold = (_plain(ended[way][name]) for way in ("warm", "cold"))
    assert warm == cold


def _plain(row: list[Any]) -> list[Any]:
    return [row[0], *(re.sub(r"/lab-\w+/\d+/|0x[0-9a-f]+|/tmp\w+", "~", text) for text in row[1:])]


def test_what_a_fork_could_get_wrong_starts_cold(one_examiner: ExaminerProcess) -> None:
    """Options, Python's own variables, and a file that hides a library make a fresh Python; the rest is forked."""
    files = {name: text for name, text in FILES.items() if "held" in name or "pandas" in name}
    assert printed(one_examiner, WARM + KINDS, files) == {
        "script": True, "module": True, "hash seed": False, "option": False, "text": False, "own pandas": False,
    }  # fmt: skip


def test_forked_programs_end_as_others_do(one_examiner: ExaminerProcess) -> None:
    """Time-outs keep what was printed; unread input is no error; without a process to fork from, Python starts."""
    # The forking process is nobody's child: a learner who waits for children finds none.
    learner = "\ntry:\n    os.wait()\nexcept ChildProcessError:\n    from kill import kill_the_forker\n"
    assert printed(one_examiner, WARM + ENDS, FILES, learner=learner) == [None, "1\n", 0, "2\n", 0, True, 0]
