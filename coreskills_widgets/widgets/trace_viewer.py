"""TraceViewer: what exactly went over the wire?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from coreskills_widgets.format import counted, duration, tokens
from coreskills_widgets.widgets import static_copy
from coreskills_widgets.widgets.calls_face import CallsFace
from coreskills_widgets.widgets.face import front_end
from coreskills_widgets.widgets.spend import Row, call_row, cost_column, is_billed, summarise
from coreskills_widgets.widgets.tries import group_tries

_RECENT = 20
_COPY_CHARS = 2_000
_SECRET = frozenset({"authorization", "x-api-key", "api-key", "cookie", "set-cookie"})


class TraceViewer(CallsFace):
    """Requests and answers as they went over the wire, with tries, times and where the answer came from.

    With no calls given it follows this kernel: while a cell runs, and after each cell.

    Args:
        calls: One mapping a call, as ``GET /coreskills/calls/<id>`` gives them: ``request`` and ``response`` hold
            ``headers`` and ``body``; all but ``request`` may be missing.
    """

    _esm = front_end("trace_viewer")

    def __init__(self, calls: Iterable[Mapping[str, Any]] | None = None) -> None:
        self._traces: dict[str, Row] = {}
        self._cell_id = _running_cell()
        super().__init__(calls, whole_lab=False)

    def show(self, calls: Iterable[Mapping[str, Any]]) -> None:
        """Draw these calls instead of those drawn so far."""
        listed = list(calls)
        super().show(listed)
        ids = (str(call.get("id") or number) for number, call in enumerate(listed, start=1))
        self._traces = {
            row_id: {**call, "id": row_id}
            for row_id, call in zip(ids, listed, strict=False)
            if "request" in call or "response" in call
        }

    def row_detail(self, row_id: str) -> Row | None:
        """Both sides of one call, without the key."""
        trace = self._traces.get(row_id) or super().row_detail(row_id)
        return None if trace is None else _without_secrets(trace)

    def _finding(self) -> str:
        calls, failed = self.facts["n_listed"], self.facts["n_failed_listed"]
        if not calls:
            return "No calls yet."
        return f"{counted(calls, 'call')}, {failed} failed."

    def static_html(self) -> str:
        """Draw one table of calls; request and answer folded."""
        if not self._rows:
            return static_copy.page("Calls", self.sentence(), [], saved=datetime.now(UTC))
        parts = [_table(self._rows), *(self._folded(row) for row in self._rows[: static_copy.MAX_ROWS])]
        return static_copy.page("Calls", self.sentence(), parts, saved=datetime.now(UTC))

    def _folded(self, row: Row) -> str:
        trace = self._traces.get(row["id"])
        if trace is None:
            return ""
        sides = [
            f"<p>{side}</p>{static_copy.block(_body_text(trace.get(side)), limit=_COPY_CHARS)}"
            for side in ("request", "response")
        ]
        return static_copy.details(
            f"Call {static_copy.text(row['id'])}: {static_copy.text(row['model'])}", "".join(sides)
        )

    def _draw(self, calls: Sequence[Mapping[str, Any]]) -> None:
        rows = [_listed(call, number=number) for number, call in enumerate(calls, start=1)]
        self._rows = group_tries(rows)
        summary = summarise(rows, lab="", budget_usd=None)
        self.facts = {
            **{name: value for name, value in summary.items() if name[:3] != "by_"},
            **self._facts(self._rows[-_RECENT:]),
            "sources": dict(Counter(row["source"] for row in self._rows if row["source"])),
            "cell_id": self._cell_id,
            "n_listed": len(self._rows),
            "n_failed_listed": sum(not is_billed(row) for row in self._rows),
        }


def _running_cell() -> str:
    """The cell that makes the viewer, whose calls "this cell" means; empty outside a notebook."""
    from IPython.core.getipython import get_ipython

    parent: Row = getattr(get_ipython(), "get_parent", dict)()
    return str(parent.get("metadata", {}).get("cellId") or "")


def _listed(call: Mapping[str, Any], *, number: int) -> Row:
    """What the list shows of a call; bodies stay behind until somebody opens it."""
    row = call_row(call, number=number)
    usage = call.get("tokens") or {}
    row["input_tokens"] = row["input_tokens"] or int(usage.get("input") or 0)
    row["output_tokens"] = row["output_tokens"] or int(usage.get("output") or 0)
    error = call.get("error") or {}
    return {
        **row,
        "model": call.get("model_asked") or call.get("model") or call.get("endpoint") or "unknown model",
        "first_token_ms": call.get("first_token_ms"),
        "error_type": call.get("error_type") or (error.get("type") if isinstance(error, Mapping) else None),
        "is_miss": bool(call.get("miss")) or int(row["status"] or 0) == 418,
        "attempts": call.get("attempts") if len(call.get("attempts") or ()) > 1 else None,
        "ended": call.get("ended") or "whole",
    }


def _without_secrets(trace: Row) -> Row:
    """Keys never reach the page, nor the saved notebook."""
    cleaned = dict(trace)
    for side in ("request", "response"):
        part = trace.get(side)
        if isinstance(part, Mapping):
            headers = {
                name: "hidden" if str(name).lower() in _SECRET else value
                for name, value in dict(part.get("headers") or {}).items()
            }
            cleaned[side] = {**part, "headers": headers}
    return cleaned


def _body_text(side: Any) -> str:
    body = side.get("body") if isinstance(side, Mapping) else None
    return body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, indent=1)


def _table(rows: list[Row]) -> str:
    cells = [
        [
            static_copy.text(row["id"]),
            static_copy.text(row["model"]),
            static_copy.text(row["status"]),
            duration(row["latency_ms"]),
            f"{tokens(row['input_tokens'])} in, {tokens(row['output_tokens'])} out",
            cost,
            static_copy.text(row["source"]),
        ]
        for row, cost in zip(rows, cost_column(rows), strict=True)
    ]
    return static_copy.table(
        "Calls", ["#", "Model", "Status", "Time", "Tokens", "Cost", "From"], cells, numbers=(3, 4, 5)
    )
