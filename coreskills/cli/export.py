"""`coreskills export`: grades for Canvas or Moodle."""

from __future__ import annotations

from pathlib import Path

import click

from coreskills.classroom.export import FORMATS, export
from coreskills.classroom.settings import Classroom
from coreskills.classroom.standing import standings, take_over_judgements
from coreskills.course import find_course


@click.command(epilog="Example: coreskills export --format canvas --out grades.csv")
@click.option("--format", "form", type=click.Choice(FORMATS), required=True, help="Whose import reads it.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A file; by default it is printed.")
@click.option("--course", "folder", type=click.Path(path_type=Path, file_okay=False), help="The course folder.")
def command(form: str, out: Path | None, folder: Path | None) -> None:
    """Write each learner's best scores as CSV."""
    room = Classroom.of(find_course(folder))
    room.make_folders()
    for lab in room.course.open_labs:
        take_over_judgements(room, lab.id)
    found = standings(room)
    text = export(room.course, found, form=form)
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_bytes(text.encode("utf-8"))
        click.echo(f"{len(found)} learners written to {out}.", err=True)
