"""The class page: right numbers, quick at 300 x 45, harmless whatever learners wrote."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests
from sqlalchemy import event

from coreskills.bench.classroom import fill
from coreskills.classroom.class_view import ClassView
from coreskills.classroom.roster import Person, Roster
from coreskills.classroom.service.app import open_exchange, release_open_labs
from coreskills.classroom.settings import Classroom
from coreskills.classroom.store.claims import Claims
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
    view = running.service.class_view
    (stuck,) = view.explain(view.overview().stuck())
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
    view = running.service.class_view
    (stats,) = view.checks(view.overview(), LAB)
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


def test_a_learner_at_the_class_page_is_shown_the_way_back(running: Any) -> None:
    """A page with a name and links for a browser, one line for a program; 403 for both."""
    url, browser = f"{running.url}/class", {"Accept": "text/html,application/xhtml+xml"}
    shown = requests.get(url, headers={**running.as_("ada"), **browser})
    assert (shown.status_code, shown.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert "<h1>This page is for instructors</h1>" in shown.text
    assert "logged in as <strong>ada</strong>" in shown.text
    assert 'href="/hub/user-redirect/lab"' in shown.text
    assert "/services/course/class" not in shown.text
    plain = requests.get(url, headers=running.as_("ada"))
    assert (plain.status_code, plain.headers["content-type"]) == (403, "text/plain; charset=utf-8")
    lost = requests.get(f"{url}/learners/nobody", headers={**running.as_("iris"), **browser})
    assert (lost.status_code, "There is no learner" in lost.text) == (404, True)


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
    assert {lab.id: len(seen.column(lab.id).cells) for lab in running.room.course.labs} == {
        lab.id: 300 for lab in running.room.course.labs
    }
    paths = ("/class", "/class?page=6", "/class?stuck=1", "/class?module=M1&state=passed")
    statements: list[str] = []
    for path in paths:
        page(running, path)
    event.listen(connect(running.room.database_url), "before_cursor_execute", lambda *told: statements.append(told[2]))
    for path in paths:
        assert page(running, path).status_code == 200
    # The mark, why those on this page are stuck, and who is asking.
    assert len([each for each in statements if each.startswith("SELECT")]) <= len(paths) * 8
    assert not [each for each in statements if "JOIN" in each]
    assert running.service.class_view.overview() is seen


def cells_of(view: ClassView) -> dict[tuple[str, str], Any]:
    return {
        (cell.learner, lab): cell for lab, column in view.overview().columns.items() for cell in column.cells.values()
    }


def test_what_changed_is_read_again_and_nothing_else(room: Classroom, make_notebook: Callable[..., bytes]) -> None:
    """After each kind of change a kept view says what a new one says, and other labs' columns are the same objects."""
    fill(room, 12)
    release_open_labs(room, open_exchange(room))
    view, exchange, grades = ClassView(room.database_url, room.course), open_exchange(room), Grades(room.database_url)
    claims, roster = Claims(room.database_url), Roster(room.database_url)
    other = room.course.labs[-8].id

    def hand_in() -> None:
        exchange.submit(LAB, "l003", {f"{LAB}.ipynb": make_notebook("new")}, state="queued")

    def grade() -> None:
        (number,) = claims.claim(LAB, limit=1)
        grades.record(
            number, auto=Decimal(18), max_points=Decimal(20), manual=Decimal(0), checks=[check("t2", "passed")]
        )

    def fail() -> None:
        claims.requeue(lab=LAB, learners=["l004"])
        (number,) = claims.claim(LAB, limit=1)
        claims.fail(number, "no recording")

    changes = (
        hand_in,
        lambda: claims.claim(LAB, limit=1) and None,
        lambda: claims.give_back(exchange.queue()),
        grade,
        lambda: grades.set_manual(1, Decimal(7)),
        fail,
        lambda: claims.requeue(lab=LAB, learners=["l004", "l005"]) and None,
    )
    before = view.overview()
    for change in changes:
        change()
        seen, fresh = view.overview(), ClassView(room.database_url, room.course).overview()
        assert seen is not before
        assert cells_of(view) == {
            (cell.learner, lab): cell for lab, column in fresh.columns.items() for cell in column.cells.values()
        }
        assert (seen.queued, seen.running, seen.failed) == (fresh.queued, fresh.running, fresh.failed)
        assert seen.column(other) is before.column(other)
        before = seen
    roster.retire(["l003"])
    assert ("l003", other) not in cells_of(view)
    roster.put([Person("l003", "Back Again")])
    assert ("l003", LAB) in cells_of(view)
