"""`coreskills restore`: the classroom brought back from a backup."""

from __future__ import annotations

import json
from pathlib import Path

import click

from coreskills.classroom.restore import damaged, restore
from coreskills.classroom.settings import Classroom
from coreskills.course import find_course
from coreskills.errors import ClassroomError


@click.command(epilog="Example: coreskills restore /srv/backups/monday.tar.gz")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Though there is a classroom already; it is moved aside.")
@click.option("--course", "folder", type=click.Path(path_type=Path, file_okay=False), help="The course folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(file: Path, force: bool, folder: Path | None, as_json: bool) -> None:
    """Bring the classroom back from FILE, then read every submission to see that it is whole."""
    room = Classroom.of(find_course(folder))
    contents = restore(room, file, force=force)
    n_submissions, broken = damaged(room)
    if as_json:
        click.echo(json.dumps({"made_utc": contents.made_utc, "submissions": n_submissions, "damaged": broken}))
    else:
        click.echo(f"The classroom of {contents.made_utc} is back: {n_submissions} submissions.")
    for place in contents.elsewhere:
        click.echo(f"Not in the backup, restore it on its server: {place}", err=True)
    if broken:
        raise ClassroomError(
            f"{len(broken)} of {n_submissions} submissions are not whole:\n" + "\n".join(broken[:20]),
            fix="restore the store of submissions from another backup",
        )
