"""`coreskills schedule`: due dates from one start date."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from rich.console import Console
from rich.table import Table

from coreskills.classroom.schedule import DueDates, plan, write_calendar
from coreskills.classroom.settings import Classroom
from coreskills.course import find_course
from coreskills.errors import ClassroomError


@click.command(
    epilog="Example: coreskills schedule --start 2027-01-11 --format self-paced --zone Europe/Berlin --ics due.ics"
)
@click.option("--start", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The first day.")
@click.option("--format", "form", default="self-paced", show_default=True, help="A schedule of course.toml.")
@click.option("--zone", default="UTC", show_default=True, help="Whose 23:59 it is, as Europe/Berlin.")
@click.option("--ics", type=click.Path(path_type=Path, dir_okay=False), help="Write a calendar file, too.")
@click.option("--dry-run", is_flag=True, help="Show the dates, set nothing.")
@click.option("--course", "folder", type=click.Path(path_type=Path, file_okay=False), help="The course folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    start: datetime, form: str, zone: str, ics: Path | None, dry_run: bool, folder: Path | None, as_json: bool
) -> None:
    """Set each lab's due date, for learners and in nbgrader's gradebook; extensions stay."""
    room = Classroom.of(find_course(folder))
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ClassroomError(f"There is no time zone {zone!r}.", fix="write it as Europe/Berlin") from error
    due = plan(room.course, start=start.date(), form=form, zone=zone)
    if not dry_run:
        room.make_folders()
        DueDates(room.database_url).put(due)
        _tell_nbgrader(room, due)
    if ics is not None:
        ics.write_bytes(write_calendar(room.course, due, now=datetime.now(UTC)))
    if as_json:
        click.echo(json.dumps({lab: when.isoformat() for lab, when in due.items()}, indent=1))
        return
    table = Table("lab", "title", f"due ({zone})")
    for lab in room.course.labs:
        table.add_row(lab.number, lab.title, f"{due[lab.id].astimezone(ZoneInfo(zone)):%a %d %b %Y, %H:%M}")
    Console().print(table)
    click.echo("Nothing was set (--dry-run)." if dry_run else f"{len(due)} due dates are set.")


def _tell_nbgrader(room: Classroom, due: dict[str, datetime]) -> None:
    from nbgrader.api import Gradebook

    with Gradebook(room.gradebook_url, room.course.course.id) as gradebook:
        for lab, when in due.items():
            gradebook.update_or_create_assignment(lab, duedate=when.astimezone(UTC).replace(tzinfo=None))
