"""Grading a class: the same scores as nbgrader's, every submission once, errors that stop only themselves."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from coreskills.cli.autograde import command as autograde
from coreskills.errors import GradingError
from coreskills.examiner.grading import Graded, grade_many
from coreskills.examiner.pool import Pool
from coreskills.examiner.terms import Terms

HONEST = {"t1-check": (1.0, False), "t1-hidden": (2.0, False), "t2-check": (1.5, False)}
NewCourse = Callable[..., Any]


def graded(course: Any, pool: Pool, **options: Any) -> dict[str, Graded]:
    rows = grade_many(course.folders, course.lab, terms=Terms(cell_timeout_s=8.0), pool=pool, **options)
    return {row.learner: row for row in rows}


def test_nbgrader_and_coreskills_write_the_same_gradebook(new_course: NewCourse, pool: Pool) -> None:
    """``nbgrader autograde`` with our step and ``coreskills autograde`` give equal rows, the manual cell included."""
    course = new_course()
    course.hand_in("ann", course.reference)
    course.hand_in("bob", course.released)
    course.nbgrader("autograde", course.lab, "--create")
    by_nbgrader = course.scores()
    assert graded(course, pool, force=True)["ann"].score == 4.5
    assert course.scores() == by_nbgrader
    assert by_nbgrader["ann"] == {**HONEST, "t9-manual": (None, True)}
    assert by_nbgrader["bob"] == {**dict.fromkeys(HONEST, (0.0, False)), "t9-manual": (0.0, False)}


def test_autograded_notebooks_keep_outputs(new_course: NewCourse, pool: Pool) -> None:
    """The instructor sees what the learner's cells printed, beside the check's own error."""
    course = new_course()
    course.hand_in("ann", course.answers(t1_code="print('hello from ann')\nsquares = lambda n: [n]"))
    graded(course, pool)
    text = (course.root / "autograded/ann" / course.lab / f"{course.lab}.ipynb").read_text()
    outputs = {cell["id"]: cell.get("outputs") for cell in json.loads(text)["cells"]}
    assert outputs["t1-code"] == [{"output_type": "stream", "name": "stdout", "text": "hello from ann\n"}]
    assert outputs["t1-check"][-1]["evalue"] == "squares(3) is [1, 4, 9], not [3]"


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        pytest.param("this is not JSON", "not a notebook", id="not JSON"),
        pytest.param("[1, 2]", "not a notebook", id="JSON of another kind"),
        pytest.param('{"nbformat": 4, "cells": [{"cell_type": "code"}]}', "damaged cell", id="a cell without source"),
        pytest.param('{"nbformat": 99, "cells": []}', "format 99", id="an unknown format"),
        pytest.param('{"nbformat": 4, "cells": ' + "[" * 100_000, "not a notebook", id="nested without end"),
    ],
)
def test_a_damaged_notebook_is_an_error_and_the_class_goes_on(
    broken: str, says: str, new_course: NewCourse, pool: Pool
) -> None:
    """The damaged hand-in has no score and says why; the other has its own."""
    course = new_course()
    course.hand_in("ann", course.reference)
    course.hand_in("eve", broken)
    rows = graded(course, pool)
    assert (rows["ann"].score, rows["ann"].error) == (4.5, None)
    assert rows["eve"].score is None
    assert says in str(rows["eve"].error)
    assert "eve" not in course.scores()


def test_a_renamed_notebook_is_named(new_course: NewCourse, pool: Pool) -> None:
    """A missing file is told apart from an empty answer."""
    course = new_course()
    folder = course.hand_in("ann", course.reference)
    (folder / f"{course.lab}.ipynb").rename(folder / "mine.ipynb")
    assert "has no ps1.ipynb" in str(graded(course, pool)["ann"].error)


def edited(notebook: dict[str, Any], name: str, **marks: Any) -> dict[str, Any]:
    for cell in notebook["cells"]:
        if cell["id"] == name:
            cell["metadata"]["nbgrader"].update(marks)
    return notebook


def test_edited_checks_are_put_back(new_course: NewCourse, pool: Pool) -> None:
    """Points, flags and text of a test cell are the instructor's, whatever the file says: wrong stays wrong."""
    course = new_course()
    wrong = course.answers(t1_code="def squares(n):\n    return 'wrong'")
    course.hand_in("points", edited(wrong, "t1-check", points=1000))
    wrong = course.answers(t1_code="def squares(n):\n    return 'wrong'")
    course.hand_in("flags", edited(wrong, "t1-check", solution=True, locked=False))
    wrong = course.answers(t1_code="def squares(n):\n    return 'wrong'", t1_check="pass", t1_hidden="2.0")
    course.hand_in("text", wrong)
    rows = graded(course, pool)
    assert {name: row.score for name, row in rows.items()} == {"points": 0, "flags": 0, "text": 0}
    assert "the marks of cell 't1-check' were edited" in rows["flags"].changes


