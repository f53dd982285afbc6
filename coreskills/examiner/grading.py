"""Grading a class: submissions out to examiners, scores into the gradebook by one writer."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coreskills.errors import GradingError, SandboxError
from coreskills.examiner.gradebook import GradebookFile, Released
from coreskills.examiner.job import CellScore, Examination, Job
from coreskills.examiner.late import apply_late_penalties
from coreskills.examiner.pool import Pool
from coreskills.examiner.submissions import (
    Folders,
    Submission,
    Texts,
    jobs_of,
    lay_out_graded,
    read_submission,
    read_timestamp,
    saved_of,
    write_graded,
)
from coreskills.examiner.terms import Terms


@dataclass(frozen=True)
class Graded:
    """What became of one submission.

    Attributes:
        max: Points that tests can give; manual ones come on top.
        error: Why there is no score; ``None`` when there is one.
        restored_cells: Cells that hung, exited or ate the memory, after which the notebook's state was rebuilt.
        changes: What had to be mended in the notebook.
        skipped: It was graded before, and nothing has changed since.
        sandboxed: ``False`` where learner code had the grader's own rights.
    """

    lab: str
    learner: str
    score: float | None
    max: float
    misses: int = 0
    restored_cells: tuple[str, ...] = ()
    seconds: float = 0.0
    error: str | None = None
    cells: tuple[CellScore, ...] = ()
    changes: tuple[str, ...] = ()
    skipped: bool = False
    sandboxed: bool = True

    @property
    def restored(self) -> int:
        return len(self.restored_cells)

    def to_json(self) -> dict[str, Any]:
        """The row that ``coreskills autograde --json`` prints."""
        names = ("lab", "learner", "score", "max", "misses", "restored", "seconds", "error", "sandboxed")
        return {**{name: getattr(self, name) for name in names}, "seconds": round(self.seconds, 3)}


@dataclass
class _Open:
    """A submission some of whose notebooks are still being examined."""

    submission: Submission
    fresh: Path
    left: int
    done: list[Examination] = field(default_factory=list)
    error: str | None = None


def grade_many(
    folders: Folders,
    lab_id: str,
    *,
    terms: Terms,
    pool: Pool,
    learners: Iterable[str] | None = None,
    force: bool = False,
    config: Any = None,
    on_graded: Callable[[Graded], None] | None = None,
) -> list[Graded]:
    """Grade a lab's submissions.

    A submission that cannot be graded is an error in its row; the others go on. What is graded already is left alone
    unless the hand-in is newer or ``force`` is set, so a run that was broken off goes on where it stopped.

    Args:
        learners: All who have handed in, if not given.
        config: nbgrader's, for the late penalty; ``None`` means there is none.

    Raises:
        GradingError: The lab is unknown to the gradebook, or a learner handed nothing in.
        SandboxError: This machine cannot isolate learner code.
    """
    gradebook = GradebookFile(folders.gradebook_url)
    try:
        lab = gradebook.released(lab_id)
        run = _Run(folders, lab, terms, gradebook, config)
        rows: list[Graded] = []
        for row in run.grade(_chosen(folders, lab_id, learners), pool, force=force):
            rows.append(row)
            if on_graded is not None:
                on_graded(row)
        return sorted(rows, key=lambda row: row.learner)
    finally:
        gradebook.close()


def _chosen(folders: Folders, lab_id: str, learners: Iterable[str] | None) -> list[str]:
    present = folders.learners(lab_id)
    if learners is None:
        return present
    wanted = list(learners)
    if absent := sorted(set(wanted) - set(present)):
        raise GradingError(f"{', '.join(absent)} handed nothing in for {lab_id}.", fix=f"look into {folders.submitted}")
    return wanted


class _Run:
    """One run over one lab; the only writer of its gradebook."""

    def __init__(self, folders: Folders, lab: Released, terms: Terms, gradebook: GradebookFile, config: Any) -> None:
        self._folders, self._lab, self._terms, self._gradebook, self._config = folders, lab, terms, gradebook, config
        self._texts = Texts(folders)
        self._open: dict[str, _Open] = {}
        self._refused: list[Graded] = []
        self._max = sum(sum(notebook.tests.values()) for notebook in lab.notebooks.values())

    def grade(self, learners: list[str], pool: Pool, *, force: bool) -> Iterator[Graded]:
        graded = {} if force else self._gradebook.graded(self._lab)
        todo: list[str] = []
        for learner in learners:
            if self._is_current(learner, graded):
                yield self._row(learner, skipped=True)
            else:
                todo.append(learner)
        for job, outcome in pool.run(self._jobs(todo)):
            yield from self._hand_over_refused()
            if isinstance(outcome, SandboxError):
                raise outcome
            row = self._take(job, outcome)
            if row is not None:
                yield row
        yield from self._hand_over_refused()

    def _hand_over_refused(self) -> Iterator[Graded]:
        rows, self._refused = self._refused, []
        yield from rows

    def _is_current(self, learner: str, graded: dict[str, Any]) -> bool:
        target = self._folders.graded(learner, self._lab.name)
        names = [target / f"{name}.ipynb" for name in self._lab.notebooks]
        if learner not in graded or not all(path.is_file() for path in names):
            return False
        handed_in = read_timestamp(self._folders.submission(learner, self._lab.name))
        return bool(graded[learner] == handed_in)

    def _jobs(self, learners: list[str]) -> Iterator[Job]:
        for learner in learners:
            try:
                submission = read_submission(self._folders, self._lab, learner)
                fresh = lay_out_graded(self._folders, submission)
            except (GradingError, OSError) as error:
                self._refused.append(self._row(learner, error=str(error)))
                continue
            jobs = jobs_of(submission, fresh, self._terms, self._texts)
            self._open[learner] = _Open(submission, fresh, len(jobs))
            yield from jobs

    def _take(self, job: Job, outcome: Examination | GradingError) -> Graded | None:
        entry = self._open[job.learner]
        entry.left -= 1
        if isinstance(outcome, GradingError):
            entry.error = str(outcome)
        else:
            entry.done.append(outcome)
        if entry.left:
            return None
        del self._open[job.learner]
        if entry.error is not None:
            shutil.rmtree(entry.fresh, ignore_errors=True)
            return self._row(job.learner, error=entry.error)
        return self._write(entry)

    def _write(self, entry: _Open) -> Graded:
        """Scores first, files second: a run killed between grades this submission again, to the same scores."""
        submission = entry.submission
        saved = [saved_of(self._lab.notebooks[e.id.rpartition("/")[2]], e) for e in entry.done]
        self._gradebook.save(self._lab, submission.learner, submission.timestamp, saved)
        if self._lab.due is not None and submission.timestamp is not None and submission.timestamp > self._lab.due:
            apply_late_penalties(self._gradebook.url, self._lab, submission.learner, self._config)
        write_graded(self._folders, submission, entry.fresh, entry.done)
        return self._row(
            submission.learner,
            score=sum(examination.score for examination in entry.done),
            misses=sum(len(examination.misses) for examination in entry.done),
            restored_cells=tuple(name for examination in entry.done for name in examination.restored),
            seconds=sum(examination.seconds for examination in entry.done),
            cells=tuple(cell for examination in entry.done for cell in examination.cells),
            changes=tuple(submission.changes),
            sandboxed=all(examination.sandboxed for examination in entry.done),
        )

    def _row(self, learner: str, *, score: float | None = None, **values: Any) -> Graded:
        return Graded(self._lab.name, learner, score, self._max, **values)
