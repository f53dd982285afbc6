"""Which cell of the notebook runs: its place and its name, from the notebook on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class Notebook:
    """Cell ids and places of one notebook file, read again when the file changes."""

    def __init__(self, path: str) -> None:
        self._path = Path(path) if path.endswith(".ipynb") else None
        self._stamp: int | None = None
        self._places: dict[str, int] = {}

    def place(self, cell_id: str) -> int | None:
        """Number of a code cell from the top, 1 for the first; ``None`` for one that is not saved yet."""
        try:
            stamp = self._path.stat().st_mtime_ns if self._path else None
            if stamp is None:
                return None
            if stamp != self._stamp:
                assert self._path is not None
                self._places, self._stamp = _places(json.loads(self._path.read_text(encoding="utf-8"))), stamp
        except (OSError, ValueError):
            return self._places.get(cell_id)
        return self._places.get(cell_id)


def _places(notebook: Any) -> dict[str, int]:
    cells = notebook.get("cells", []) if isinstance(notebook, dict) else []
    code = [cell for cell in cells if isinstance(cell, dict) and cell.get("cell_type") == "code"]
    return {str(cell.get("id")): number for number, cell in enumerate(code, start=1)}
