"""`coreskills up`: start the classroom on this machine."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from coreskills.classroom.launch import Prepared, prepare, running
from coreskills.classroom.roster import Roster
from coreskills.classroom.settings import Classroom
from coreskills.course import find_course
from coreskills.errors import ClassroomError


@click.command(epilog="Example: coreskills up --port 8000")
@click.option("--course", "folder", type=click.Path(path_type=Path, file_okay=False), help="The course folder.")
@click.option("--port", default=8000, show_default=True, help="Where browsers find it, on 127.0.0.1.")
@click.option("--demo/--no-demo", default=True, help="Make an instructor and three learners when the roster is empty.")
@click.option("--json", "as_json", is_flag=True, help="Print addresses and passwords as one JSON object.")
def command(folder: Path | None, port: int, demo: bool, as_json: bool) -> None:
    """Start JupyterHub and the course service; Ctrl-C stops everything."""
    started = time.monotonic()
    room = Classroom.of(find_course(folder))
    prepared = prepare(room, port=port, demo=demo)
    console = Console(stderr=as_json)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        console.print("Starting the classroom ...")
        with running(prepared) as hub:
            _say(prepared, room, console, as_json=as_json, seconds=time.monotonic() - started)
            try:
                code = hub.wait()
            except KeyboardInterrupt:
                console.print("\nStopping ...")
                raise
            raise ClassroomError(f"The hub stopped by itself (exit code {code}).", fix=f"read {room.hub / 'hub.log'}")
    except KeyboardInterrupt:
        console.print("Stopped. Nothing is left running; start again at any time.")
    except subprocess.SubprocessError as error:
        raise ClassroomError(f"The hub could not be started: {error}.", fix="make install") from error


def _interrupt(number: int, frame: object) -> None:
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)  # an impatient second Ctrl-C must not leave half of it running
    raise KeyboardInterrupt


def _say(prepared: Prepared, room: Classroom, console: Console, *, as_json: bool, seconds: float) -> None:
    people = Roster(room.database_url).people()
    url = prepared.run.url
    if as_json:
        table = {"url": url, "class_page": f"{url}/services/course/class", "passwords": prepared.passwords}
        click.echo(json.dumps({**table, "walled": prepared.run.is_walled, "seconds": round(seconds, 1)}))
        return
    console.print(f"Ready in {seconds:.1f} s: [bold]{url}[/bold]")
    shown = Table("role", "user name", "password", "name", box=None, pad_edge=False)
    known = sorted((p for p in people if p.name in prepared.passwords), key=lambda person: person.role != "instructor")
    for person in known[:12]:
        shown.add_row(person.role, person.name, prepared.passwords[person.name], person.full_name)
    console.print(shown)
    console.print(f"Class page: {url}/services/course/class", soft_wrap=True)
    console.print(f"All passwords: {room.hub / 'passwords.txt'}", soft_wrap=True)
    if prepared.unwalled:
        console.print(
            f"[bold]WARNING: learners' servers are NOT walled off ({prepared.unwalled}): learner code can read "
            "the course, its solutions and hidden tests.[/bold]\n"
            "Fix: apt-get install bubblewrap. Use this for a demonstration only."
        )
    console.print("Ctrl-C stops everything.")