def test_duplicated_and_deleted_checks(new_course: NewCourse, pool: Pool) -> None:
    """A copy of a check earns nothing more, a deleted one nothing at all, an invented one nothing."""
    course = new_course()
    twice = course.reference
    check = next(cell for cell in twice["cells"] if cell["id"] == "t1-check")
    twice["cells"].insert(0, json.loads(json.dumps(check)))
    course.hand_in("twice", twice)
    gone = course.reference
    gone["cells"] = [cell for cell in gone["cells"] if cell["id"] != "t1-hidden"]
    course.hand_in("gone", gone)
    invented = course.reference
    invented["cells"].append(
        edited({"cells": [json.loads(json.dumps(check))]}, "t1-check", grade_id="mine")["cells"][0]
    )
    course.hand_in("invented", invented)
    rows = graded(course, pool)
    assert {name: row.score for name, row in rows.items()} == {"twice": 4.5, "gone": 2.5, "invented": 4.5}
    assert "cell 't1-hidden' was deleted" in rows["gone"].changes
    assert course.scores()["gone"]["t1-hidden"] == (0.0, False)


def test_what_is_graded_is_left_alone_until_it_is_newer(new_course: NewCourse, pool: Pool) -> None:
    """A second run does nothing; a new hand-in or ``force`` grades again, and a manual score survives both."""
    course = new_course()
    course.hand_in("ann", course.released)
    assert graded(course, pool)["ann"].score == 0
    assert graded(course, pool)["ann"].skipped
    course.hand_in("ann", course.reference, timestamp="2026-11-21 10:00:00 UTC")
    assert graded(course, pool)["ann"].score == 4.5
    assert graded(course, pool, force=True)["ann"].score == 4.5


def test_one_hand_in_that_hangs_or_dies_costs_its_own_points(new_course: NewCourse, pool: Pool) -> None:
    """Cells after a crash or a hang are graded with the state that the others had built."""
    course = new_course()
    course.hand_in("dies", course.answers(t2_code="import os\nos._exit(1)"))
    course.hand_in("hangs", course.answers(t2_code="while True:\n    pass"))
    rows = graded(course, pool)
    assert (rows["dies"].score, rows["dies"].restored) == (3.0, 1)
    assert (rows["hangs"].score, rows["hangs"].restored) == (3.0, 0)


def test_the_summary_names_what_was_slow_and_what_was_restored(new_course: NewCourse) -> None:
    """The instructor sees after which cells a hand-in had to be restored, and which ones took longest."""
    course = new_course()
    course.hand_in("ann", course.reference)
    bob = course.answers(t2_code="import os\nos._exit(1)")
    bob["cells"].insert(0, {**bob["cells"][0], "id": "\x1b[2Jmine", "metadata": {}, "source": "import os; os.abort()"})
    course.hand_in("bob", bob)
    done = CliRunner().invoke(autograde, [course.lab, "--course", str(course.root)])
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert "Restored after cells that hung, exited or ran out of memory:" in lines
    assert "  bob ps1: ??2Jmine, t2-code" in lines
    (slowest,) = (line for line in lines if line.startswith("Slowest: "))
    assert {part.split()[0] for part in slowest.removeprefix("Slowest: ").split(", ")} == {"ann", "bob"}


def with_seconds(notebook: dict[str, Any], name: str, seconds: float) -> dict[str, Any]:
    """A notebook whose cell asks for seconds of its own in its metadata."""
    for cell in notebook["cells"]:
        if cell["id"] == name:
            cell["metadata"]["coreskills"] = {"timeout_s": seconds}
    return notebook


def test_a_locked_cell_has_seconds_of_its_own(new_course: NewCourse, pool: Pool) -> None:
    """What the source notebook says holds in both ways of grading; what a hand-in says about it counts nowhere."""
    course = new_course()
    path = course.root / "source" / course.lab / f"{course.lab}.ipynb"
    path.write_text(json.dumps(with_seconds(json.loads(path.read_text()), "t1-check", 1.0)))
    slow = course.answers(t1_code="import time\n\ndef squares(n):\n    time.sleep(3)\n    return [1, 4, 9]")
    course.hand_in("ann", with_seconds(slow, "t1-check", 60))
    row = graded(course, pool)["ann"]
    statuses = {cell.grade_id: cell.status for cell in row.cells}
    assert (statuses["t1-check"], statuses["t1-hidden"]) == ("timed_out", "failed")
    course.nbgrader("autograde", course.lab, "--force")
    text = (course.root / "autograded/ann" / course.lab / f"{course.lab}.ipynb").read_text()
    marks = {cell["id"]: cell["metadata"].get("coreskills") for cell in json.loads(text)["cells"]}
    assert (marks["t1-check"]["status"], marks["t1-hidden"]["status"]) == ("timed_out", "failed")


def test_a_learner_without_hand_in_is_named(new_course: NewCourse, pool: Pool) -> None:
    """Asking for somebody who handed in nothing is an error that names them."""
    course = new_course()
    course.hand_in("ann", course.reference)
    with pytest.raises(GradingError, match="zoe handed nothing in"):
        graded(course, pool, learners=["ann", "zoe"])


def test_late_hand_ins_get_the_course_s_penalty(new_course: NewCourse, pool: Pool) -> None:
    """The late penalty is nbgrader's own plug-in, with the course's own option."""
    import sqlite3

    from traitlets.config import Config

    course = new_course()
    with sqlite3.connect(course.root / "gradebook.db") as connection:
        connection.execute("update assignment set duedate = '2026-11-01 00:00:00.000000'")
    course.hand_in("ann", course.reference)
    config = Config()
    config.LateSubmissionPlugin.penalty_method = "zero"
    graded(course, pool, config=config)
    with sqlite3.connect(course.root / "gradebook.db") as connection:
        assert connection.execute("select late_submission_penalty from submitted_notebook").fetchall() == [(4.5,)]
