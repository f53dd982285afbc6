"""`coreskills feedback`: write feedback pages and give them back."""

from __future__ import annotations

import json
from pathlib import Path

import click

from coreskills.classroom.returning import return_feedback
from coreskills.classroom.settings import Classroom
from coreskills.course import find_course


@click.command(epilog="Example: coreskills feedback b1-1-first-call --learners ada,grace")
@click.argument("lab")
@click.option("--learners", help="Comma-separated; all whose work is graded by default.")
@click.option("--no-return", is_flag=True, help="Write the pages, give nothing back yet.")
@click.option("--course", "folder", type=click.Path(path_type=Path, file_okay=False), help="The course folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(lab: str, learners: str | None, no_return: bool, folder: Path | None, as_json: bool) -> None:
    """Write a page for each graded submission of LAB, with what a person judged, and show it to its learner."""
    room = Classroom.of(find_course(folder))
    room.make_folders()
    chosen = [name.strip() for name in learners.split(",") if name.strip()] if learners else None
    rows = return_feedback(room, room.course.lab(lab), chosen, give=not no_return)
    if as_json:
        click.echo(json.dumps([vars(row) for row in rows], indent=1))
        return
    for row in rows:
        click.echo(f"{row.learner}: {row.score} of {row.max}{', given back' if row.returned else ''}")
    click.echo(f"{len(rows)} pages in {room.feedback}, {sum(row.returned for row in rows)} given back.")
