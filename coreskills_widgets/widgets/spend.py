"""What calls add up to: the summary that CostMeter draws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from coreskills_widgets.format import UNKNOWN, badge_words, counted, money, money_column, money_total, percent, tokens

Row = dict[str, Any]

NOT_BILLED = "not billed"

_DEFAULTS: Row = {
    "id": "",
    "time_utc": "",
    "cell_id": "",
    "cell_label": "",
    "cell_order": None,
    "provider": "",
    "endpoint": "",
    "model": "",
    "status": 200,
    "input_tokens": 0,
    "output_tokens": 0,
    "cache_read_tokens": 0,
    "cache_write_tokens": 0,
    "cost_usd": None,
    "estimated": False,
    "latency_ms": None,
    "retries": 0,
    "source": "",
}
_LAST_TEN = 10


def call_row(call: Mapping[str, Any], *, number: int) -> Row:
    """Fill in what a call does not say; money becomes text, and every call has an id."""
    row = {name: call.get(name, default) for name, default in _DEFAULTS.items()}
    row["id"] = str(call.get("id") or number)
    row["cost_usd"] = None if row["cost_usd"] is None else str(Decimal(str(row["cost_usd"])))
    row["model"] = row["model"] or row["endpoint"] or "unknown model"
    row["input_tokens"], row["output_tokens"] = int(row["input_tokens"] or 0), int(row["output_tokens"] or 0)
    return row


def is_billed(row: Mapping[str, Any]) -> bool:
    """Refused and failed calls are listed, and cost nothing; nor does a cell or a model that has no others."""
    if "n_failed" in row:
        return bool(row["n_failed"] < row["n_calls"])
    return int(row.get("status") or 0) < 400


def cost_column(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Write what calls, cells or models cost, one below the other."""
    costs = money_column([row["cost_usd"] for row in rows])
    return [_cost_words(row, cost) for row, cost in zip(rows, costs, strict=True)]


def cost_words(row: Mapping[str, Any]) -> str:
    """Write what one call cost."""
    return _cost_words(row, money(row.get("cost_usd")))


def total_words(rows: Iterable[Mapping[str, Any]]) -> str:
    """Write what some calls cost together."""
    group = _group(call_row(row, number=number) for number, row in enumerate(rows, start=1))
    if group["n_calls"] and not group["n_billed"]:
        return NOT_BILLED
    return _total_words(group)


def _total_words(group: Mapping[str, Any]) -> str:
    return money_total(
        group["spent_usd"],
        n_unpriced=group["n_unpriced"],
        n_estimated=group["n_estimated"],
        n_calls=group["n_billed"],
    )


def _cost_words(row: Mapping[str, Any], cost: str) -> str:
    if not is_billed(row):
        return NOT_BILLED
    if row.get("n_unpriced") and cost != UNKNOWN:
        return f"at least {cost}"
    return f"~{cost}" if row.get("estimated") else cost


def summarise(rows: Sequence[Row], *, lab: str, budget_usd: Decimal | None, as_of: datetime | None = None) -> Row:
    """Add calls up, by model and by cell, in exact dollars."""
    return {
        "lab": lab,
        "budget_usd": None if budget_usd is None else str(budget_usd),
        **_group(rows),
        "by_model": _by_model(rows),
        "by_cell": _by_cell(rows),
        "recent_call_usd": _recent_call(rows),
        "as_of_utc": (as_of or datetime.now(UTC)).isoformat(),
    }


def spend_sentence(summary: Mapping[str, Any]) -> str:
    """Say it in one line: what was spent, of how much, by how many calls, and where the answers came from."""
    calls = int(summary["n_calls"])
    if not calls:
        return f"No calls yet{_in_lab(summary)}."
    spent = _total_words(summary)
    budget = summary["budget_usd"]
    used = "" if spent == UNKNOWN or budget is None else f", {percent(summary['spent_usd'], budget)} %"
    share = f" of {money(budget)}{used}" if budget is not None else ""
    read, written = tokens(summary["input_tokens"]), tokens(summary["output_tokens"])
    counts = f"{counted(calls, 'call')}, {read} in, {written} out"
    sources = badge_words(summary["sources"])
    free = ", nothing charged" if sources and not summary["sources"].get("live") else ""
    origin = f" ({sources}{free})" if sources else ""
    return f"{spent}{share}{_in_lab(summary)}: {counts}{origin}."


def _in_lab(summary: Mapping[str, Any]) -> str:
    return f" in {summary['lab']}" if summary["lab"] else ""


def _group(rows: Iterable[Row]) -> Row:
    listed = list(rows)
    billed = [row for row in listed if is_billed(row)]
    priced = [Decimal(row["cost_usd"]) for row in billed if row["cost_usd"] is not None]
    sources: dict[str, int] = {}
    for row in listed:
        if row["source"]:
            sources[row["source"]] = sources.get(row["source"], 0) + 1
    return {
        "spent_usd": str(sum(priced, Decimal(0))),
        "n_calls": len(listed),
        "n_billed": len(billed),
        "n_failed": len(listed) - len(billed),
        "n_unpriced": len(billed) - len(priced),
        "n_estimated": sum(bool(row["estimated"]) for row in billed),
        "retries": sum(int(row["retries"] or 0) for row in listed),
        "input_tokens": sum(row["input_tokens"] for row in billed),
        "output_tokens": sum(row["output_tokens"] for row in billed),
        "sources": sources,
    }


def _part(rows: Iterable[Row]) -> Row:
    group = _group(rows)
    kept = ("n_calls", "n_failed", "n_unpriced", "input_tokens", "output_tokens")
    priced = group["n_billed"] > group["n_unpriced"] or not group["n_billed"]
    return {"cost_usd": group["spent_usd"] if priced else None, **{name: group[name] for name in kept}}


def _by_model(rows: Sequence[Row]) -> list[Row]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row["model"], []).append(row)
    parts = [{"model": model, **_part(group)} for model, group in groups.items()]
    return sorted(parts, key=lambda part: Decimal(part["cost_usd"] or 0), reverse=True)


def _by_cell(rows: Sequence[Row]) -> list[Row]:
    """One entry a cell, in notebook order; cells without a known place keep the order of their first call."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row["cell_id"], []).append(row)
    parts = []
    for first, (cell_id, group) in enumerate(groups.items()):
        order = next((row["cell_order"] for row in reversed(group) if row["cell_order"] is not None), None)
        label = next((row["cell_label"] for row in reversed(group) if row["cell_label"]), "")
        parts.append(
            {"cell_id": cell_id, "label": label or "outside a cell", "order": order, "_first": first, **_part(group)}
        )
    parts.sort(key=lambda part: (part["order"] is None, part["order"] or 0, part["_first"]))
    return [{name: value for name, value in part.items() if name != "_first"} for part in parts]


def _recent_call(rows: Sequence[Row]) -> str | None:
    """What one of the last ten calls with a price cost, on average."""
    costs = [Decimal(row["cost_usd"]) for row in rows if is_billed(row) and row["cost_usd"] is not None][-_LAST_TEN:]
    return str(sum(costs, Decimal(0)) / len(costs)) if costs else None
