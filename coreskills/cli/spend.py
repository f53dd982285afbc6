"""`coreskills spend`: what was spent, from the ledger."""

from __future__ import annotations

import csv
import json
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.table import Column, Table

from coreskills.classroom.settings import Classroom
from coreskills.course import find_course
from coreskills.errors import LedgerError
from coreskills.ledger.store import Ledger
from coreskills.ledger.totals import GroupBy, Total, totals
from coreskills_widgets.format import money_column, money_total

_WIDEST = 1_000  # columns
_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command(epilog="Example: coreskills spend --by learner --by lab --since 2026-11-01 --csv spend.csv")
@click.option("--by", multiple=True, type=click.Choice(get_args(GroupBy)), help="Group by; may be repeated.")
@click.option("--learner", help="Only this learner.")
@click.option("--lab", help="Only this lab.")
@click.option("--cell", "cell_id", help="Only this cell's id.")
@click.option("--model", help="Only this model, as it was asked for.")
@click.option("--source", type=click.Choice(["offline", "recorded", "live"]), help="Only what answered so.")
@click.option("--since", type=_DAY, help="From this day on (UTC).")
@click.option("--until", type=_DAY, help="Up to this day, which is included (UTC).")
@click.option("--csv", "csv_path", type=click.Path(dir_okay=False, path_type=Path), help="Write CSV; - is stdout.")
@click.option("--json", "as_json", is_flag=True, help="A list of objects instead of a table.")
@click.option("--ledger", "url", help="The ledger's URL, where it is not the classroom's.")
@click.option("--course", type=click.Path(exists=True, file_okay=False, path_type=Path), help="The course folder.")
def command(
    by: tuple[GroupBy, ...],
    since: datetime | None,
    until: datetime | None,
    csv_path: Path | None,
    as_json: bool,
    url: str | None,
    course: Path | None,
    **equals: str | None,
) -> None:
    """Sum calls by learner, lab, cell, model or day; list price, also of what was answered offline.

    A price nobody knows is never counted as 0: the sum then says "at least".
    """
    by = by or ("lab",)
    ledger = _open(url or Classroom.of(find_course(course)).ledger_url)
    try:
        rows = totals(ledger, *by, since=_utc(since), until=_utc(until, days=1), **equals)
    finally:
        ledger.close()
    if csv_path is not None:
        _write_csv(rows, by, csv_path)
    elif as_json:
        click.echo(json.dumps([row.public(by) for row in rows], indent=1))
    else:
        _show(rows, by)


def _open(url: str) -> Ledger:
    """The ledger, which must be there: a report makes no empty one.

    Raises:
        LedgerError: There is no such file.
    """
    path = url.removeprefix("sqlite:///")
    if path != url and not Path(path).is_file():
        raise LedgerError(
            f"There is no ledger at {path}: nothing was called yet.",
            fix="start with coreskills up, or name one by --ledger",
        )
    return Ledger(url)


def _utc(day: datetime | None, *, days: int = 0) -> datetime | None:
    return None if day is None else day.replace(tzinfo=UTC) + timedelta(days=days)


def _write_csv(rows: list[Total], by: tuple[GroupBy, ...], path: Path) -> None:
    names = [*by, "n_calls", "n_failed", "n_estimated", "n_unpriced", "input_tokens", "output_tokens", "cost_usd"]
    stream = sys.stdout if str(path) == "-" else path.open("w", encoding="utf-8", newline="")
    try:
        writer = csv.DictWriter(stream, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _quoted(value) for name, value in row.public(by).items()} for row in rows)
    finally:
        if stream is not sys.stdout:
            stream.close()


def _quoted(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula is made plain."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) else value


def _show(rows: list[Total], by: tuple[GroupBy, ...]) -> None:
    if not rows:
        click.echo("No calls.")
        return
    names = ["calls", "failed", "read", "written", "cost"] + ["no price"] * any(row.n_unpriced for row in rows)
    table = Table(*by, *(Column(name, justify="right") for name in names), box=SIMPLE_HEAD, pad_edge=False)
    costs = money_column([None if row.n_unpriced == row.n_calls else row.cost_usd for row in rows])
    for row, cost in zip(rows, costs, strict=True):
        numbers = (row.n_calls, row.n_failed, row.input_tokens, row.output_tokens)
        cells = [*(f"{number:,}" for number in numbers), cost, f"{row.n_unpriced or ''}"]
        table.add_row(*(key or "-" for key in row.key), *cells[: len(names)])
    console = Console()
    # Rows longer than a window's line go on in the next: a name or an amount that is cut says nothing.
    whole_width = Measurement.get(console, console.options.update(max_width=_WIDEST), table).maximum
    Console(width=max(whole_width, console.width)).print(table)
    whole = money_total(
        sum((row.cost_usd for row in rows), Decimal(0)),
        n_unpriced=sum(row.n_unpriced for row in rows),
        n_estimated=sum(row.n_estimated for row in rows),
        n_calls=sum(row.n_calls for row in rows),
    )
    console.print(f"All: {whole}, at list price; nothing is charged for offline and recorded answers.", highlight=False)
