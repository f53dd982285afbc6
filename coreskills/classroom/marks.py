"""What the examiner wrote into a graded notebook, as checks a person can read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coreskills.examiner.messages import HIDDEN

MARK = "coreskills"  # the metadata key the examiner writes
_HIDDEN_TITLE = re.compile(r"#\s*Checked at grading:\s*(.+)")


@dataclass(frozen=True)
class Check:
    """One test cell of a graded notebook.

    Attributes:
        id: Its grade_id.
        message: The check's teaching message; for crashes and time-outs, what happened.
        misses: Requests that no recording answers, in the learner's words.
        output: What the cell printed; empty for hidden checks.
    """

    id: str
    title: str
    points: float
    max: float
    status: str
    message: str
    misses: tuple[str, ...]
    is_hidden: bool
    output: str

    def row(self) -> dict[str, Any]:
        """As kept with the grade, for item analysis."""
        return {
            "id": self.id,
            "title": self.title,
            "points": self.points,
            "max": self.max,
            "status": self.status,
            "message": self.message,
        }


@dataclass(frozen=True)
class Comment:
    """A person's words on a cell."""

    title: str
    text: str
    points: float | None
    max: float


def read_checks(notebook: Mapping[str, Any]) -> list[Check]:
    """The checks of an autograded notebook, in its order."""
    checks, heading = [], ""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            heading = _heading(cell) or heading
        mark = cell.get("metadata", {}).get(MARK)
        if isinstance(mark, dict) and "grade_id" in mark:
            checks.append(_check(cell, mark, heading))
    return checks


def read_misses(notebook: Mapping[str, Any]) -> int:
    """How many requests of the whole notebook no recording answered."""
    mark = notebook.get("metadata", {}).get(MARK, {})
    return len(mark.get("misses", ())) if isinstance(mark, dict) else 0


def _check(cell: Mapping[str, Any], mark: Mapping[str, Any], heading: str) -> Check:
    is_hidden = str(mark["grade_id"]).endswith("-hidden") or HIDDEN in _source(cell)
    named = _HIDDEN_TITLE.match(_source(cell))
    return Check(
        id=str(mark["grade_id"]),
        title=f"{heading}: {named[1].strip().rstrip('.')}" if named else heading or str(mark["grade_id"]),
        points=float(mark["points"]),
        max=float(mark["max"]),
        status=str(mark["status"]),
        message=str(mark.get("message", "")),
        misses=tuple(map(str, mark.get("misses", ()))),
        is_hidden=is_hidden,
        output="" if is_hidden else _printed(cell),
    )


def _heading(cell: Mapping[str, Any]) -> str:
    """The cell's first heading of level 2, without its points."""
    for line in _source(cell).splitlines():
        if line.startswith("## "):
            return re.sub(r"\s*\(\d+ points?[^)]*\)", "", line[3:]).strip()
    return ""


def _source(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return "".join(source) if isinstance(source, list) else str(source)


def _printed(cell: Mapping[str, Any]) -> str:
    texts = []
    for output in cell.get("outputs", ()):
        if output.get("output_type") == "stream":
            text = output.get("text", "")
            texts.append("".join(text) if isinstance(text, list) else str(text))
    return "".join(texts)
