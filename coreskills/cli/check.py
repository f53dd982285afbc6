"""`coreskills check`: prove that labs grade as they should."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from coreskills.checking.report import LabReport
from coreskills.course import Course, Lab, find_course


@click.command(epilog="Example: coreskills check b1-2-cost-calculator")
@click.argument("labs", nargs=-1, metavar="[LAB]...")
@click.option("--all", "all_labs", is_flag=True, help="Every open lab; the same as naming none.")
@click.option("--workers", type=click.IntRange(1, 32), default=2, show_default=True, help="Examinations at a time.")
@click.option("--course", "root", type=click.Path(file_okay=False, path_type=Path), help="The course folder.")
@click.option("--json", "as_json", is_flag=True, help="A list of objects instead of a table.")
def command(labs: tuple[str, ...], all_labs: bool, workers: int, root: Path | None, as_json: bool) -> None:
    """Examine each LAB's reference, empty, toy, bad and alternative solutions with its recorded calls.

    The reference and every alternative must get full marks, an empty notebook nothing, the toy 40 to 69 percent; each
    bad solution must lose the points it is meant to lose. Exit code 1 when something is not as it should be.
    """
    course = find_course(root)
    chosen = [course.lab(name) for name in labs] if labs and not all_labs else list(course.open_labs)
    reports = _check(course, chosen, workers=workers, quiet=as_json)
    if as_json:
        click.echo(json.dumps([report.to_json() for report in reports], indent=2, ensure_ascii=False))
    else:
        _show(reports)
    strays = [] if labs and not all_labs else _strays(course)
    for stray in strays:
        click.echo(stray, err=True)
    if strays or not all(report.ok for report in reports):
        sys.exit(1)


def _check(course: Course, labs: list[Lab], *, workers: int, quiet: bool) -> list[LabReport]:
    from coreskills.checking.check import check_lab  # loads the examiner: not for --help
    from coreskills.examiner.client import ExaminerProcess

    notes = Console(stderr=True, quiet=quiet)
    with ExaminerProcess(workers=workers) as examiner:
        reports = []
        for number, lab in enumerate(labs, 1):
            notes.print(f"[{number}/{len(labs)}] {lab.number} {lab.title} ...", markup=False, highlight=False)
            reports.append(check_lab(course, lab, examiner=examiner))
        return reports


def _strays(course: Course) -> list[str]:
    """What is wrong beside any single lab: cassettes of no lab, secrets in what is kept."""
    from coreskills.cassettes.lint import orphans, secrets

    return [str(problem) for problem in (*orphans(course), *secrets(course))]


def _show(reports: list[LabReport]) -> None:
    table = Table("lab", "max", "reference", "empty", "toy", "bad caught", "alternatives", "misses", "release", "s", "")
    for report in reports:
        full = sum(score == report.max for score in report.alternatives.values())
        table.add_row(
            report.lab,
            f"{report.max:g}",
            _points(report.reference),
            _points(report.empty),
            "-" if report.toy is None else f"{report.toy:g} ({100 * report.toy / report.max:.0f} %)",
            f"{len(report.bad) - len(report.uncaught)} of {len(report.bad)}",
            f"{full} of {len(report.alternatives)}",
            str(len(report.misses)),
            "stale" if report.release else "fresh",
            f"{report.seconds:.1f}",
            "ok" if report.ok else "NOT OK",
        )
    console = Console()
    if not console.is_terminal:
        console = Console(width=120)  # a log has no width of its own, and 80 columns cut the names
    console.print(table)
    for report in reports:
        for problem in report.problems:
            console.print(f"{report.lab}: {problem}", markup=False, highlight=False, soft_wrap=True)
        for warning in report.warnings:
            console.print(f"{report.lab}: {warning}", markup=False, highlight=False, soft_wrap=True)


def _points(score: float | None) -> str:
    return "-" if score is None else f"{score:g}"
