"""`coreskills record`: run a lab's solution, and keep every call it makes for grading."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from coreskills.course import find_course, load_course
from coreskills.errors import CassetteError

if TYPE_CHECKING:
    from coreskills.cassettes.recorder import Source
    from coreskills.checking.recording import Recorded

_SHOWN_CHANGES = 20
_KEY_FIX = "set CORESKILLS_ANTHROPIC_API_KEY or CORESKILLS_OPENAI_API_KEY, or record without --live"


@click.command(epilog="Example: coreskills record b1-2-cost-calculator")
@click.argument("labs", nargs=-1, metavar="[LAB]...")
@click.option(
    "--live", is_flag=True, help="Ask the real providers, with the keys in the environment; this costs money."
)
@click.option("--yes", is_flag=True, help="Replace recordings that drifted without asking (with --live).")
@click.option("--anyway", is_flag=True, help="Write although the solution fails its checks: for a lab in the making.")
@click.option("--dry-run", is_flag=True, help="Report what would change, and write nothing.")
@click.option(
    "--course", "root", type=click.Path(exists=True, file_okay=False, path_type=Path), help="The course folder."
)
@click.option("--json", "as_json", is_flag=True, help="A list of objects instead of lines.")
def command(
    labs: tuple[str, ...], live: bool, yes: bool, anyway: bool, dry_run: bool, root: Path | None, as_json: bool
) -> None:
    """Record the calls of LAB's solution and checks into cassettes/LAB (all open labs by default).

    Calls of hidden checks go to LAB.hidden.json, which is never released. Recording twice from the offline models
    writes the same bytes. With --live the changes are shown before anything is replaced.
    """
    from coreskills.checking.recording import record_lab
    from coreskills.examiner.client import ExaminerProcess
    from coreskills.gateway.live import upstreams_from_environment
    from coreskills.gateway.recording import offline_upstreams

    course = load_course(root) if root else find_course()
    chosen = [course.lab(lab_id) for lab_id in labs] or [
        lab for lab in course.open_labs if course.source(lab.id).exists()
    ]
    done: list[Recorded] = []
    source: Source = "live" if live else "offline"
    with ExitStack() as stack:
        upstreams = upstreams_from_environment() if live else stack.enter_context(offline_upstreams())
        if not upstreams:
            raise CassetteError("There is no provider key to record with.", fix=_KEY_FIX)
        examiner = stack.enter_context(ExaminerProcess())
        for lab in chosen:
            with Console(stderr=True).status(f"recording {lab.id}"):
                done.append(record_lab(course, lab, upstreams, source=source, examiner=examiner))
            _settle(done[-1], write=not dry_run, anyway=anyway, ask=live and not yes, quiet=as_json)
    if as_json:
        click.echo(json.dumps([_facts(each) for each in done], indent=2))
    if failed := [each for each in done if each.failures]:
        checks = sum(len(each.failures) for each in failed)
        where = ", ".join(each.lab for each in failed)
        what = f"The solution fails {checks} of its own checks in {where}."
        raise CassetteError(what, fix="mend the solution or the check, then record again; or --anyway")


def _settle(result: Recorded, *, write: bool, anyway: bool, ask: bool, quiet: bool) -> None:
    """Show what came, and replace the cassettes unless something speaks against it."""
    if not quiet:
        _show(result)
    if write and (anyway or not result.failures) and (not ask or _agreed(result)):
        result.write()
        if not quiet:
            names = ", ".join(path.name for path in result.changed)
            click.echo(f"  wrote {names}" if names else "  wrote nothing: all is as it was")


def _agreed(result: Recorded) -> bool:
    """Nothing drifted, or the instructor wants the new answers."""
    drifted = any(drift.changes or drift.removed for drift in result.drift.values())
    return not drifted or click.confirm(f"Replace the recordings of {result.lab}?", err=True)


def _show(result: Recorded) -> None:
    from coreskills.cassettes.drift import summary

    visible, hidden = (len(part) for part in result.parts.values())
    click.echo(f"{result.lab}: {visible} calls, {hidden} hidden; {summary(list(result.drift.values()))}")
    for drift in result.drift.values():
        for change in drift.changes[:_SHOWN_CHANGES]:
            click.echo(f"  {change.what}: {change.request}\n    was {change.before}\n    now {change.after}")
        if len(drift.changes) > _SHOWN_CHANGES:
            click.echo(f"  and {len(drift.changes) - _SHOWN_CHANGES} more changes")
    for grade_id, error in result.failures:
        click.echo(f"  FAILS {grade_id}: {error}")


def _facts(result: Recorded) -> dict[str, object]:
    drift = {
        path.name: {"same": d.same, "added": d.added, "removed": d.removed, "changes": [vars(c) for c in d.changes]}
        for path, d in result.drift.items()
    }
    return {
        "lab": result.lab,
        "calls": {path.name: len(part) for path, part in result.parts.items()},
        "changed": [path.name for path in result.changed],
        "failures": [{"check": grade_id, "error": error} for grade_id, error in result.failures],
        "drift": drift,
    }
