"""Making a submitted notebook safe to grade: the instructor's cells as released, whatever the learner's file says.

Does what nbgrader's ClearOutput, DeduplicateIds, OverwriteKernelspec, OverwriteCells and CheckCellMetadata do, and
mends what stops those: flags of a graded cell that were edited.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from coreskills.errors import GradingError
from coreskills.examiner.gradebook import ReleasedNotebook, SourceCell

MAX_NOTEBOOK_BYTES = 50 * 2**20
Cell = dict[str, Any]


def read_notebook(path: Path) -> dict[str, Any]:
    """Read a submitted notebook.

    Raises:
        GradingError: It is missing, too large, or not a notebook.
    """
    fix = "ask the learner to open it in JupyterLab, run it, save it and submit again"
    try:
        if path.is_symlink() or path.stat().st_size > MAX_NOTEBOOK_BYTES:
            raise GradingError(f"{path.name} is a link or larger than {MAX_NOTEBOOK_BYTES // 2**20} MB.", fix=fix)
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise GradingError(
            f"The submission has no {path.name}.", fix="the notebook may have been renamed: " + fix
        ) from None
    except (ValueError, RecursionError) as error:
        raise GradingError(f"{path.name} is not a notebook: {error}.", fix=fix) from error
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells", []), list):
        raise GradingError(f"{path.name} is JSON, but not a notebook.", fix=fix)
    if notebook.get("nbformat") != 4:
        notebook = _upgraded(notebook, path.name, fix)
    if not all(_is_cell(cell) for cell in notebook["cells"]):
        raise GradingError(f"{path.name} has a damaged cell.", fix=fix)
    checked: dict[str, Any] = notebook
    return checked


def _upgraded(notebook: dict[str, Any], name: str, fix: str) -> dict[str, Any]:
    import nbformat as untyped  # two seconds; only for notebooks of the old format

    nbformat: Any = untyped

    try:
        return dict(json.loads(json.dumps(nbformat.convert(nbformat.from_dict(notebook), 4))))
    except Exception as error:
        raise GradingError(f"{name} has format {notebook.get('nbformat')!r}, which cannot be read.", fix=fix) from error


def _is_cell(cell: Any) -> bool:
    return (
        isinstance(cell, dict)
        and cell.get("cell_type") in ("code", "markdown", "raw")
        and isinstance(cell.get("metadata", {}), dict)
        and isinstance(cell.get("metadata", {}).get("nbgrader", {}), dict)
        and (isinstance(cell.get("source"), str) or _is_lines(cell.get("source")))
    )


def _is_lines(source: Any) -> bool:
    return isinstance(source, list) and all(isinstance(line, str) for line in source)


def sanitise(notebook: dict[str, Any], released: ReleasedNotebook) -> list[str]:
    """Mend a notebook in place.

    Returns:
        What was changed, in words, for the instructor.
    """
    changes: list[str] = []
    seen: set[str] = set()
    metadata = notebook.setdefault("metadata", {})
    if released.kernelspec:
        metadata["kernelspec"] = released.kernelspec
    for cell in reversed(notebook["cells"]):
        cell.setdefault("metadata", {})
        cell["source"] = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        _clear(cell)
        marks = cell["metadata"].get("nbgrader")
        grade_id = marks.get("grade_id") if marks else None
        if not isinstance(grade_id, str) or grade_id not in released.cells:
            if marks:
                changes.append(f"a cell called {grade_id!r} is not part of the lab; it earns nothing")
                del cell["metadata"]["nbgrader"]
            continue
        if grade_id in seen:
            changes.append(f"cell {grade_id!r} is there twice; the last one counts")
            del cell["metadata"]["nbgrader"]
            continue
        seen.add(grade_id)
        _overwrite(cell, released, released.cells[grade_id], changes)
    changes += [f"cell {name!r} was deleted" for name in released.graded if name not in seen]
    return changes


def _clear(cell: Cell) -> None:
    if cell["cell_type"] == "code":
        cell["outputs"], cell["execution_count"] = [], None
    else:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)


def _overwrite(cell: Cell, released: ReleasedNotebook, source: SourceCell, changes: list[str]) -> None:
    name = source.name
    if cell["cell_type"] != source.cell_type:
        changes.append(f"cell {name!r} was made a {cell['cell_type']} cell")
        cell["cell_type"] = source.cell_type
        _clear(cell)
        cell.pop("attachments", None)
    is_graded, is_solution, is_task = name in released.graded, name in released.solutions, name in released.tasks
    flags = {"grade": is_graded, "solution": is_solution, "task": is_task, "locked": source.locked}
    marks = cell["metadata"]["nbgrader"]
    if any(bool(marks.get(flag)) != value for flag, value in flags.items()):
        changes.append(f"the marks of cell {name!r} were edited")
    marks = {"grade_id": name, "schema_version": 3, "cell_type": source.cell_type, **flags, "checksum": source.checksum}
    if is_graded or is_task:
        marks["points"] = released.points[name]
    cell["metadata"]["nbgrader"] = marks
    if source.locked and not is_solution and cell["source"] != source.source:
        cell["source"] = source.source  # also how hidden tests come back
    cell["metadata"].pop("coreskills", None)


def is_untouched(cell: Cell) -> bool:
    """Say whether a solution cell is as released, by nbgrader's own checksum."""
    marks = cell["metadata"]["nbgrader"]
    digest = hashlib.md5(usedforsecurity=False)
    is_grade, is_solution = bool(marks["grade"]), bool(marks["solution"])
    is_locked = not is_solution and (is_grade or bool(marks["locked"]))
    for part in (cell["source"], cell["cell_type"], str(is_grade), str(is_solution), str(is_locked), marks["grade_id"]):
        digest.update(part.encode())
    if is_grade:
        digest.update(str(float(marks["points"])).encode())
    return digest.hexdigest() == str(marks["checksum"])
