"""The examiner as nbgrader's execute step: ``nbgrader autograde`` and formgrader's button grade through it."""

from __future__ import annotations

import atexit
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    IgnorePattern,
    LimitOutput,
    NbGraderPreprocessor,
    SaveAutoGrades,
)
from traitlets import Bool, Float, List, Unicode

from coreskills.errors import GradingError
from coreskills.examiner.client import ExaminerProcess
from coreskills.examiner.job import Examination, Job
from coreskills.examiner.marks import marked
from coreskills.examiner.terms import Terms, terms_for
from coreskills.examiner.tools import own_timeouts, trusted_texts
from coreskills.examiner.warm import Settings

_processes: dict[Settings, ExaminerProcess] = {}


class ExamineNotebook(NbGraderPreprocessor):
    """Runs learner cells in the sandbox and test cells in the examiner; takes the place of ``Execute``."""

    preload = List(Unicode(), help="Modules to import in the warm parent beside the usual ones").tag(config=True)
    shown_paths = List(Unicode(), help="More paths that learner programs may read").tag(config=True)
    cell_timeout_s = Float(0.0, help="Seconds for one cell; 0 takes the course's").tag(config=True)
    timeout_s = Float(0.0, help="Seconds for one notebook; 0 takes the course's").tag(config=True)

    unsafe_no_sandbox = Bool(
        False, help="Run learner code with the grader's own rights: only for hand-ins that you trust"
    ).tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Examine one sanitised notebook; its outputs are such that nbgrader's own scoring gives our points.

        Raises:
            GradingError: It cannot be examined; nbgrader then writes no score and goes on with the next.
        """
        where = resources["nbgrader"]
        root = Path(self.parent.parent.coursedir.root)
        terms = terms_for(root, where["assignment"])
        with Gradebook(where["db_url"]) as gradebook:
            tests, texts = _read_gradebook(gradebook, where["notebook"], where["assignment"])
        _check_tests(nb, tests, texts)
        source = root / self._source_folder(where["assignment"]) / f"{where['notebook']}.ipynb"
        job = self._job(nb, where, tests, terms, resources["metadata"]["path"])
        job = replace(job, tools=trusted_texts(texts.values(), source), own_timeouts_s=own_timeouts(source))
        examination = _process(self._settings()).examine(job)
        self._report(examination)
        return _as_nodes(marked(examination)), resources

    def _settings(self) -> Settings:
        return Settings(shown=tuple(self.shown_paths), preload=tuple(self.preload), sandbox=not self.unsafe_no_sandbox)

    def _source_folder(self, assignment: str) -> Path:
        coursedir = self.parent.parent.coursedir
        return Path(coursedir.format_path(coursedir.source_directory, ".", assignment))

    def _job(self, nb: Any, where: Any, tests: dict[str, float], terms: Terms, path: str) -> Job:
        return Job(
            id=f"{where['student']}/{where['notebook']}",
            learner=where["student"],
            lab=where["assignment"],
            notebook=json.loads(json.dumps(nb)),
            tests=tests,
            workdir=str(Path(path).resolve()) if path else None,
            emptied=terms.emptied,
            gateway=terms.gateway,
            timeout_s=self.timeout_s or terms.timeout_s,
            cell_timeout_s=self.cell_timeout_s or terms.cell_timeout_s,
            limits=terms.limits,
        )

    def _report(self, examination: Examination) -> None:
        if not examination.sandboxed:
            self.log.warning("NO SANDBOX: %s ran with all your rights; its grade is marked", examination.id)
        for miss in examination.misses:
            self.log.warning("No recording answers a request: %s", miss["instructor_view"])
        for name in examination.restored:
            self.log.warning("The learner's process ended in cell %s and was restored", name)
        for cell in examination.cells:
            if cell.note:
                self.log.warning("Check %s: %s", cell.grade_id, cell.note)


def _as_nodes(value: Any) -> Any:
    untyped: Any = nbformat
    return untyped.from_dict(value)


def use_examiner(config: Any) -> None:
    """Have a course graded through the examiner: the second of the two lines in its ``nbgrader_config.py``."""
    config.Autograde.autograde_preprocessors = [
        ExamineNotebook, IgnorePattern, LimitOutput, SaveAutoGrades, AssignLatePenalties, CheckCellMetadata,
    ]  # fmt: skip


def _process(settings: Settings) -> ExaminerProcess:
    """One examiner for all submissions that this nbgrader process grades."""
    if settings not in _processes:
        process = _processes[settings] = ExaminerProcess(workers=1, settings=settings)
        atexit.register(process.close)
    return _processes[settings]


def _read_gradebook(gradebook: Any, notebook: str, assignment: str) -> tuple[dict[str, float], dict[str, str]]:
    """Read which cells are tests, with their points, and the text of every cell that learners cannot change."""
    record = gradebook.find_notebook(notebook, assignment)
    solutions = {cell.name for cell in record.solution_cells}
    tests = {
        c.name: float(c.max_score) for c in record.grade_cells if c.cell_type == "code" and c.name not in solutions
    }
    return tests, {cell.name: cell.source for cell in record.source_cells if cell.locked}


def _check_tests(nb: Any, tests: dict[str, float], texts: dict[str, str]) -> None:
    """Hold the notebook against the gradebook: what we run here is the instructor's text, or nothing.

    Raises:
        GradingError: A test cell is not what was released.
    """
    for cell in nb.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in tests and (cell.cell_type != "code" or cell.source != texts.get(grade_id)):
            raise GradingError(
                f"Test cell {grade_id!r} of this submission is not the released one.",
                fix="generate the assignment again, or look at the submission's metadata",
            )
