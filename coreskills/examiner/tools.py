"""Finding the instructor's own cells: what tests may use of them without asking the learner's process."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def trusted_texts(locked: Iterable[str], source: Path) -> tuple[str, ...]:
    """Collect the text of cells that learners cannot change, and of the source notebook's own cells.

    Args:
        locked: From the gradebook.
        source: The notebook that people edit; where it is not on this machine, the locked cells must do.
    """
    texts = list(locked)
    try:
        cells = json.loads(source.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError):
        return tuple(texts)
    return (*texts, *(_text(cell) for cell in cells if cell.get("cell_type") == "code" and not _is_solution(cell)))


def own_timeouts(source: Path) -> dict[str, float]:
    """Read the seconds that locked cells ask for in their metadata, by grade_id.

    From the notebook that people edit: a learner can change the metadata of any cell handed in.
    """
    try:
        cells = json.loads(source.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError):
        return {}
    found = {}
    for cell in cells:
        marks = cell.get("metadata", {}).get("nbgrader", {})
        seconds = cell.get("metadata", {}).get("coreskills", {}).get("timeout_s")
        is_given = marks.get("locked") or (marks.get("grade") and not marks.get("solution"))
        if is_given and isinstance(seconds, int | float) and seconds > 0:
            found[str(marks["grade_id"])] = float(seconds)
    return found


def _text(cell: dict[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def _is_solution(cell: dict[str, Any]) -> bool:
    return bool(cell.get("metadata", {}).get("nbgrader", {}).get("solution"))
