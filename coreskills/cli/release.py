"""`coreskills release`: make release/<lab> and publish it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from coreskills.checking.released import build_release
from coreskills.classroom.gradebook import know_lab
from coreskills.classroom.service.app import open_exchange
from coreskills.classroom.settings import Classroom
from coreskills.classroom.store.bundle import read_folder
from coreskills.course import find_course
from coreskills.errors import CourseError


@click.command(epilog="Example: coreskills release b1-1-first-call")
@click.argument("labs", metavar="LAB...", nargs=-1, required=True)
@click.option("--no-publish", is_flag=True, help="Only make release/<lab>.")
@click.option("--course", "folder", type=click.Path(path_type=Path, file_okay=False), help="The course folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(labs: tuple[str, ...], no_publish: bool, folder: Path | None, as_json: bool) -> None:
    """Make release/LAB from source/LAB, tell the gradebook, and let learners fetch it."""
    room = Classroom.of(find_course(folder))
    chosen = [room.course.lab(lab) for lab in labs]
    for lab in chosen:
        if not no_publish and not lab.is_open:
            raise CourseError(f"Lab {lab.id!r} is announced, not open.", fix='set its status to "open" in course.toml')
        if not room.course.source(lab.id).is_file():
            raise CourseError(f"There is no {room.course.source(lab.id)}.", fix="write the lab first")
    room.make_folders()
    rows = []
    for lab in chosen:
        made = build_release(room.course, lab.id, room.course.root / "release")
        row = {"lab": lab.id, "files": len(read_folder(made)), "published": not no_publish}
        if not no_publish:
            know_lab(room, lab.id)
            row["sha256"] = open_exchange(room).release(lab.id, read_folder(made), by="coreskills release").sha256
        rows.append(row)
        if not as_json:
            click.echo(f"{lab.id}: {row['files']} files{'' if no_publish else ', learners can fetch it'}")
    if as_json:
        click.echo(json.dumps(rows, indent=1))
