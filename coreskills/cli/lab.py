"""`coreskills lab`: labs on one's own computer, with a private gateway and without a classroom."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Column, Table

from coreskills.course import Course, Lab, find_course
from coreskills.gateway.laptop_labs import released_files

# JupyterLab asks each new user whether to fetch news (`news_url=None` does not stop that), and nbgrader offers what
# needs its exchange, or a course to edit.
_NOT_HERE = [
    "@jupyterlab/apputils-extension:announcements",
    "@jupyter/nbgrader:assignment-list",
    "@jupyter/nbgrader:course-list",
    "@jupyter/nbgrader:create-assignment",
    "@jupyter/nbgrader:formgrader",
    "@jupyter/nbgrader:menu",
]

_course_option = click.option(
    "--course",
    "course_dir",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The course's folder; the current one, or one above it, by default.",
)


def _jupyter_options(function: click.decorators.FC) -> click.decorators.FC:
    """What `coreskills lab` and `coreskills lab open` share."""
    for option in (
        click.option(
            "--into",
            type=click.Path(path_type=Path, file_okay=False),
            help="The folder that JupyterLab shows, where your copies of labs lie; work that is there already is kept."
            " By default: labs, and without a course this folder.",
        ),
        click.option(
            "--port", type=int, default=8888, show_default=True, help="JupyterLab's; the next free one if taken."
        ),
        click.option("--no-browser", is_flag=True, help="Print the address instead of opening a browser."),
        click.option("--live", is_flag=True, help="Use the real models, charged to the keys in your environment."),
        click.option("--allow-root", is_flag=True, help="JupyterLab's own: let it run as root, in a container."),
    ):
        function = option(function)
    return function


@click.group(invoke_without_command=True, epilog="Example: coreskills lab open b1-1-first-call")
@_course_option
@_jupyter_options
@click.pass_context
def command(context: click.Context, /, course_dir: Path | None, **jupyter: Any) -> None:
    """Labs on this computer. Alone: start JupyterLab with all of them, and a private gateway."""
    if context.invoked_subcommand is None:
        _run_jupyterlab(course=_course(course_dir), **jupyter)


@command.command("list", epilog="Example: coreskills lab list --json")
@_course_option
@click.option("--json", "as_json", is_flag=True, help="A list of objects instead of a table.")
def list_labs(course_dir: Path | None, as_json: bool) -> None:
    """The labs of the course: which are open, how long they take, what they give."""
    course = find_course(course_dir)
    if as_json:
        click.echo(json.dumps([_described(lab) for lab in course.labs], indent=2))
        return
    table = Table(Column("lab", no_wrap=True), "title", "minutes", "points", "state")
    for lab in course.labs:
        state = "open" if lab.is_open else "to come"
        table.add_row(lab.id, lab.title, str(lab.minutes), str(lab.points.total), state)
    Console().print(table)
    click.echo(f"{len(course.open_labs)} of {len(course.labs)} labs are open. Start one:  coreskills lab open LAB")


@command.command("open", epilog="Example: coreskills lab open b1-1-first-call --into ~/labs")
@click.argument("lab_id", metavar="LAB")
@_course_option
@_jupyter_options
def open_lab(lab_id: str, course_dir: Path | None, **jupyter: Any) -> None:
    """Copy LAB, unless you have it already, and open it in JupyterLab."""
    course = find_course(course_dir)
    _run_jupyterlab(course=course, lab=course.lab(lab_id), **jupyter)


def fetch(course: Course, lab: Lab, *, into: Path) -> Path:
    """Copy a lab's released files, without touching any that are there.

    Returns:
        The learner's notebook.

    Raises:
        CourseError: The lab is not open, or was never released.
    """
    for file, inside in released_files(course, lab):
        copy = into / lab.id / inside
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, copy)
    return into / lab.id / f"{lab.id}.ipynb"


def _described(lab: Lab) -> dict[str, object]:
    return {
        "lab": lab.id,
        "number": lab.number,
        "title": lab.title,
        "module": lab.module,
        "track": lab.track,
        "minutes": lab.minutes,
        "points": lab.points.total,
        "needs": list(lab.needs),
        "open": lab.is_open,
    }


def _course(course_dir: Path | None) -> Course | None:
    """The course, if there is one: `coreskills lab` works in any folder."""
    is_there = any((folder / "course.toml").is_file() for folder in (Path.cwd(), *Path.cwd().parents))
    return find_course(course_dir) if course_dir is not None or is_there else None


def _run_jupyterlab(
    *,
    course: Course | None,
    lab: Lab | None = None,
    into: Path | None,
    port: int,
    no_browser: bool,
    live: bool,
    allow_root: bool,
) -> None:
    """JupyterLab in the foreground, until it ends."""
    from coreskills.gateway.laptop import private_gateway

    folder = (into or Path("labs" if course else ".")).expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True)
    arguments = [f"--ServerApp.root_dir={folder}"]
    if course is not None and lab is not None:
        notebook = fetch(course, lab, into=folder).relative_to(folder).as_posix()
        arguments.append(f"--LabApp.default_url=/lab/tree/{notebook}")
    state = _state(course)
    with private_gateway(state, course=course, live=live) as (url, token):
        env = {
            **os.environ,
            "CORESKILLS_SERVICE_URL": url,
            "CORESKILLS_SERVICE_TOKEN": token,
            "JUPYTER_CONFIG_PATH": os.pathsep.join(
                filter(None, [str(_config(state)), os.environ.get("JUPYTER_CONFIG_PATH")])
            ),
        }
        flags = [flag for flag, is_on in (("--no-browser", no_browser), ("--allow-root", allow_root)) if is_on]
        what = "the real models answer, on your account" if live else "the stand-in models answer, nothing is charged"
        click.echo(f"Private gateway at {url}: {what}.")
        click.echo(f"Your notebooks: {folder}. For a new one, choose the kernel `CoreSkills (Python 3)`.")
        jupyter = subprocess.Popen(
            [sys.executable, "-m", "jupyter", "lab", f"--ServerApp.port={port}", *flags, *arguments], env=env
        )
        # Ctrl-C is for JupyterLab, which asks whether to shut down; this process ends when it does.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: jupyter.terminate())
        code = jupyter.wait()
    if code:
        raise click.exceptions.Exit(1)


def _config(state: Path) -> Path:
    """Write what JupyterLab reads besides the owner's own configuration."""
    page = {"disabledExtensions": dict.fromkeys(_NOT_HERE, True)}
    folder = state / "jupyter"
    (folder / "labconfig").mkdir(parents=True, exist_ok=True)
    (folder / "labconfig" / "page_config.json").write_text(json.dumps(page, indent=1), encoding="utf-8")
    return folder


def _state(course: Course | None) -> Path:
    told = os.environ.get("CORESKILLS_STATE")
    home = Path.home() / ".coreskills"
    state = (Path(told) if told else course.root / ".coreskills" if course else home) / "laptop"
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    return state
