"""`coreskills backup`: one file that holds the classroom."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from coreskills.classroom.backup import back_up
from coreskills.classroom.settings import Classroom
from coreskills.course import find_course


@click.command(epilog="Example: coreskills backup /srv/backups/monday.tar.gz")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option("--without-homes", is_flag=True, help="Leave out learners' own files; what they handed in is kept.")
@click.option("--course", "folder", type=click.Path(path_type=Path, file_okay=False), help="The course folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(file: Path | None, without_homes: bool, folder: Path | None, as_json: bool) -> None:
    """Write a backup of the classroom to FILE, while it runs or not.

    It holds the databases (roster, submissions, grades, gradebook, ledger, keys, hub), the submitted files, feedback,
    learners' homes, and the secrets of hub/: keep it as you keep secrets.
    """
    room = Classroom.of(find_course(folder))
    target = file or Path(f"coreskills-backup-{datetime.now(UTC):%Y%m%d-%H%M%S}.tar.gz")
    contents = back_up(room, target, homes=not without_homes)
    n_bytes = target.stat().st_size
    if as_json:
        click.echo(json.dumps({"file": str(target), "n_bytes": n_bytes, **asdict(contents)}))
        return
    click.echo(f"{target}, {n_bytes / 1e6:,.1f} MB: {', '.join((*contents.databases, *contents.folders))}.")
    for place in contents.elsewhere:
        click.echo(f"Not in it, back it up on its server: {place}")
