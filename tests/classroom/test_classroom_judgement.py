"""What a person judges in formgrader reaches the learner: the score, and the page that explains it."""

from __future__ import annotations

import os
import shutil
import sys
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from coreskills.classroom.gradebook import know_lab
from coreskills.classroom.roster import Person, Roster
from coreskills.classroom.service.app import open_exchange, release_open_labs
from coreskills.classroom.settings import Classroom
from coreskills.classroom.standing import take_over_judgements
from coreskills.classroom.store.grades import Grades
from coreskills.course import load_course
from coreskills.examiner.gradebook import BASE_CELL, GRADE, GradebookFile, Saved

ROOT = Path(__file__).parents[2]
LAB = "b1-1-first-call"


def examined(room: Classroom) -> None:
    """Ada's submission as the examiner leaves it: checks scored, the reflection waits."""
    exchange = open_exchange(room)
    release_open_labs(room, exchange)
    know_lab(room, LAB)
    exchange.submit(LAB, "ada", {f"{LAB}.ipynb": b"{}"}, state="queued")
    (row,) = exchange.submissions()
    book = GradebookFile(room.gradebook_url)
    lab = book.released(LAB)
    (notebook,) = lab.notebooks.values()
    scores = {name: None if name not in notebook.tests else most for name, most in notebook.points.items()}
    book.save(lab, "ada", row.received_utc, [Saved(notebook.name, scores, {})])
    book.close()
    (room.autograded / "ada" / LAB).mkdir(parents=True)
    shutil.copy(ROOT / "release" / LAB / f"{LAB}.ipynb", room.autograded / "ada" / LAB)
    Grades(room.database_url).record(row.id, auto=Decimal(18), manual=None, max_points=Decimal(20))
    exchange.give_feedback(row.id, {f"{LAB}.html": b"2 of 20 points wait for your instructor"})


def judge(room: Classroom, points: int) -> None:
    """As formgrader does when a person leaves a score field."""
    engine = sa.create_engine(room.gradebook_url)
    manual = sa.select(BASE_CELL.c.id).where(BASE_CELL.c.name.like("%-manual"))
    with engine.begin() as connection:
        connection.execute(
            sa.update(GRADE).where(GRADE.c.cell_id.in_(manual)).values(manual_score=points, needs_manual_grade=False)
        )
    engine.dispose()


@pytest.mark.slow
def test_a_judgement_renews_score_and_page_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it nothing happens; after it score and page say 20; looking again gives no newer page."""
    # nbgrader calls alembic by name, which lies beside this Python.
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    room = Classroom(course=load_course(ROOT), state=tmp_path / "state")
    room.make_folders()
    Roster(room.database_url).put([Person("ada")])
    examined(room)
    exchange, grades = open_exchange(room), Grades(room.database_url)
    (row,) = exchange.submissions()

    def page() -> str:
        return exchange.take_feedback(row, seen=False)[f"{LAB}.html"].decode()

    assert take_over_judgements(room, LAB) == 0
    assert "wait for your instructor" in page()
    judge(room, 2)
    assert take_over_judgements(room, LAB) == 1
    assert grades.best(room.course, "ada")[LAB].points == 20
    renewed = page()
    assert "<strong>20 of 20</strong>" in renewed
    assert "wait for your instructor" not in renewed
    assert take_over_judgements(room, LAB) == 1
    assert page() == renewed
