"""The class page: right numbers, quick at 300 x 45, harmless whatever learners wrote."""

from __future__ import annotations

import csv
import io
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests
from sqlalchemy import event

from coreskills.bench.classroom import fill
from coreskills.classroom.kept import QUICK_S, Kept
from coreskills.classroom.roster import Person, Roster
from coreskills.classroom.service.app import open_exchange, release_open_labs
from coreskills.classroom.settings import Classroom
from coreskills.classroom.store.grades import Grades
from coreskills.classroom.store.tables import connect

LAB = "b1-1-first-call"


def check(number: str, status: str, message: str = "") -> dict[str, Any]:
    return {"id": number, "title": f"Title of {number}", "points": 1, "max": 1, "status": status, "message": message}


def graded(
    room: Classroom,
    make_notebook: Callable[..., bytes],
    learner: str,
    *attempts: list[dict[str, Any]],
    points: str = "5",
) -> None:
    exchange, grades = open_exchange(room), Grades(room.database_url)
    release_open_labs(room, exchange)
    for number, checks in enumerate(attempts):
        files = {f"{LAB}.ipynb": make_notebook(learner, str(number))}
        exchange.submit(LAB, learner, files, state="queued")
        newest = exchange.submissions(learner=learner)[-1].id
        grades.record(newest, auto=Decimal(points), manual=Decimal(0), max_points=Decimal(20), checks=checks)


def page(running: Any, path: str) -> requests.Response:
    return requests.get(f"{running.url}{path}", headers=running.as_("iris"))


def test_a_learner_is_stuck_after_failing_one_check_three_times_in_a_row(
    running: Any, make_notebook: Callable[..., bytes]
) -> None:
    """The reason names check, count and lab; another check in between breaks the run."""
    fail, ok = check("t2", "failed", "An unknown price is None."), check("t2", "passed")
    graded(running.room, make_notebook, "ada", [fail], [fail], [fail])
    graded(running.room, make_notebook, "grace", [fail], [ok, check("t3", "failed")], [fail])
    (stuck,) = running.service.class_view.stuck()
    assert (stuck.learner, stuck.check, stuck.tries, stuck.message) == ("ada", "t2", 3, "An unknown price is None.")
    shown = page(running, "/class?stuck=1").text
    assert "B1.1 Title of t2, 3 tries" in shown
    assert "Grace Hopper" not in shown.partition("<tbody>")[2]
    assert "Ada Lovelace" not in page(running, "/class?stuck=1&tries=4").text.partition("<tbody>")[2]


def test_item_analysis_counts_each_learner_once(running: Any, make_notebook: Callable[..., bytes]) -> None:
    """First try, later, never: with the names, and the commonest teaching message."""
    fail, ok = check("t2", "failed", "Ask the provider."), check("t2", "passed")
    graded(running.room, make_notebook, "ada", [ok])
    graded(running.room, make_notebook, "grace", [fail], [ok])
    Roster(running.room.database_url).put([Person("alan"), Person("iris", role="instructor")])
    graded(running.room, make_notebook, "alan", [fail])
    graded(running.room, make_notebook, "iris", [fail])
    (stats,) = running.service.class_view.checks(LAB)
    assert (stats.first_try, stats.later, stats.never, stats.message) == (
        ["ada"],
        ["grace"],
        ["alan"],
        "Ask the provider.",
    )
    assert "1 at the first try, 1 later, 1 never, of 3" in page(running, f"/class/labs/{LAB}").text


