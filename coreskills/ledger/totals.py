"""Sums over the ledger: by learner, lab, cell, model or day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa

from coreskills.ledger.call import MODEL_ENDPOINTS, money
from coreskills.ledger.store import Ledger, calls_table, conditions, from_pico

GroupBy = Literal["learner", "lab", "cell", "model", "day", "source"]
_DAY_US = 86_400_000_000


@dataclass(frozen=True)
class Total:
    """What a group of calls came to.

    Attributes:
        key: The value of each column that was grouped by, in the order asked; a day is ``2026-11-22`` (UTC).
        n_unpriced: Calls whose price is unknown: the true total is at least ``cost_usd``.
    """

    key: tuple[str, ...]
    n_calls: int
    n_failed: int
    n_estimated: int
    n_unpriced: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal

    def public(self, by: tuple[str, ...]) -> dict[str, Any]:
        """As JSON and CSV show it."""
        return {
            **dict(zip(by, self.key, strict=True)),
            "n_calls": self.n_calls,
            "n_failed": self.n_failed,
            "n_estimated": self.n_estimated,
            "n_unpriced": self.n_unpriced,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost_usd": money(self.cost_usd),
        }


def totals(
    ledger: Ledger,
    *by: GroupBy,
    since: datetime | None = None,
    until: datetime | None = None,
    **equals: str | None,
) -> list[Total]:
    """Sum model calls in groups, the costliest first; by days from the first to the last.

    Args:
        by: Columns to group by; none gives one total (none at all where nothing was called).
        equals: ``learner``, ``lab``, ``cell_id``, ``model``, ``key_id``, ``source``.
    """
    table = calls_table.c
    columns = {
        "learner": table.learner, "lab": table.lab, "cell": table.cell_id, "source": table.source,
        "model": sa.func.coalesce(table.model, ""),
        "day": sa.cast((table.time_us - table.time_us % _DAY_US) / _DAY_US, sa.BigInteger),
    }  # fmt: skip
    groups = [columns[name] for name in by]
    failed = table.status >= 400
    cost = sa.func.coalesce(sa.func.sum(table.cost_pico), 0)
    query = sa.select(
        *groups,
        sa.func.count(),
        _count(failed),
        _count(table.estimated),
        _count(table.cost_pico.is_(None)),
        sa.func.coalesce(sa.func.sum(table.input_tokens), 0),
        sa.func.coalesce(sa.func.sum(table.output_tokens), 0),
        cost,
    ).where(table.endpoint.in_(sorted(MODEL_ENDPOINTS)), *conditions(since=since, until=until, **equals))
    if groups:
        query = query.group_by(*groups)
    days = [columns["day"]] if "day" in by else []
    query = query.order_by(*days, cost.desc(), *groups)
    with ledger.engine.connect() as connection:
        rows = connection.execute(query).all()
    return [_total(tuple(row), by) for row in rows if row[len(by)]]


def _count(condition: Any) -> Any:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def _total(row: tuple[Any, ...], by: tuple[str, ...]) -> Total:
    key = tuple(_day(value) if name == "day" else str(value) for name, value in zip(by, row, strict=False))
    counts = [int(value) for value in row[len(by) : -1]]
    names = ("n_calls", "n_failed", "n_estimated", "n_unpriced", "input_tokens", "output_tokens")
    return Total(key, **dict(zip(names, counts, strict=True)), cost_usd=from_pico(int(row[-1])))


def _day(days: int) -> str:
    return datetime.fromordinal(719_163 + int(days)).strftime("%Y-%m-%d")
