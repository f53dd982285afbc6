"""``coreskills autograde``: grade submissions in the examiner, in parallel."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from coreskills.examiner.grading import Graded
    from coreskills.examiner.pool import Pool
    from coreskills.examiner.warm import Settings

BANNER = """\
!!! NO SANDBOX !!!  Learner code runs with all your rights: it can read the tests, the gradebook and your files,
!!! NO SANDBOX !!!  use the network, and change scores. Every grade of this run is marked. Instead: allow namespaces
!!! NO SANDBOX !!!  (docs/examiner.md says how), and leave --unsafe-no-sandbox out."""
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
@click.option(
    "--unsafe-no-sandbox",
    "is_unsafe",
    is_flag=True,
    help="Run learner code with your own rights. Only for hand-ins that you trust like your own programs.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each submission.")
@click.option("--course", type=click.Path(file_okay=False, path_type=Path), help="The course folder.")
def command(
    labs: tuple[str, ...],
    learners: str | None,
    workers: int | None,
    scheduler: str | None,
    *,
    force: bool,
    is_unsafe: bool,
    as_json: bool,
    course: Path | None,
) -> None:
    """Grade submissions of LAB in the examiner and write the gradebook.

    Learner code runs in a sandbox; tests, recordings and scores stay out of its reach. Exits with 1 when a submission
    could not be graded: it has no score then, the others have.
    """
    from coreskills.examiner.warm import Settings

    root = course.resolve() if course else _course_here()
    settings = Settings(gateway=(root / "course.toml").is_file(), sandbox=not is_unsafe)
    pool = _pool(workers, scheduler, settings)
    try:
        from coreskills.examiner.course_folders import examined_as, folders_of, load_config
        from coreskills.examiner.terms import terms_for

        config = load_config(root)
        folders = folders_of(root, config)
        told = examined_as(config)
        if (wanted := told.settings(settings)) != settings:
            pool.close()
            pool, settings = _pool(workers, scheduler, wanted), wanted
        if not settings.sandbox:
            click.echo(BANNER, err=True)
        terms = {lab: told.terms(terms_for(root, lab)) for lab in labs}
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


def _course_here() -> Path:
    from coreskills.course import find_course

    return find_course().root


def _pool(workers: int | None, scheduler: str | None, settings: Settings) -> Pool:
    """Start it before anything is read: the warm parent imports its libraries meanwhile."""
    if scheduler:
        from coreskills.examiner.dask_pool import DaskPool

        return DaskPool(scheduler, settings=settings)
    from coreskills.examiner.pool import local_pool

    return local_pool(workers=workers, settings=settings)


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

    table = Table("lab", "learner", "score", "max", "misses", "restored", "seconds", "", pad_edge=False)
    for row in rows:
        score = "-" if row.score is None else f"{row.score:g}"
        note = "not graded" if row.error else "graded before" if row.skipped else ""
        cells = (score, f"{row.max:g}", str(row.misses or ""), str(row.restored or ""), f"{row.seconds:.2f}")
        table.add_row(row.lab, row.learner, *cells, note)
    console = Console()
    console.print(table)
    graded, failed = [row for row in rows if row.score is not None], [row for row in rows if row.error]
    slowest = sorted(graded, key=lambda row: -row.seconds)[:3]
    console.print(f"{len(graded)} graded, {sum(r.skipped for r in rows)} graded before, {len(failed)} not graded.")
    if unsafe := sum(not row.sandboxed for row in rows):
        console.print(f"[bold red]{unsafe} graded WITHOUT A SANDBOX[/]: their code could have changed these scores.")
    if slowest:
        console.print("Slowest: " + ", ".join(f"{row.learner} {row.lab} {row.seconds:.1f} s" for row in slowest))
    if restored := [row for row in rows if row.restored]:
        console.print("Restored after cells that hung, exited or ran out of memory:")
        for row in restored:
            names = ", ".join(row.restored_cells)
            console.print(f"  {row.learner} {row.lab}: {names}", highlight=False, markup=False, soft_wrap=True)
    for row in rows:
        for line in (row.error or "").splitlines() or row.changes:
            console.print(f"{row.learner} {row.lab}: {line}", highlight=False, markup=False, soft_wrap=True)