def test_what_learners_wrote_is_text(running: Any, make_notebook: Callable[..., bytes]) -> None:
    """Markup in names and messages shows as text, and no formula reaches a spreadsheet."""
    evil = "<script>alert(1)</script>"
    Roster(running.room.database_url).put([Person("mallory", f"=HYPERLINK({evil})", section="@A")])
    graded(running.room, make_notebook, "mallory", *[[check("t2", "failed", evil)]] * 3)
    for path in ("/class", f"/class/labs/{LAB}", "/class/learners/mallory"):
        answer = page(running, path)
        assert evil not in answer.text
        assert re.search(r"script-src 'nonce-[\w-]+'", answer.headers["content-security-policy"])
    rows = list(csv.DictReader(io.StringIO(page(running, "/class.csv?find=mallory").text)))
    assert (rows[0]["name"][0], rows[0]["section"]) == ("'", "'@A")
    assert rows[0]["B1.1 state"] == "not_yet"


def test_forms_do_what_they_say(running: Any, make_notebook: Callable[..., bytes]) -> None:
    """Extend, recommend, grade again: by an instructor's token; each is there afterwards."""
    graded(running.room, make_notebook, "ada", [check("t2", "failed")])

    def send(path: str, **form: str) -> int:
        return requests.post(
            f"{running.url}/class/{path}", headers=running.as_("iris"), data=form, allow_redirects=False
        ).status_code

    assert send("learners/ada/extend", lab=LAB, due="2027-02-01T10:00", reason="ill") == 303
    assert running.service.due.of("ada") == {LAB: datetime(2027, 2, 1, 10, tzinfo=UTC)}
    assert send("learners/ada/recommend", reason="Led the review.") == 303
    assert running.service.recommendations.reason("ada") == "Led the review."
    assert (send("learners/ada/recommend", reason=" "), send("learners/ada/extend", lab=LAB, due="soon")) == (400, 400)
    assert send(f"labs/{LAB}/grade") == 303
    assert len(running.service.exchange.queue()) == 1


def test_an_empty_class_says_what_to_do(running: Any) -> None:
    """Nobody handed in, nothing matches, nobody on the roster: each a sentence."""
    assert "No graded submissions yet" in page(running, f"/class/labs/{LAB}").text
    assert "Nothing matches" in page(running, "/class?find=zzz").text
    Roster(running.room.database_url).retire(["ada", "grace"])
    assert "roster import" in page(running, "/class").text


@pytest.mark.slow
def test_a_full_class_is_read_once_and_shown_from_what_was_read(running: Any) -> None:
    """300 learners: once read, a page asks the database for little more than whether anything changed."""
    fill(running.room, 300)
    seen = running.service.class_view.overview()
    assert len(seen.cells) == 300 * len(running.room.course.labs)
    paths = ("/class", "/class?page=6", "/class?stuck=1", "/class?module=M1&state=passed")
    statements: list[str] = []
    for path in paths:
        page(running, path)
    event.listen(connect(running.room.database_url), "before_cursor_execute", lambda *told: statements.append(told[2]))
    for path in paths:
        assert page(running, path).status_code == 200
    # Marks only: four for the overview, the stuck, the failing checks and each of their labs; one for who is asking.
    assert len(statements) <= len(paths) * 40
    assert not [each for each in statements if "JOIN" in each]
    assert running.service.class_view.overview() is seen


def test_a_slow_reading_happens_behind_the_page() -> None:
    """What takes long is given as it was, and read meanwhile; what is quick is read at once."""
    told = iter(("first", "second", "third"))
    may_go = threading.Event()

    def slow() -> str:
        began = time.thread_time()
        while time.thread_time() - began < 1.5 * QUICK_S:
            pass
        return next(told)

    def waits() -> str:
        may_go.wait()
        return slow()

    kept = Kept[str]()
    assert kept.get(1, slow) == "first"
    assert [kept.get(2, waits), kept.get(2, waits)] == ["first", "first"]
    may_go.set()
    while kept.get(2, waits) == "first":
        time.sleep(0.01)
    assert kept.get(2, waits) == "second"
    quick = Kept[str]()
    assert [quick.get(mark, lambda mark=mark: str(mark)) for mark in (1, 2, 2, 3)] == ["1", "2", "2", "3"]  # type: ignore[misc]  # mypy: lambda default
