"""``/class``: who is stuck, and where? For instructors, rendered here, useful with 300 learners."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from coreskills.classroom.class_view import ClassView
from coreskills.classroom.export import plain_text
from coreskills.classroom.feedback import shown_points
from coreskills.classroom.overview import STUCK_TRIES, Cell, CheckStats, Column, Overview, Stuck
from coreskills.classroom.roster import Person
from coreskills.classroom.service.door import Asked
from coreskills.classroom.service.rendering import MARKS, PREFIX, STATES, WORDS, formgrader_address, render
from coreskills.course import Course, Lab
from coreskills_widgets.format import plural

PAGE = 50
_SHOWN = 5
_ROWS = 200


@dataclass(frozen=True)
class Filter:
    """What of the class is shown; the whole of it stands in the address."""

    module: str = ""
    state: str = ""
    section: str = ""
    find: str = ""
    stuck: bool = False
    late: bool = False
    tries: int = STUCK_TRIES
    page: int = 1

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Filter:
        return cls(
            module=query.get("module", ""),
            state=query.get("state", "") if query.get("state") in WORDS else "",
            section=query.get("section", ""),
            find=query.get("find", "").strip(),
            stuck=query.get("stuck") == "1",
            late=query.get("late") == "1",
            tries=_number(query.get("tries", ""), at_least=2, otherwise=STUCK_TRIES),
            page=_number(query.get("page", ""), at_least=1, otherwise=1),
        )

    def address(self, path: str = "/class", **changes: Any) -> str:
        """The address of the same filter, with changes."""
        now = {**vars(self), **changes}
        told = {name: int(value) if value is True else value for name, value in now.items() if value}
        return f"{PREFIX}{path}" + (f"?{urlencode(told)}" if told else "")


def _number(text: str, *, at_least: int, otherwise: int) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 and int(text) >= at_least else otherwise


def overview(asked: Asked) -> Response:
    """The class at a glance: what needs you, then learners by labs."""
    view, chosen = asked.service.class_view, Filter.read(asked.query)
    seen = view.overview()
    stuck = seen.stuck(tries=chosen.tries)
    labs, people = select_rows(seen, stuck, chosen)
    n_pages = max(1, -(-len(people) // PAGE))
    page = min(chosen.page, n_pages)
    first = (page - 1) * PAGE
    shown = people[first : first + PAGE]
    reasons = _reasons(view, stuck, shown)
    rows = [_row(seen, reasons.get(person.name, ""), labs, person, n) for n, person in enumerate(shown, first + 2)]
    return render(
        asked,
        "class.html",
        as_of=seen.as_of_utc,
        needs=_needs(asked, seen, stuck),
        any_stuck=bool(reasons),
        filter=chosen,
        modules=asked.service.classroom.course.modules,
        states=STATES,
        sections=sorted({person.section for person in seen.people if person.section}),
        labs=labs,
        rows=rows,
        narrow=sorted(rows, key=lambda row: not row["stuck"]),
        foot={lab.id: _foot(seen.column(lab.id)) for lab in labs},
        total=len(people),
        nobody=not seen.people,
        range=_range(first, len(people), len(seen.people)),
        pages=_pages(chosen, page, n_pages),
        csv=chosen.address("/class.csv", page=0),
        queued=seen.queued,
        running=seen.running,
    )


def select_rows(seen: Overview, stuck: Sequence[Stuck], chosen: Filter) -> tuple[list[Lab], list[Person]]:
    """The columns and rows that a filter leaves."""
    labs = [lab for lab in seen.labs if chosen.module in ("", lab.module)]
    in_trouble = {each.learner for each in stuck}
    find = chosen.find.casefold()

    def fits(person: Person) -> bool:
        cells = [seen.cell(person.name, lab.id) for lab in labs]
        return (
            chosen.section in ("", person.section)
            and (not find or find in person.name or find in person.full_name.casefold())
            and (not chosen.stuck or person.name in in_trouble)
            and (not chosen.late or any(cell is not None and cell.is_late for cell in cells))
            and (not chosen.state or any((cell.state if cell else "new") == chosen.state for cell in cells))
        )

    return labs, [person for person in seen.people if fits(person)]


def _reasons(view: ClassView, stuck: Sequence[Stuck], people: Sequence[Person]) -> dict[str, str]:
    """Where each of these learners has been stuck longest, in words."""
    first: dict[str, Stuck] = {}
    names = {person.name for person in people}
    for each in stuck:
        if each.learner in names:
            first.setdefault(each.learner, each)
    found = view.explain(list(first.values()))
    return {each.learner: f"{view.course.lab(each.lab).number} {each.title}, {each.tries} tries" for each in found}


def _row(seen: Overview, stuck: str, labs: Sequence[Lab], person: Person, index: int) -> dict[str, Any]:
    cells = [_cell(lab, seen.cell(person.name, lab.id)) for lab in labs]
    passed = sum(cell["state"] == "passed" for cell in cells)
    return {
        "index": index,
        "name": person.name,
        "shown": person.shown,
        "cells": cells,
        "summary": f"{passed} of {len(cells)} passed",
        "stuck": stuck,
    }


def _cell(lab: Lab, cell: Cell | None) -> dict[str, Any]:
    if cell is None:
        return {"state": "new", "mark": "-", "text": "", "label": f"{lab.number} nothing handed in", "late": False}
    points = "" if cell.score is None else shown_points(cell.score.points)
    word = WORDS.get(cell.state, cell.state)
    label = f"{lab.number} {word}" + (f", {points} of {lab.points.total}" if points else "")
    return {
        "state": cell.state,
        "mark": MARKS.get(cell.state, "?"),
        "text": points,
        "label": label,
        "late": cell.is_late,
    }


def _foot(column: Column) -> dict[str, Any]:
    return {"passed": column.n_passed, "median": "" if column.median is None else shown_points(column.median)}


def _range(first: int, n: int, everybody: int) -> str:
    of = "" if n == everybody else f" (of {everybody})"
    return f"{n} {plural(n, 'learner')}{of}" + (f", {first + 1}-{min(first + PAGE, n)}" if n > PAGE else "")


def _pages(chosen: Filter, page: int, n_pages: int) -> list[dict[str, str]]:
    if n_pages == 1:
        return []
    numbers = range(1, n_pages + 1)
    return [{"text": str(n), "href": "" if n == page else chosen.address(page=n)} for n in numbers]


def _needs(asked: Asked, seen: Overview, stuck: Sequence[Stuck]) -> list[dict[str, Any]]:
    """What needs the instructor, each with a count, a reason in words and a link."""
    view, course, missed = asked.service.class_view, seen.course, seen.with_misses
    names = {person.name: person.shown for person in seen.people}

    def learner(name: str, why: str) -> dict[str, str]:
        return {"href": f"{PREFIX}/class/learners/{name}", "text": names[name], "why": why}

    return [
        _need(
            f"{plural(len(stuck), 'time')} a learner is stuck",
            [learner(each.learner, _why_stuck(course, each)) for each in view.explain(stuck[:_SHOWN])],
            count=len(stuck),
            more=max(0, len(stuck) - _SHOWN),
        ),
        _failing(view.failing(seen)),
        _to_judge(asked, seen),
        _need(
            f"{plural(len(missed), 'notebook')} with requests that have no recording",
            [learner(cell.learner, f"{cell.misses} in {course.lab(cell.lab).number}") for cell in missed],
        ),
        _need(
            f"{plural(len(seen.failed), 'submission')} not graded: something broke",
            [learner(name, f"{course.lab(lab).number}: {_first(error)}") for name, lab, error in seen.failed],
        ),
    ]


def _why_stuck(course: Course, each: Stuck) -> str:
    lab = course.lab(each.lab).number
    return f"failed {each.title} ({lab}) {each.tries} times since {each.since_utc:%a %d %b}"


def _failing(failing: Sequence[tuple[Lab, CheckStats]]) -> dict[str, Any]:
    rows = [
        {
            "href": f"{PREFIX}/class/labs/{lab.id}",
            "text": f"{lab.number} {check.title}",
            "why": f"{len(check.never)} of {check.tried} never passed it",
        }
        for lab, check in failing
    ]
    return _need(f"{plural(len(failing), 'check')} that some never pass", rows)


def _to_judge(asked: Asked, seen: Overview) -> dict[str, Any]:
    waiting = seen.to_judge
    rows = [
        {
            "href": formgrader_address(asked, lab),
            "text": seen.course.lab(lab).number,
            "why": "1 waits" if n == 1 else f"{n} wait",
        }
        for lab, n in Counter(cell.lab for cell in waiting).most_common()
    ]
    return _need(f"{plural(len(waiting), 'notebook')} to grade by hand", rows, count=len(waiting))


def _need(title: str, rows: list[dict[str, str]], *, count: int | None = None, more: int = 0) -> dict[str, Any]:
    """One thing that needs the instructor.

    Args:
        count: How many things that is; one a row, unless told.
        more: How many rows there are beyond those given.
    """
    n = len(rows) if count is None else count
    return {"count": n, "title": title, "rows": rows[:_SHOWN], "more": more + max(0, len(rows) - _SHOWN)}


def _first(error: str) -> str:
    return (error.splitlines() or [""])[0][:160]


def export(asked: Asked) -> Response:
    """``/class.csv``: the grid that a filter leaves, one row a learner."""
    chosen = Filter.read(asked.query)
    seen = asked.service.class_view.overview()
    labs, people = select_rows(seen, seen.stuck(tries=chosen.tries), chosen)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["learner", "name", "section", *(f"{lab.number} {part}" for lab in labs for part in ("state", "score"))]
    )
    for person in people:
        cells = [_cell(lab, seen.cell(person.name, lab.id)) for lab in labs]
        row = [person.name, person.full_name, person.section]
        writer.writerow([*map(plain_text, row), *(value for cell in cells for value in (cell["state"], cell["text"]))])
    return Response(
        out.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="class.csv"'},
    )
