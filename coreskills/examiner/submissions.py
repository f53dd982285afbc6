"""Submissions on disk: find them, make jobs of them, write what comes back."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from coreskills.errors import GradingError
from coreskills.examiner.gradebook import Released, ReleasedNotebook, Saved
from coreskills.examiner.job import Examination, Job
from coreskills.examiner.marks import marked
from coreskills.examiner.sanitising import is_untouched, read_notebook, sanitise
from coreskills.examiner.terms import Terms
from coreskills.examiner.tools import own_timeouts, trusted_texts

_IGNORED = {".ipynb_checkpoints", "__pycache__", "feedback"}


@dataclass(frozen=True)
class Folders:
    """Where a course keeps things, as nbgrader is configured.

    Attributes:
        source: Path with ``{lab}``; ``submitted`` and ``autograded`` with ``{learner}`` and ``{lab}``.
    """

    root: Path
    source: Path
    submitted: Path
    autograded: Path
    feedback: Path
    gradebook_url: str
    course_id: str = ""

    def submission(self, learner: str, lab: str) -> Path:
        return self.submitted / learner / lab

    def graded(self, learner: str, lab: str) -> Path:
        return self.autograded / learner / lab

    def learners(self, lab: str) -> list[str]:
        """Who has handed in a lab."""
        return sorted(path.parent.name for path in self.submitted.glob(f"*/{lab}") if path.is_dir())


@dataclass
class Submission:
    """One learner's hand-in of one lab.

    Attributes:
        changes: What had to be mended, for the instructor.
    """

    learner: str
    lab: Released
    folder: Path
    timestamp: datetime | None
    notebooks: dict[str, dict[str, Any]] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)


def read_submission(folders: Folders, lab: Released, learner: str) -> Submission:
    """Read and mend a hand-in.

    Raises:
        GradingError: A notebook is missing, damaged, or not this lab's.
    """
    folder = folders.submission(learner, lab.name)
    submission = Submission(learner, lab, folder, read_timestamp(folder))
    for name, released in lab.notebooks.items():
        notebook = read_notebook(folder / f"{name}.ipynb")
        submission.changes += sanitise(notebook, released)
        if released.graded and not _has_any(notebook, released):
            raise GradingError(
                f"{name}.ipynb holds none of the {len(released.graded)} graded cells of {lab.name}.",
                fix=f"ask the learner to fetch {lab.name} again, work in that file and submit again",
            )
        submission.notebooks[name] = notebook
    return submission


def _has_any(notebook: dict[str, Any], released: ReleasedNotebook) -> bool:
    marks = (cell["metadata"].get("nbgrader") or {} for cell in notebook["cells"])
    return any(each.get("grade_id") in released.graded for each in marks)


def read_timestamp(folder: Path) -> datetime | None:
    """Read when it was handed in, as UTC without a zone (what the gradebook stores)."""
    path = folder / "timestamp.txt"
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8", errors="replace").strip()
    try:
        moment = datetime.fromisoformat(text.removesuffix(" UTC") + ("+00:00" if text.endswith(" UTC") else ""))
    except ValueError:
        return _odd_timestamp(text)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _odd_timestamp(text: str) -> datetime | None:
    from nbgrader.utils import parse_utc  # 2.5 s; only for dates in an unusual form

    try:
        parsed: datetime = parse_utc(text)
    except (ValueError, OverflowError) as error:
        raise GradingError(f"timestamp.txt says {text!r}, which is no date.", fix="mend it, or delete it") from error
    return parsed


class Texts:
    """What the instructor's own notebooks say, read once for a class."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._read: dict[tuple[str, str], tuple[tuple[str, ...], dict[str, float]]] = {}

    def of(self, lab: Released, notebook: ReleasedNotebook) -> tuple[tuple[str, ...], dict[str, float]]:
        """The texts that tests may use, and the seconds of cells that have their own."""
        key = (lab.name, notebook.name)
        if key not in self._read:
            locked = [cell.source for cell in notebook.cells.values() if cell.locked]
            source = self._folders.source / lab.name / f"{notebook.name}.ipynb"
            self._read[key] = trusted_texts(locked, source), own_timeouts(source)
        return self._read[key]


def lay_out_graded(folders: Folders, submission: Submission) -> Path:
    """Write the learner's files, then the course's, into a fresh folder beside their place in ``autograded``."""
    target = folders.graded(submission.learner, submission.lab.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.parent / f".{target.name}-{uuid.uuid4().hex[:8]}"
    for origin in (submission.folder, folders.source / submission.lab.name):
        _copy_files(origin, fresh)
    return fresh


def _copy_files(origin: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    for folder, names, files in os.walk(origin):
        names[:] = [name for name in names if name not in _IGNORED]
        relative = Path(folder).relative_to(origin)
        for name in files:
            path = Path(folder) / name
            if (name.endswith((".ipynb", ".pyc")) and relative == Path()) or path.is_symlink() or not path.is_file():
                continue
            (target / relative).mkdir(parents=True, exist_ok=True)
            copied = target / relative / name
            if copied.exists():
                copied.chmod(0o644)
            shutil.copyfile(path, copied)


def jobs_of(submission: Submission, workdir: Path, terms: Terms, texts: Texts) -> list[Job]:
    """Make one job for each notebook of a submission."""
    jobs = []
    for name, released in submission.lab.notebooks.items():
        tools, own_timeouts_s = texts.of(submission.lab, released)
        job = Job(
            id=f"{submission.learner}/{name}",
            learner=submission.learner,
            lab=submission.lab.name,
            notebook=submission.notebooks[name],
            tests=released.tests,
            workdir=str(workdir),
            emptied=terms.emptied,
            tools=tools,
            gateway=terms.gateway,
            timeout_s=terms.timeout_s,
            cell_timeout_s=terms.cell_timeout_s,
            own_timeouts_s=own_timeouts_s,
            limits=terms.limits,
        )
        jobs.append(job)
    return jobs


def saved_of(released: ReleasedNotebook, examination: Examination) -> Saved:
    """Turn an examination into gradebook rows, by nbgrader's rules for what a person must look at."""
    scores: dict[str, float | None] = {cell.grade_id: cell.points for cell in examination.cells}
    comments: dict[str, str | None] = {}
    for cell in examination.notebook["cells"]:
        marks = cell["metadata"].get("nbgrader")
        if not marks:
            continue
        name = marks["grade_id"]
        if marks["solution"]:
            comments[name] = "No response." if is_untouched(cell) else None
        elif marks["task"]:
            comments[name] = None
        if marks["grade"] and name not in scores:
            scores[name] = 0.0 if marks["solution"] and is_untouched(cell) else None
    scores.update({name: 0.0 for name in released.graded if name not in scores})
    return Saved(released.name, scores, comments)


def write_graded(folders: Folders, submission: Submission, fresh: Path, examinations: list[Examination]) -> None:
    """Put the graded notebooks beside their files, and the whole in its place at once."""
    for examination in examinations:
        name = examination.id.rpartition("/")[2]
        text = json.dumps(marked(examination), ensure_ascii=False) + "\n"  # indented takes ten times as long
        (fresh / f"{name}.ipynb").write_text(text, encoding="utf-8")
    for folder, _, files in os.walk(fresh):
        for file in files:
            (Path(folder) / file).chmod(0o444)
    target = folders.graded(submission.learner, submission.lab.name)
    if target.exists():
        shutil.rmtree(target)
    fresh.rename(target)
