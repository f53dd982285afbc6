"""`coreskills demo`: a scripted class of twelve, from fetch to score."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from coreskills.course import find_course
from coreskills.errors import ClassroomError

if TYPE_CHECKING:
    from coreskills.classroom.rehearsal import Result

STEPS = {"fetched": "fetch", "submitted": "submit", "graded": "grade", "read": "read feedback"}


@click.command(epilog="Example: coreskills demo --lab b1-2-cost-calculator")
@click.option("--lab", "lab_id", default="b1-1-first-call", show_default=True, help="Which lab they do.")
@click.option("--course", "folder", type=click.Path(path_type=Path, file_okay=False), help="The course folder.")
@click.option("--json", "as_json", is_flag=True, help="A list of objects instead of a table.")
def command(lab_id: str, folder: Path | None, as_json: bool) -> None:
    """Let twelve learners fetch a lab, do it well, partly or not at all, submit it and read their feedback.

    Everything is real but the people: the exchange over HTTP, the examiner, the gradebook. It uses a folder of its own
    and leaves nothing behind. Exits with 1 when a score is not what such work must get.
    """
    course = find_course(folder)
    lab = course.lab(lab_id)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="coreskills-demo-") as scratch:
        os.environ["CORESKILLS_STATE"] = scratch  # nbgrader_config.py asks for it too
        from coreskills.classroom.rehearsal import Rehearsal, unexpected
        from coreskills.classroom.settings import Classroom

        with _progress(quiet=as_json) as step:
            results = Rehearsal(Classroom.of(course), lab, step=step).run()
    if as_json:
        click.echo(json.dumps([_plain(row) for row in results], indent=1))
    else:
        _show(results, lab.title, time.monotonic() - started)
    if wrong := unexpected(results):
        raise ClassroomError(
            "Not what such work must get:\n" + "\n".join(wrong) + ".", fix=f"coreskills check {lab_id}"
        )


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Any]:
    columns = (
        TextColumn("{task.description:>14}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[who]}"),
    )
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda name, who: None if quiet else click.echo(f"{STEPS[name]}: {who}", err=True)
        return
    with Progress(*columns, console=console) as bars:
        tasks = {name: bars.add_task(words, total=12, who="") for name, words in STEPS.items()}
        yield lambda name, who: bars.update(tasks[name], advance=1, who=who)


def _plain(row: Result) -> dict[str, Any]:
    return {**asdict(row), "auto": None if row.auto is None else float(row.auto), "max": float(row.max)}


def _show(results: list[Result], title: str, seconds: float) -> None:
    table = Table("learner", "work", "receipt", "checks", "feedback", title=f"{title}: {len(results)} learners")
    for row in results:
        points = row.error.splitlines()[0] if row.auto is None else f"{float(row.auto):g} of {float(row.max):g}"
        table.add_row(row.learner, row.kind, row.receipt[:8], points, f"{row.feedback / 1000:.0f} kB")
    console = Console()
    console.print(table)
    console.print(f"{seconds:.0f} s. Points that a person gives come on top of the checks' points.")
