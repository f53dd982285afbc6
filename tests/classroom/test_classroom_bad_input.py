"""What goes wrong with files costs nobody else a score: each case says which file and how to mend it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coreskills.errors import CourseError, GradingError
from coreskills.examiner.course_folders import folders_of, load_config
from coreskills.examiner.grading import Graded, grade_many
from coreskills.examiner.pool import Pool, local_pool
from coreskills.examiner.terms import terms_for

ROOT = Path(__file__).parents[2]
COMMAND = str(Path(sys.executable).with_name("coreskills"))
LAB = "b1-1-first-call"
EMPTY = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
REFERENCE = (ROOT / "source" / LAB / f"{LAB}.ipynb").read_text()
# Who handed in what, and what they are told.
BAD = {
    "ann": (f"{LAB}.ipynb", "{not json", f"{LAB}.ipynb is not a notebook"),
    "bob": ("data.csv", "1", f"has no {LAB}.ipynb"),
    "cat": ("my-copy.ipynb", REFERENCE, f"has no {LAB}.ipynb"),
    "dan": (f"{LAB}.ipynb", json.dumps(EMPTY), f"{LAB}.ipynb holds none of the 19 graded cells"),
    "fay": (f"{LAB}.ipynb", "[1, 2]", f"{LAB}.ipynb is JSON, but not a notebook"),
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A course with one lab and its gradebook, and hand-ins of which one is as it should be."""
    root = tmp_path_factory.mktemp("course")
    for name in ("course.toml", "nbgrader_config.py"):
        shutil.copy(ROOT / name, root / name)
    for name in ("source", "cassettes"):
        shutil.copytree(ROOT / name / LAB, root / name / LAB)
    hand_in(root, "eve", f"{LAB}.ipynb", REFERENCE)
    for learner, (name, text, _) in BAD.items():
        hand_in(root, learner, name, text)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.delenv("CORESKILLS_STATE", raising=False)
        subprocess.run([COMMAND, "release", LAB], check=True, capture_output=True)
        yield root


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    pool = local_pool(workers=1)
    yield pool
    pool.close()


def hand_in(root: Path, learner: str, name: str, text: str) -> None:
    folder = root / ".coreskills" / "submitted" / learner / LAB
    folder.mkdir(parents=True)
    (folder / name).write_text(text)


def graded(root: Path, pool: Pool, **options: Any) -> dict[str, Graded]:
    config = load_config(root)
    terms = terms_for(root, LAB)
    rows = grade_many(folders_of(root, config), LAB, terms=terms, pool=pool, config=config, **options)
    return {row.learner: row for row in rows}


def test_bad_hand_ins_are_named_and_the_class_is_graded(course: Path, pool: Pool) -> None:
    """Five that cannot be graded have no score and say why; the sixth has its own."""
    rows = graded(course, pool, force=True)
    assert (rows["eve"].score, rows["eve"].error) == (18, None)
    for learner, (*_, says) in BAD.items():
        assert rows[learner].score is None
        assert says in str(rows[learner].error)
        assert "\nFix: " in str(rows[learner].error)


def test_a_damaged_recording_gives_no_scores(course: Path, pool: Pool) -> None:
    """Grading without the recording would call right answers wrong; the error names the file."""
    path = course / "cassettes" / LAB / f"{LAB}.json"
    whole = path.read_text()
    path.write_text(whole[: len(whole) // 2])
    try:
        row = graded(course, pool, learners=["eve"], force=True)["eve"]
    finally:
        path.write_text(whole)
    assert row.score is None
    assert f"{path} is not a cassette" in str(row.error)
    assert f"coreskills record {LAB}" in str(row.error)


def test_a_missing_recording_gives_no_scores(course: Path, pool: Pool) -> None:
    """Nothing is graded, nothing changed; the error names the file."""
    path = course / "cassettes" / LAB / f"{LAB}.json"
    aside = path.rename(path.with_suffix(".aside"))
    try:
        with pytest.raises(GradingError, match="is missing") as caught:
            graded(course, pool)
    finally:
        aside.rename(path)
    assert str(path) in caught.value.what
    assert caught.value.fix == f"coreskills record {LAB}"


def test_an_unknown_lab_is_named_with_its_nearest(course: Path) -> None:
    with pytest.raises(CourseError, match=r"no lab 'b1-1-frist-call'.*Did you mean 'b1-1-first-call'"):
        terms_for(course, "b1-1-frist-call")


def test_the_command_line_shows_each_reason_whole(course: Path) -> None:
    """On a narrow terminal too: errors are lines of their own, not squeezed into the table."""
    said = subprocess.run(
        [COMMAND, "autograde", LAB, "--learners", "bob,dan"], capture_output=True, text=True, cwd=course
    )
    assert said.returncode == 1
    assert f"bob {LAB}: The submission has no {LAB}.ipynb.\nbob {LAB}: Fix: " in said.stdout
    assert f"dan {LAB}: {LAB}.ipynb holds none of the 19 graded cells" in said.stdout
    assert "Traceback" not in said.stderr
