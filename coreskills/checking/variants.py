"""Other ways to fill a lab in: the toy, the bad ones, the other good ones.

A variant is one Python file in ``tests/labs/<lab>/``: a docstring that says what it stands for, then one part
a cell, each under ``# %% <grade_id>``. Cells it does not name come from its base.
"""

from __future__ import annotations

import ast
import re
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import nbformat
from nbformat import NotebookNode

from coreskills.course import Course, Lab
from coreskills.errors import CourseError

Kind = Literal["toy", "bad", "alt"]

_PART = re.compile(r"^# %% +(\S+)[^\n]*\n?", re.MULTILINE)
_SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION.*?### END SOLUTION[ \t]*$", re.MULTILINE | re.DOTALL)
_STUB = "# YOUR CODE HERE\n{indent}raise NotImplementedError()"


@dataclass(frozen=True)
class Variant:
    """One other way to fill a lab in.

    Attributes:
        why: First line of the docstring: what this variant stands for.
        base: Where cells that it does not name come from.
        loses: grade_ids that must not get full marks; every bad variant names at least one.
    """

    name: str
    kind: Kind
    why: str
    base: Literal["reference", "empty"]
    loses: tuple[str, ...]
    cells: dict[str, str]


def read_variants(course: Course, lab: Lab) -> list[Variant]:
    """Read ``tests/labs/<lab>/{toy,bad_*,alt_*}.py``, in that order."""
    folder = course.root / "tests" / "labs" / lab.id
    files = [*folder.glob("toy.py"), *sorted(folder.glob("bad_*.py")), *sorted(folder.glob("alt_*.py"))]
    return [read_variant(path) for path in files]


def read_variant(path: Path) -> Variant:
    """Read one variant.

    Raises:
        CourseError: No docstring, no cell, or a bad one that names no cell it must lose.
    """
    text = path.read_text(encoding="utf-8")
    doc = ast.get_docstring(ast.parse(text)) or ""
    parts = _PART.split(text)[1:]
    cells = {name: source.strip("\n") for name, source in zip(parts[::2], parts[1::2], strict=True)}
    kind: Kind = "toy" if path.stem == "toy" else "bad" if path.stem.startswith("bad_") else "alt"
    settings = dict(re.findall(r"^(base|loses): *(.+)$", doc, re.MULTILINE))
    base = settings.get("base", "empty" if kind == "toy" else "reference")
    loses = tuple(name.strip() for name in settings.get("loses", "").split(",") if name.strip())
    if not doc or not cells:
        raise CourseError(f"{path} has no docstring or no cell.", fix="see docs/instructor/writing-a-lab.md")
    if kind == "bad" and not loses:
        raise CourseError(
            f"{path} does not say which checks must catch it.", fix="add `loses: <grade_id>` to its docstring"
        )
    return Variant(path.stem, kind, doc.splitlines()[0], "empty" if base == "empty" else "reference", loses, cells)


def read_source(course: Course, lab: Lab) -> NotebookNode:
    """Read the notebook with the solutions: the reference."""
    path = course.source(lab.id)
    if not path.is_file():
        raise CourseError(f"Lab {lab.id!r} has no notebook at {path}.", fix="write it, or mark the lab `to_come`")
    notebook: NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    return notebook


def blank(source: NotebookNode) -> NotebookNode:
    """The notebook of somebody who handed in what was released: stubs for solutions, every check in place."""
    return _with_cells(source, {})


def apply(variant: Variant, source: NotebookNode) -> NotebookNode:
    """Fill a lab in as the variant does.

    Raises:
        CourseError: It names a cell that is no solution cell of this lab.
    """
    names = {mark["grade_id"] for cell in source.cells if (mark := _mark(cell)).get("solution")}
    if unknown := sorted(set(variant.cells) - names):
        raise CourseError(
            f"Variant {variant.name!r} fills in {unknown[0]!r}, which is no solution cell.",
            fix=f"choose from {', '.join(sorted(names))}",
        )
    if variant.base == "empty":
        return _with_cells(source, variant.cells)
    notebook = deepcopy(source)
    for cell in notebook.cells:
        cell.source = variant.cells.get(_mark(cell).get("grade_id", ""), cell.source)
    return notebook


def _with_cells(source: NotebookNode, cells: dict[str, str]) -> NotebookNode:
    notebook = deepcopy(source)
    for cell in notebook.cells:
        mark = _mark(cell)
        if not mark.get("solution"):
            continue
        if mark["grade_id"] in cells:
            cell.source = cells[mark["grade_id"]]
        else:
            cell.source = _SOLUTION.sub(_stub if cell.cell_type == "code" else "YOUR ANSWER HERE", cell.source)
    return notebook


def _stub(found: re.Match[str]) -> str:
    # As nbgrader's ClearSolutions writes it, so that "empty" is what a learner gets.
    return found.group(1) + _STUB.format(indent=found.group(1))


def _mark(cell: NotebookNode) -> dict[str, Any]:
    mark: dict[str, Any] = cell.metadata.get("nbgrader", {})
    return mark
