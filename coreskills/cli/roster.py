"""`coreskills roster`: who is in the class."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from coreskills.classroom.passwords import Passwords
from coreskills.classroom.roster import Roster, read_roster
from coreskills.classroom.settings import Classroom
from coreskills.course import find_course
from coreskills.errors import ClassroomError
from coreskills.gateway.keys import KeyStore

_course = click.option(
    "--course", "folder", type=click.Path(path_type=Path, file_okay=False), help="The course folder."
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(epilog="Example: coreskills roster import class.csv")
def command() -> None:
    """Import, list and synchronise the people of the class."""


@command.command("import", epilog="Example: coreskills roster import class.csv")
@click.argument("file", type=click.Path(path_type=Path))
@_course
@_json
def import_(file: Path, folder: Path | None, as_json: bool) -> None:
    """Add the people of a CSV FILE, or bring them up to date; nobody is taken off.

    Columns: name (required), full_name, email, section, track, role, lms_id.
    """
    room = _room(folder)
    roster = Roster(room.database_url)
    people = read_roster(file, roster.people(inactive=True))
    added, changed = roster.put(people)
    Passwords(room.hub).issue(person.name for person in people)
    if as_json:
        click.echo(json.dumps({"added": added, "changed": changed, "total": len(people)}))
    else:
        click.echo(f"{added} added, {changed} changed. First passwords: {room.hub / 'passwords.txt'}")


@command.command("list", epilog="Example: coreskills roster list --json")
@click.option("--all", "inactive", is_flag=True, help="Those who left, too.")
@_course
@_json
def list_(inactive: bool, folder: Path | None, as_json: bool) -> None:
    """Print who is in the class."""
    people = Roster(_room(folder).database_url).people(inactive=inactive)
    if as_json:
        click.echo(json.dumps([vars(person) for person in people], indent=1))
        return
    table = Table("name", "full name", "e-mail", "section", "track", "role", "")
    for person in people:
        here = "" if person.is_active else "left"
        table.add_row(person.name, person.full_name, person.email, person.section, person.track, person.role, here)
    Console().print(table)


@command.command(epilog="Example: coreskills roster sync class.csv")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Close the door even for many.")
@_course
@_json
def sync(file: Path, yes: bool, folder: Path | None, as_json: bool) -> None:
    """Make the roster equal to FILE, and nbgrader's gradebook with it.

    Learners who are not in FILE cannot log in any more; what they handed in stays. Instructors stay.
    """
    from nbgrader.api import Gradebook

    room = _room(folder)
    roster = Roster(room.database_url)
    people = read_roster(file, roster.people(inactive=True))
    here = {person.name for person in people}
    gone = [person.name for person in roster.people(role="learner") if person.name not in here]
    if len(gone) > max(3, len(people) // 5) and not yes:
        raise ClassroomError(
            f"{file} would take {len(gone)} learners off the roster ({', '.join(gone[:5])} ...).",
            fix="--yes if you mean it",
        )
    added, changed = roster.put(people)
    retired = roster.retire(gone)
    _close_doors(room, gone)
    Passwords(room.hub).issue(sorted(here))
    with Gradebook(room.gradebook_url, room.course.course.id) as gradebook:
        for person in roster.people(role="learner"):
            first, _, last = person.full_name.rpartition(" ")
            gradebook.update_or_create_student(
                person.name, first_name=first, last_name=last, email=person.email, lms_user_id=person.lms_id or None
            )
    if as_json:
        click.echo(json.dumps({"added": added, "changed": changed, "retired": retired}))
    else:
        click.echo(f"{added} added, {changed} changed, {retired} left. The gradebook knows everybody.")


def _close_doors(room: Classroom, gone: list[str]) -> None:
    passwords, keys = Passwords(room.hub), KeyStore(room.keys_url)
    for name in gone:
        passwords.forget(name)
        keys.revoke_all(learner=name)
    keys.close()


def _room(folder: Path | None) -> Classroom:
    room = Classroom.of(find_course(folder))
    room.make_folders()
    return room
