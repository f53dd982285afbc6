"""A notebook's text against the catalogue and the form that every lab has."""

from __future__ import annotations

import re
from typing import Any

from nbformat import NotebookNode

from coreskills.course import Course, Lab

_ID = re.compile(r"^[a-z][0-9a-z]*-[a-z0-9-]+$")
_PICTURE_WITHOUT_TEXT = re.compile(r"!\[\s*\]\(|<img(?![^>]*\balt=)[^>]*>")
_LONGEST_TEXT_WORDS = 200
_TASK_HEADING = re.compile(r"^## Task (\d+) \((\d+) points?\b", re.MULTILINE)
_TASK_ID = re.compile(r"^[a-z0-9]+-t(\d+)[a-z]?-(?:check|hidden)$")
_GLANCE = re.compile(
    r"^\| Time \| (\d+) minutes \|\n\| Points \| (\d+): visible checks (\d+), checks at grading (\d+)\b", re.MULTILINE
)
_SLURS = re.compile(r"\b(simply|obviously|just)\b", re.IGNORECASE)


def points(source: NotebookNode) -> dict[str, float]:
    """grade_id of each check cell, with its points."""
    marks = (cell.metadata.get("nbgrader", {}) for cell in source.cells)
    return {mark["grade_id"]: float(mark["points"]) for mark in marks if mark.get("grade") and not mark.get("solution")}


def text_problems(course: Course, lab: Lab, source: NotebookNode) -> list[str]:
    """What breaks the form in docs/instructor/writing-a-lab.md; empty when nothing does."""
    return [
        *_points_problems(lab, source),
        *_told_problems(lab, source),
        *_cell_problems(source),
        *_kernel_problems(source),
    ]


def _points_problems(lab: Lab, source: NotebookNode) -> list[str]:
    sums = {"visible": 0.0, "hidden": 0.0, "manual": 0.0}
    for cell in source.cells:
        mark = cell.metadata.get("nbgrader", {})
        if mark.get("grade"):
            kind = "manual" if mark.get("solution") else "hidden" if mark["grade_id"].endswith("-hidden") else "visible"
            sums[kind] += mark["points"]
    return [
        f"the {kind} checks are worth {found:g} points, course.toml says {getattr(lab.points, kind)}"
        for kind, found in sums.items()
        if found != getattr(lab.points, kind)
    ]


def _told_problems(lab: Lab, source: NotebookNode) -> list[str]:
    """Where the text promises other points or minutes than there are."""
    text = "\n\n".join(cell.source for cell in source.cells if cell.cell_type == "markdown")
    worth: dict[str, float] = {}
    for grade_id, most in points(source).items():
        if found := _TASK_ID.match(grade_id):
            worth[found[1]] = worth.get(found[1], 0.0) + most
    told = {number: int(most) for number, most in _TASK_HEADING.findall(text)}
    wrong = [
        f"the heading of task {number} says {told.get(number, 'no')} points, its checks are worth {most:g}"
        for number, most in worth.items()
        if told.get(number) != most
    ]
    wanted = (lab.minutes, lab.points.total, lab.points.visible, lab.points.hidden)
    glance = _GLANCE.search(text)
    if glance is None or tuple(map(int, glance.groups())) != wanted:
        wrong.append(f"'At a glance' must say the minutes and points of course.toml: {wanted}")
    return wrong


def _cell_problems(source: NotebookNode) -> list[str]:
    found: list[str] = []
    ids = [cell.get("id", "") for cell in source.cells]
    found += [f"cell id {one!r} is used twice" for one in sorted({one for one in ids if ids.count(one) > 1})]
    for cell in source.cells:
        mark = cell.metadata.get("nbgrader", {})
        name = cell.get("id", "")
        if not _ID.match(name):
            found.append(f"cell id {name!r} is not one a person chose, such as b12-t3-code")
        if mark and mark.get("grade_id") != name:
            found.append(f"cell {name}: its grade_id is {mark.get('grade_id')!r}")
        if cell.cell_type == "code" and (cell.outputs or cell.execution_count is not None):
            found.append(f"cell {name} has outputs; commit none")
        found += _marked_problems(name, mark, cell.source) + _words_problems(name, cell)
    return found


def _marked_problems(name: str, mark: dict[str, Any], text: str) -> list[str]:
    found = []
    is_check = mark.get("grade") and not mark.get("solution")
    if is_check and not mark.get("locked"):
        found.append(f"check cell {name} is not locked")
    if is_check and not name.endswith(("-check", "-hidden")):
        found.append(f"check cell {name} must end in -check or -hidden")
    if is_check and ("### BEGIN HIDDEN TESTS" in text) != name.endswith("-hidden"):
        found.append(f"cell {name}: hidden tests stand in cells that end in -hidden, and nowhere else")
    if is_check and "assert" not in text:
        found.append(f"check cell {name} asserts nothing")
    if mark.get("solution") and ("### BEGIN SOLUTION" in text) != ("### END SOLUTION" in text):
        found.append(f"cell {name}: BEGIN SOLUTION and END SOLUTION do not match")
    if mark.get("solution") and "### BEGIN SOLUTION" not in text:
        found.append(f"solution cell {name} has no solution")
    return found


def _words_problems(name: str, cell: NotebookNode) -> list[str]:
    if cell.cell_type != "markdown":
        return []
    found = []
    prose = re.sub(r"```.*?```|`[^`]*`", "", cell.source, flags=re.DOTALL)
    if _PICTURE_WITHOUT_TEXT.search(cell.source):
        found.append(f"cell {name}: a picture without alt text")
    if len(prose.split()) > _LONGEST_TEXT_WORDS:
        found.append(f"cell {name}: {len(prose.split())} words in one text; split it")
    found += [f"cell {name}: {word.group().lower()!r} makes readers feel slow" for word in _SLURS.finditer(prose)]
    return found


def _kernel_problems(source: NotebookNode) -> list[str]:
    name = source.metadata.get("kernelspec", {}).get("name")
    return [] if name == "coreskills" else [f"the kernelspec is {name!r}, not 'coreskills'"]
