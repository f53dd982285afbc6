"""Due dates from one start date."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from coreskills.classroom.schedule import DueDates, plan, write_calendar
from coreskills.course import load_course
from coreskills.errors import ClassroomError

COURSE = load_course(Path(__file__).parents[2])
START = date(2027, 1, 11)


@pytest.mark.parametrize(
    ("form", "last_lab", "capstone"),
    [
        pytest.param("self-paced", date(2027, 3, 7), date(2027, 4, 11), id="eight-weeks"),
        pytest.param("intensive", date(2027, 1, 12), date(2027, 2, 16), id="two-days"),
        pytest.param("advanced", date(2027, 2, 21), date(2027, 3, 28), id="six-weeks"),
    ],
)
def test_a_format_ends_on_its_day(form: str, last_lab: date, capstone: date) -> None:
    """The last module is due on the last day, the capstone its weeks later."""
    due = plan(COURSE, start=START, form=form)
    assert due["b6-3-cloudwatch" if "b6-3-cloudwatch" in due else COURSE.labs[-3].id].date() == last_lab
    assert due["b7-rag-app"].date() == capstone


@given(st.dates(date(2020, 1, 1), date(2050, 1, 1)), st.sampled_from(sorted(COURSE.schedules)))
def test_modules_are_due_in_order_and_never_before_the_start(start: date, form: str) -> None:
    """Later modules are never due earlier, and every lab has a date."""
    due = plan(COURSE, start=start, form=form)
    assert set(due) == {lab.id for lab in COURSE.labs}
    order = [module.id for module in COURSE.modules]
    days = sorted((order.index(lab.module), due[lab.id]) for lab in COURSE.labs)
    assert [when for _, when in days] == sorted(when for _, when in days)
    assert days[0][1].date() >= start


def test_midnight_is_the_classs_own() -> None:
    """23:59 in Berlin is 22:59 UTC in winter and 21:59 in summer."""
    due = plan(COURSE, start=date(2027, 3, 1), form="self-paced", zone="Europe/Berlin")
    hours = {when.month: (when.hour, when.minute) for when in due.values()}
    assert (hours[3], hours[4]) in (((22, 59), (21, 59)), ((21, 59), (21, 59)))


def test_the_calendar_reads_back() -> None:
    """One event for each lab, ending when it is due; made twice, its ids are the same."""
    due = plan(COURSE, start=START, form="self-paced")
    first, second = (write_calendar(COURSE, due, now=datetime(2027, 1, day, tzinfo=UTC)) for day in (1, 2))
    events = {str(event["uid"]): event["dtend"].dt for event in Calendar.from_ical(first).walk("VEVENT")}
    assert events == {f"{lab}@{COURSE.course.id}": when for lab, when in due.items()}
    assert {str(event["uid"]) for event in Calendar.from_ical(second).walk("VEVENT")} == set(events)


def test_an_unknown_format_names_those_there_are() -> None:
    """The message offers the course's own."""
    with pytest.raises(ClassroomError, match=r"advanced, intensive, self-paced"):
        plan(COURSE, start=START, form="weekend")


def test_an_extension_outlives_a_new_schedule(tmp_path: Path) -> None:
    """Setting the class's dates again leaves one learner's own."""
    dates, monday = DueDates(f"sqlite:///{tmp_path / 'room.sqlite'}"), datetime(2027, 1, 18, tzinfo=UTC)
    dates.put({"b1-1-first-call": monday})
    dates.extend("b1-1-first-call", "ada", monday + timedelta(days=7))
    dates.put({"b1-1-first-call": monday + timedelta(days=1)})
    assert dates.of("ada")["b1-1-first-call"] == monday + timedelta(days=7)
    assert dates.of("grace")["b1-1-first-call"] == monday + timedelta(days=1)
