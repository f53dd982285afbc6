"""`coreskills progress`: who has passed what."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from coreskills.classroom.feedback import shown_points
from coreskills.classroom.settings import Classroom
from coreskills.classroom.standing import Standing, standings, take_over_judgements
from coreskills.course import find_course


@click.command(epilog="Example: coreskills progress ada")
@click.argument("learner", required=False)
@click.option("--course", "folder", type=click.Path(path_type=Path, file_okay=False), help="The course folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(learner: str | None, folder: Path | None, as_json: bool) -> None:
    """Print where LEARNER stands, or everybody."""
    room = Classroom.of(find_course(folder))
    room.make_folders()
    for lab in room.course.open_labs:
        take_over_judgements(room, lab.id)
    found = standings(room, [learner] if learner else None)
    if as_json:
        click.echo(json.dumps([standing.row() for standing in found], indent=1))
    elif learner:
        _print_one(found[0])
    else:
        _print_all(found)


def _print_all(found: list[Standing]) -> None:
    table = Table("learner", "track", "labs passed", "modules", "capstone", "badge", "Track 3")
    for standing in found:
        status = standing.status
        capstone = status.capstone
        table.add_row(
            standing.person.name,
            standing.person.track,
            str(sum(each.is_passed for each in status.labs)),
            f"{status.modules_done} of {len(status.modules)}",
            "" if capstone is None or capstone.score is None else "passed" if capstone.is_passed else "not yet",
            "earned" if status.has_badge else "",
            status.track3,
        )
    Console().print(table)


def _print_one(standing: Standing) -> None:
    status = standing.status
    table = Table("lab", "title", "score", "")
    for each in status.labs:
        if each.score is not None:
            word = "passed" if each.is_passed else "waits for your instructor" if each.waits else "not yet"
            table.add_row(
                each.lab.number,
                each.lab.title,
                f"{shown_points(each.score.points)} of {shown_points(each.score.max)}",
                word,
            )
    console = Console()
    console.print(table)
    for module in status.modules:
        done = "complete" if module.is_complete else f"{module.passed} of {module.total} labs passed"
        console.print(f"{module.module.id} {module.module.title}: {done} ({module.track})")
    console.print(
        f"Badge: {'earned' if status.has_badge else f'{status.modules_done} of {len(status.modules)} modules'}"
    )
    if status.track3:
        console.print(f"Track 3 is open: {status.track3}")
    for name in status.opt_ins:
        console.print(
            f"For your information: you may be ready for the {name} exam. It is AWS's, not part of this course."
        )
