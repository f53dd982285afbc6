"""Outputs that come from learner-controlled ground: kept only where they have a notebook output's shape and size."""

from __future__ import annotations

import json
from typing import Any

MAX_ROWS = 1000
MAX_BYTES = 2_000_000
Output = dict[str, Any]


def checked(rows: Any, *, count: int | None = None) -> list[Output]:
    """Rebuild outputs field by field; what does not fit is left out.

    Args:
        count: The cell's number, for its results.
    """
    kept: list[Output] = []
    left = MAX_BYTES
    for row in rows[:MAX_ROWS] if isinstance(rows, list) else []:
        output = _rebuilt(row, count) if isinstance(row, dict) else None
        if output is not None:
            left -= len(json.dumps(output))
            if left < 0:
                break
            kept.append(output)
    return kept


def _rebuilt(row: dict[str, Any], count: int | None) -> Output | None:
    kind = row.get("output_type")
    if kind == "stream" and row.get("name") in ("stdout", "stderr"):
        return {"output_type": "stream", "name": row["name"], "text": str(row.get("text", ""))}
    if kind in ("display_data", "execute_result"):
        data, metadata = row.get("data"), row.get("metadata")
        if not isinstance(data, dict):
            return None
        output = {"output_type": kind, "data": data, "metadata": metadata if isinstance(metadata, dict) else {}}
        return {**output, "execution_count": count} if kind == "execute_result" else output
    if kind == "error":
        lines = row.get("traceback")
        trace = [str(line) for line in lines] if isinstance(lines, list) else []
        return {
            "output_type": kind,
            "ename": str(row.get("ename")),
            "evalue": str(row.get("evalue")),
            "traceback": trace,
        }
    return None
