"""The notebook as a text: what its cells say and show."""

from __future__ import annotations

import ast
import re
from typing import Any

from coreskills_widgets.labs import surroundings

SECRET = re.compile(r"sk-ant-[\w-]{16,}|sk-(?:proj-)?[A-Za-z0-9_-]{32,}|\bAKIA[0-9A-Z]{16}\b")


def sources(*, tasks_only: bool = False) -> dict[str, str]:
    """Code cells by grade_id (or cell id), in order.

    Args:
        tasks_only: Only the cells a learner fills in.
    """
    found: dict[str, str] = {}
    for cell in surroundings.current().notebook()["cells"]:
        mark = cell.get("metadata", {}).get("nbgrader", {})
        if cell["cell_type"] == "code" and (mark.get("solution") or not tasks_only):
            found[mark.get("grade_id") or cell.get("id", str(len(found)))] = joined(cell["source"])
    return found


def literals(source: str) -> list[str]:
    """The string literals in a cell, docstrings left out; ``[]`` for a cell that does not parse."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return []
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return [str(node.value) for node in texts if id(node) not in docs]


def secrets() -> list[str]:
    """Where something that looks like an API key stands: ``"cell 4: sk-ant-..."``, cells and outputs alike."""
    found = []
    for number, cell in enumerate(surroundings.current().notebook()["cells"], start=1):
        parts = [joined(cell["source"]), *(str(output) for output in cell.get("outputs", []))]
        found += [f"cell {number}: {hit.group()[:8]}..." for part in parts for hit in SECRET.finditer(part)]
    return found


def joined(source: Any) -> str:
    """nbformat stores text as one string or as a list of lines."""
    return source if isinstance(source, str) else "".join(source)
