"""From a queued submission to a score and a feedback page, through the examiner."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from coreskills.classroom.feedback import Graded, render_feedback
from coreskills.classroom.gradebook import Standing, know_lab, read_standings
from coreskills.classroom.marks import Check, read_checks, read_misses
from coreskills.classroom.queue import Outcome
from coreskills.classroom.settings import Classroom
from coreskills.classroom.store.bundle import write_folder
from coreskills.classroom.store.exchange import Exchange, Submission
from coreskills.course import Lab
from coreskills.examiner.course_folders import folders_of, load_config
from coreskills.examiner.grading import grade_many
from coreskills.examiner.pool import Pool, local_pool
from coreskills.examiner.terms import terms_for
from coreskills.progress.rules import Score

log = logging.getLogger("coreskills.classroom.grader")
# Where the examiner works, and where libraries lie, is nobody's business but the operator's.
_PATHS = re.compile(
    r"/[^\s\"']*/lab-[^/\s\"']+/\d+/(?:work|tmp|home)\b/?|/[^\s\"']*/(?:(?:site|dist)-packages|lib/python3\.\d+)/"
    r"|/[^\s\"']*/(?=coreskills_widgets/)"
)


class ExaminerGrader:
    """Grades batches of one lab; keeps its examiner warm between them.

    Args:
        workers: Examinations at a time.
        scheduler: A Dask scheduler's address: examine on a cluster instead.
        on_graded: Told each learner as soon as the examiner is done, before the batch is.
    """

    def __init__(
        self,
        room: Classroom,
        exchange: Exchange,
        *,
        workers: int,
        scheduler: str = "",
        on_graded: Callable[[str], None] = lambda learner: None,
    ) -> None:
        self._room, self._exchange = room, exchange
        self._workers, self._scheduler, self._on_graded = workers, scheduler, on_graded
        self._pool: Pool | None = None

    def __call__(self, lab_id: str, batch: Sequence[Submission]) -> Mapping[int, Outcome]:
        """Grade submissions of one lab, one a learner at most.

        Raises:
            CoreskillsError: None of them can be graded, as when a recording is missing.
        """
        know_lab(self._room, lab_id)
        root = self._room.course.root
        config = load_config(root)
        folders = folders_of(root, config)
        terms = terms_for(root, lab_id)
        for submission in batch:
            self._lay_out(submission)
        learners = [submission.learner for submission in batch]
        rows = grade_many(
            folders,
            lab_id,
            terms=terms,
            pool=self.warm_up(),
            learners=learners,
            force=True,
            config=config,
            on_graded=lambda row: self._on_graded(row.learner),
        )
        by_learner = {row.learner: row for row in rows}
        standings = read_standings(self._room.gradebook_url, lab_id, learners)
        outcomes = {}
        for submission in batch:
            row = by_learner.get(submission.learner)
            if row is None or row.error is not None:
                outcomes[submission.id] = Outcome(error=row.error or "" if row else "the examiner gave no result")
            else:
                notebook = folders.graded(submission.learner, lab_id) / f"{lab_id}.ipynb"
                outcomes[submission.id] = self._outcome(submission, notebook, standings[submission.learner])
        return outcomes

    def close(self) -> None:
        """Let the warm examiner go."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def warm_up(self) -> Pool:
        """Start the examiner, unless it runs; returns at once, it imports its libraries meanwhile."""
        if self._pool is None:
            if self._scheduler:
                from coreskills.examiner.dask_pool import DaskPool

                self._pool = DaskPool(self._scheduler)
            else:
                self._pool = local_pool(workers=self._workers)
        return self._pool

    def _lay_out(self, submission: Submission) -> None:
        folder = self._room.submitted / submission.learner / submission.lab
        folder.parent.mkdir(parents=True, exist_ok=True)
        files = {**self._exchange.files(submission), "timestamp.txt": stamp(submission.received_utc).encode()}
        write_folder(files, folder)

    def _outcome(self, submission: Submission, notebook: Path, standing: Standing) -> Outcome:
        lab = self._room.course.lab(submission.lab)
        page, checks, misses = build_feedback(
            self._room, lab, notebook, standing, submission, receipt=self._exchange.receipt(submission).sha256
        )
        return Outcome(
            auto=standing.auto,
            manual=standing.manual if lab.points.manual else Decimal(0),
            max=standing.max,
            misses=misses,
            checks=[check.row() for check in checks],
            feedback={f"{submission.lab}.html": page.encode()},
        )


def build_feedback(
    room: Classroom,
    lab: Lab,
    notebook: Path,
    standing: Standing,
    submission: Submission | None,
    *,
    receipt: str = "",
    before: Decimal | None = None,
) -> tuple[str, list[Check], int]:
    """The feedback page of a graded notebook, its checks, and how many requests had no recording."""
    table: dict[str, Any] = json.loads(notebook.read_text(encoding="utf-8"))
    checks = [_without_paths(check) for check in read_checks(table)]
    graded = Graded(
        score=Score(standing.auto, standing.manual, standing.max, Decimal(lab.points.visible + lab.points.hidden)),
        checks=checks,
        comments=standing.comments,
        attempt=submission.attempt if submission else 1,
        receipt=receipt,
        graded_utc=datetime.now(UTC),
        before=before,
        attempts_left=None if lab.attempts is None or submission is None else max(0, lab.attempts - submission.attempt),
        is_late=submission is not None and submission.is_late,
        is_sandboxed=table["metadata"].get("coreskills", {}).get("sandboxed", True),
    )
    return render_feedback(room.course, lab, graded), checks, read_misses(table)


def _without_paths(check: Check) -> Check:
    return replace(
        check,
        message=_PATHS.sub("", check.message),
        output=_PATHS.sub("", check.output),
        misses=tuple(_PATHS.sub("", miss) for miss in check.misses),
    )


def stamp(received: datetime) -> str:
    """A submission's time as nbgrader writes it."""
    return received.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")


def default_workers() -> int:
    """Examinations at a time: half of the machine, so that learners' servers stay quick."""
    told = os.environ.get("CORESKILLS_GRADE_WORKERS", "")
    return int(told) if told.isdecimal() and int(told) else max(1, (os.cpu_count() or 2) // 2)
