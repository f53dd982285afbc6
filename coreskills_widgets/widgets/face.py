"""What all our widgets share: a front end file, rows sent as messages, and a copy that works without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets

_STATIC = Path(__file__).resolve().parent.parent / "static"
_BATCH = 2_000
_NOT_BUILT = """
export default { render({ el }) {
  el.textContent = 'The front end of this widget is not built. Fix: make install';
} };
"""


def front_end(name: str) -> Path | str:
    """The built module of a widget, or one that says how to build it."""
    path = _STATIC / f"{name}.js"
    return path if path.is_file() else _NOT_BUILT


class Face(anywidget.AnyWidget):
    """A widget whose long list travels in messages, so that saved state stays small.

    Attributes:
        facts: Everything but the long list, as plain JSON.
    """

    facts = traitlets.Dict().tag(sync=True)

    def __init__(self, **facts: Any) -> None:
        self._rows: list[dict[str, Any]] = []
        super().__init__(facts=facts)
        self.on_msg(self._answer)

    def sentence(self) -> str:
        """Say the finding in one line."""
        raise NotImplementedError

    def static_html(self) -> str:
        """Draw the script-free copy."""
        raise NotImplementedError

    def row_detail(self, row_id: str) -> dict[str, Any] | None:
        """What opening one row shows; ``None`` when there is no more to it."""
        return None

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.sentence()}"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[Any, Any], dict[Any, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        return {**data, "text/plain": repr(self), "text/html": self.static_html()}, metadata

    def _answer(self, _widget: object, content: Mapping[str, Any], _buffers: object) -> None:
        """Serve the page: rows from a number on, or one row's detail. An unknown question is left alone."""
        if content.get("kind") == "rows":
            start = max(0, int(content.get("from", 0)))
            rows = self._rows[start : start + _BATCH]
            self.send({"kind": "rows", "from": start, "rows": rows, "total": len(self._rows)})
        elif content.get("kind") == "detail":
            row_id = str(content.get("id", ""))
            self.send({"kind": "detail", "id": row_id, "detail": self.row_detail(row_id)})
