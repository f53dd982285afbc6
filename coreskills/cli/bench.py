"""`coreskills bench`: our figures next to the alternative, measured in one run."""

from __future__ import annotations

import importlib
import json
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from coreskills.bench import Figure

SUBJECTS = ("grade", "gateway", "kernel", "replay", "offline", "widgets", "classroom")


@click.command(epilog="Example: coreskills bench replay --json")
@click.argument("subjects", nargs=-1, type=click.Choice(SUBJECTS))
@click.option("--json", "as_json", is_flag=True, help="A list of objects instead of a table.")
def command(subjects: tuple[str, ...], as_json: bool) -> None:
    """Measure SUBJECTS (all of them by default) next to the alternative.

    Machines are noisy: quote the ratio, not the time.
    """
    figures: list[Figure] = []
    for subject in subjects or SUBJECTS:
        figures += importlib.import_module(f"coreskills.bench.{subject}").measure()
    if as_json:
        click.echo(json.dumps([asdict(figure) for figure in figures], indent=2))
    else:
        _show(figures)


def _show(figures: list[Figure]) -> None:
    table = Table("what", "ours", "reference", "ratio", "to reach", "reached")
    for f in figures:
        reference = "-" if f.reference is None else f"{f.reference:,.3g} {f.unit}"
        ratio = "-" if f.ratio is None else f"{f.ratio:,.3g}x"
        table.add_row(f.name, f"{f.value:,.3g} {f.unit}", reference, ratio, f.reach, "yes" if f.ok else "NO")
    Console().print(table)
