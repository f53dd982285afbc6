"""Due dates: computed from one start date, kept per lab, extended per learner."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event
from sqlalchemy import select

from coreskills.classroom.store.tables import DueRow, reading, writing
from coreskills.course import Course, Lab
from coreskills.errors import ClassroomError

_DUE_TIME = time(23, 59)


def plan(course: Course, *, start: date, form: str, zone: str = "UTC") -> dict[str, datetime]:
    """Due dates of all labs, in the order of the catalogue.

    The modules share the weeks (or, in the intensive form, the days) evenly; a module's labs are due together at the
    end of its share. A capstone is due its own weeks later.

    Args:
        form: A name under ``[schedules]`` in course.toml.
        zone: Whose 23:59 it is.

    Raises:
        ClassroomError: No such form; names those there are.
    """
    if form not in course.schedules:
        raise ClassroomError(
            f"There is no schedule {form!r}.", fix=f"choose from {', '.join(sorted(course.schedules))}"
        )
    schedule = course.schedules[form]
    days = schedule.days or 7 * (schedule.weeks or 1)
    modules = [module.id for module in course.modules if any(_is_lab(lab, module.id) for lab in course.labs)]
    last_day = start + timedelta(days=days - 1)
    due: dict[str, datetime] = {}
    for lab in course.labs:
        if lab.kind == "capstone":
            day = last_day + timedelta(weeks=schedule.capstone_weeks)
        else:  # module n of N ends on day ceil(n * days / N)
            day = start + timedelta(days=-(-(modules.index(lab.module) + 1) * days // len(modules)) - 1)
        due[lab.id] = datetime.combine(day, _DUE_TIME, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return due


def _is_lab(lab: Lab, module: str) -> bool:
    return lab.module == module and lab.kind == "lab"


def write_calendar(course: Course, due: Mapping[str, datetime], *, now: datetime) -> bytes:
    """An .ics file with one event for each lab's due date; made again, it replaces its events."""
    calendar = Calendar()
    calendar.add("prodid", "-//CoreSkills Lab//due dates//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", course.course.title)
    for lab in course.labs:
        if lab.id not in due:
            continue
        event = Event()
        event.add("uid", f"{lab.id}@{course.course.id}")
        event.add("dtstamp", now)
        event.add("dtstart", due[lab.id] - timedelta(minutes=30))
        event.add("dtend", due[lab.id])
        event.add("summary", f"{lab.number} {lab.title} is due")
        event.add("description", f"About {lab.minutes} minutes of work, {lab.points.total} points.")
        calendar.add_component(event)
    data: bytes = calendar.to_ical()
    return data


class DueDates:
    """The due dates of one classroom."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url

    def put(self, due: Mapping[str, datetime]) -> None:
        """Set labs' due dates; extensions stay."""
        self._put({(lab, ""): (when, "") for lab, when in due.items()})

    def extend(self, lab: str, learner: str, due: datetime, *, reason: str = "") -> None:
        """Give one learner another due date for a lab."""
        self._put({(lab, learner): (due, reason)})

    def _put(self, rows: Mapping[tuple[str, str], tuple[datetime, str]]) -> None:
        with writing(self._url) as session:
            for (lab, learner), (when, reason) in rows.items():
                row = session.get(DueRow, (lab, learner))
                if row is None:
                    session.add(DueRow(lab=lab, learner=learner, due_utc=when, reason=reason))
                else:
                    row.due_utc, row.reason = when, reason

    def general(self) -> dict[str, datetime]:
        """The class's due dates, by lab."""
        return self._get("")

    def of(self, learner: str) -> dict[str, datetime]:
        """One learner's due dates, extensions in."""
        return {**self._get(""), **self._get(learner)}

    def _get(self, learner: str) -> dict[str, datetime]:
        with reading(self._url) as session:
            rows = session.scalars(select(DueRow).where(DueRow.learner == learner))
            return {row.lab: row.due_utc for row in rows}
