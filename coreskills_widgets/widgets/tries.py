"""Tries of the same request are one call: the SDK asked again until it was answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

Row = dict[str, Any]

_LOOK_BACK = 50  # tries of one request follow each other; parallel calls may stand between


def tries_by_call(rows: Sequence[Row]) -> list[list[Row]]:
    """Sort requests into calls.

    Args:
        rows: In the order they were made; ``retries`` says how many tries went before a row.

    Returns:
        The tries of each call, oldest first; calls in the order of their first tries.
    """
    calls: list[list[Row]] = []
    for row in rows:
        earlier = _earlier_tries(calls, row)
        if earlier is None:
            calls.append([row])
        else:
            earlier.append(row)
    return calls


def group_tries(rows: Sequence[Row]) -> list[Row]:
    """Fold retries into the call they belong to.

    Returns:
        One row a call, that of its last try, with ``attempts``: every try, oldest first.
    """
    return [{**tries[-1], "attempts": tries[-1].get("attempts") or _attempts(tries)} for tries in tries_by_call(rows)]


def is_failed(row: Row) -> bool:
    """Whether it was refused, or its answer broke off."""
    return int(row.get("status") or 0) >= 400 or row.get("ended") == "broken"


def _earlier_tries(calls: Sequence[list[Row]], row: Row) -> list[Row] | None:
    number = int(row.get("retries") or 0)
    if number == 0 or row.get("attempts"):
        return None
    same = ("provider", "endpoint", "model", "cell_id")
    for tries in reversed(calls[-_LOOK_BACK:]):
        last = tries[-1]
        is_before = int(last.get("retries") or 0) == number - 1 and is_failed(last)
        if is_before and all(last.get(name) == row.get(name) for name in same):
            return tries
    return None


def _attempts(tries: Sequence[Row]) -> list[Row]:
    return [_attempt(row, after=before) for before, row in zip([None, *tries], tries, strict=False)]


def _attempt(row: Row, *, after: Row | None) -> Row:
    return {
        "id": row.get("id"),
        "status": row.get("status"),
        "reason": row.get("error_type") or "",
        "waited_ms": None if after is None else _gap_ms(after, row),
    }


def _gap_ms(before: Row, row: Row) -> int | None:
    """From the end of one try to the start of the next."""
    try:
        began, then = (datetime.fromisoformat(str(each["time_utc"])) for each in (before, row))
    except (KeyError, ValueError):
        return None
    return max(0, round((then - began).total_seconds() * 1000 - float(before.get("latency_ms") or 0)))


def waited_ms(attempts: Iterable[Row]) -> int | None:
    """How long a call waited between its tries, as far as that is known."""
    known = [int(attempt["waited_ms"]) for attempt in attempts if attempt.get("waited_ms") is not None]
    return sum(known) if known else None
