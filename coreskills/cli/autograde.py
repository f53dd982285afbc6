"""``coreskills autograde``: grade submissions in the examiner, in parallel."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coreskills.course import find_course

if TYPE_CHECKING:
    from coreskills.examiner.grading import Graded
    from coreskills.examiner.pool import Pool

EPILOG = """\b
Examples:
  coreskills autograde b1-2-cost-calculator
  coreskills autograde b1-2-cost-calculator --learners ann,bob --force
  coreskills autograde b1-2-cost-calculator --scheduler tcp://127.0.0.1:8786 --json
"""


@click.command(epilog=EPILOG)
@click.argument("labs", metavar="LAB...", nargs=-1, required=True)
@click.option("--learners", help="Comma-separated; all who handed in by default.")
@click.option("--workers", type=click.IntRange(1, 64), help="Examinations at a time; one for each CPU by default.")
@click.option("--scheduler", metavar="ADDRESS", help="Examine on a Dask cluster instead: tcp://HOST:PORT.")
@click.option("--force", is_flag=True, help="Grade again what is graded already.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each submission.")
@click.option("--course", type=click.Path(file_okay=False, path_type=Path), help="The course folder.")
def command(
    labs: tuple[str, ...],
    learners: str | None,
    workers: int | None,
    scheduler: str | None,
    *,
    force: bool,
    as_json: bool,
    course: Path | None,
) -> None:
    """Grade submissions of LAB in the examiner and write the gradebook.

    Learner code runs in a sandbox; tests, recordings and scores stay out of its reach. Exits with 1 when a submission
    could not be graded: it has no score then, the others have.
    """
    root = course.resolve() if course else find_course().root
    from coreskills.examiner.course_folders import folders_of, load_config
    from coreskills.examiner.terms import terms_for

    pool = _pool(workers, scheduler, gateway=(root / "course.toml").is_file())
    try:
        config = load_config(root)
        folders = folders_of(root, config)
        terms = {lab: terms_for(root, lab) for lab in labs}
        chosen = [name.strip() for name in learners.split(",") if name.strip()] if learners else None
        rows = _grade(
            labs, pool, folders=folders, terms=terms, learners=chosen, force=force, config=config, quiet=as_json
        )
    finally:
        pool.close()
    if as_json:
        click.echo(json.dumps([row.to_json() for row in rows], indent=1))
    else:
        _print_summary(rows)
    if any(row.error for row in rows):
        sys.exit(1)


def _pool(workers: int | None, scheduler: str | None, *, gateway: bool) -> Pool:
    if scheduler:
        from coreskills.examiner.dask_pool import DaskPool

        return DaskPool(scheduler)
    from coreskills.examiner.pool import local_pool
    from coreskills.examiner.warm import Settings

    # Started first: the warm parent imports its libraries while we read the course.
    return local_pool(workers=workers, settings=Settings(gateway=gateway))


def _grade(labs: tuple[str, ...], pool: Pool, *, folders: Any, terms: Any, quiet: bool, **options: Any) -> list[Graded]:
    from coreskills.cli.progress_bar import GradingProgress
    from coreskills.examiner.grading import grade_many

    rows: list[Graded] = []
    total = sum(len(options["learners"] or folders.learners(lab)) for lab in labs)
    with GradingProgress(total, quiet=quiet) as progress:
        for lab in labs:
            rows += grade_many(folders, lab, terms=terms[lab], pool=pool, on_graded=progress.advance, **options)
    return rows


def _print_summary(rows: list[Graded]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("lab", "learner", "score", "max", "misses", "restored", "seconds", "")
    for row in rows:
        score = "-" if row.score is None else f"{row.score:g}"
        note = (row.error or "").splitlines()[0] if row.error else "graded before" if row.skipped else ""
        cells = (score, f"{row.max:g}", str(row.misses or ""), str(row.restored or ""), f"{row.seconds:.2f}")
        table.add_row(row.lab, row.learner, *cells, note)
    console = Console()
    console.print(table)
    graded, failed = [row for row in rows if row.score is not None], [row for row in rows if row.error]
    slowest = sorted(graded, key=lambda row: -row.seconds)[:3]
    console.print(f"{len(graded)} graded, {sum(r.skipped for r in rows)} graded before, {len(failed)} not graded.")
    if slowest:
        console.print("Slowest: " + ", ".join(f"{row.learner} {row.lab} {row.seconds:.1f} s" for row in slowest))
    for row in rows:
        for change in row.changes:
            console.print(f"{row.learner} {row.lab}: {change}", highlight=False)
