"""Examining one notebook: learner cells over there, test cells here, in notebook order."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from typing import Any

from coreskills.examiner import messages, outputs, scoring, testcell
from coreskills.examiner.deaths import CandidateLost, CellTimeout
from coreskills.examiner.door import Door, opened
from coreskills.examiner.files import lay_out
from coreskills.examiner.job import CellScore, Examination, Job, Status
from coreskills.examiner.names import Names, tools_of
from coreskills.examiner.reach import reach_over, share_files
from coreskills.examiner.surroundings import ExaminerSurroundings
from coreskills.examiner.wall import Wall
from coreskills.examiner.warm import fork_candidate, learner_environment
from coreskills_widgets.candidate import house as houses
from coreskills_widgets.candidate.house import House
from coreskills_widgets.labs import surroundings

MAX_RESTORES = 12
_PROGRAM_WORDS = ("program.run", "app.drive", "web.visit")
_USE_WORDS = {
    "plot": ("matplotlib", "seaborn", ".plot"),
    "pypdf": ("pypdf", ".pdf"),
    "streamlit": ("app.drive", "streamlit"),
    "anthropic": ("Anthropic(",),
    "openai": ("OpenAI(",),
}
_left_open: list[contextlib.ExitStack] = []
Cell = dict[str, Any]


class Examiner:
    """Examines one job in one slot; the process it runs in is used for nothing else."""

    def __init__(self, job: Job, house: House, slot: int, door: Door | None) -> None:
        self._job, self._house, self._slot, self._door = job, house, slot, door
        self._done: list[Cell] = []
        self._tools = tools_of(job.tools)
        self._ends = time.monotonic() + job.timeout_s
        self.restored: list[str] = []
        self.scores: list[CellScore] = []
        self.cell_seconds = 0.0
        self.wall: Wall
        self.names: Names

    def examine(self) -> None:
        """Go through the notebook."""
        self._begin()
        try:
            for order, cell in enumerate(self._code_cells(), 1):
                started = time.monotonic()
                cell["outputs"], cell["execution_count"] = [], order
                if self._door:
                    self._door.set_cell(_grade_id(cell) or str(cell.get("id", "")), order)
                if self._is_test(cell):
                    self._test(cell)
                else:
                    self._run(cell, order)
                self.cell_seconds += time.monotonic() - started
        finally:
            self._end()

    # ---- one cell ----
    def _run(self, cell: Cell, order: int) -> None:
        """Run a learner's cell over there."""
        seconds = self._seconds(cell)
        if seconds <= 0:
            cell["outputs"] = [
                _notice("LabTimeout", f"The lab's {self._job.timeout_s:g} seconds were used up before this cell.")
            ]
            return
        self.wall.allow(seconds)
        try:
            cell["outputs"] = outputs.checked(self.wall.run_cell(_source(cell), order), count=order)
            self._done.append(cell)
        except CellTimeout:
            text = f"This cell ran longer than {seconds:g} seconds and was interrupted."
            cell["outputs"] = [*testcell.merge(self.wall.take_outputs()), _notice("CellTimeout", text)]
        except CandidateLost as lost:
            cell["outputs"] = [_notice("CellTimeout" if lost.timed_out else "KernelDied", _lost_text(lost, seconds))]
            self._restore(cell)

    def _test(self, cell: Cell) -> None:
        """Run a test cell here, and score it."""
        grade_id, seconds = _grade_id(cell), self._seconds(cell)
        max_points = self._job.tests[grade_id]
        if seconds <= 0:
            message = f"The lab's {self._job.timeout_s:g} seconds were used up before this check."
            cell["outputs"] = [_notice("LabTimeout", message)]
            self.scores.append(CellScore(grade_id, 0.0, max_points, "not_reached", message))
            return
        misses_before = len(self._door.misses) if self._door else 0
        result = self._checked(cell, seconds)
        cell["outputs"] = [*result.outputs]
        _number_results(cell)
        misses = self._door.misses[misses_before:] if self._door else []
        self.scores.append(_scored(grade_id, max_points, result, misses, hidden=messages.HIDDEN in _source(cell)))
        if isinstance(result.error, CandidateLost):
            self._restore(cell)
        else:
            self._done.append(cell)

    def _checked(self, cell: Cell, seconds: float) -> testcell.Result:
        around = ExaminerSurroundings(self.wall, self._door, self._job.notebook)
        try:
            with surroundings.use(around):
                return testcell.run(_source(cell), self.names, seconds=seconds)
        finally:
            if self._door:
                self._door.set_cause(None)

    # ---- life of the candidate ----
    def _begin(self) -> None:
        job = self._job
        slot = houses.open_slot(self._house, self._slot, size_mb=job.limits.disk_mb)
        if job.workdir is not None:
            lay_out(job.workdir, slot / "work", emptied=job.emptied, max_bytes=job.limits.disk_mb * 2**20)
        os.chdir(slot / "work")
        share_files(slot / "tmp")
        key = self._door.key if self._door else "none"
        forked = fork_candidate(
            self._house,
            self._slot,
            limits=job.limits,
            env=learner_environment(key, job.lab),
            uses=tuple(name for name, words in _USE_WORDS.items() if _mentions(job.notebook, words)),
            programs=_mentions(job.notebook, _PROGRAM_WORDS),
        )
        if self._door:
            self._door.serve(forked.door)
        else:
            forked.door.close()
        on_call = self._door.set_cause if self._door else None
        self.wall = Wall(
            forked.channel,
            forked.pid,
            memory_mb=job.limits.memory_mb,
            is_walled=self._house.is_walled,
            on_call=on_call,
        )
        self.names = Names(self.wall, self._tools)
        reach_over(self.wall, self.names)

    def _end(self) -> None:
        self.wall.kill()
        self.wall.channel.close()
        os.chdir("/")
        houses.close_slot(self._house, self._slot)

    def _restore(self, culprit: Cell) -> None:
        """Start a new candidate and bring it to where the old one was, without the cell that ended it."""
        self.restored.append(_name(culprit))
        if len(self.restored) > MAX_RESTORES:
            self._ends = 0.0
            return
        again, self._done = self._done, []
        self._end()
        if self._door:
            self._door.start_again()
        self._begin()
        for place, cell in enumerate(again):
            if not self._repeat(cell, place + 1):
                self.restored.append(_name(cell))
                self._end()
                self._begin()
                return

    def _repeat(self, cell: Cell, order: int) -> bool:
        """Run a cell once more for its effects; its outputs and score stand."""
        seconds = self._seconds(cell)
        try:
            if self._is_test(cell):
                return not isinstance(self._checked(cell, seconds).error, CandidateLost)
            self.wall.allow(seconds)
            self.wall.run_cell(_source(cell), order)
        except CellTimeout:
            return True
        except CandidateLost:
            return False
        finally:
            if not self.wall.is_lost:
                self.wall.take_outputs()
        self._done.append(cell)
        return True

    # ---- reading the notebook ----
    def _code_cells(self) -> Iterator[Cell]:
        for cell in self._job.notebook["cells"]:
            if cell["cell_type"] == "code":
                yield cell

    def _is_test(self, cell: Cell) -> bool:
        return _grade_id(cell) in self._job.tests

    def _seconds(self, cell: Cell) -> float:
        wanted = self._job.own_timeouts_s.get(_grade_id(cell), self._job.cell_timeout_s)
        return min(wanted, self._ends - time.monotonic())


def examine(job: Job, *, house: House, slot: int, models: Any = None) -> Examination:
    """Examine a submission.

    Args:
        house: The warm parent's; its slot ``slot`` is free.
        models: Offline models for free-form labs.

    Raises:
        GradingError: Nothing can be said about the submission; no score must be written.
    """
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        terms = job.gateway
        door = stack.enter_context(opened(terms, learner=job.learner, lab=job.lab, models=models)) if terms else None
        examiner = Examiner(job, house, slot, door)
        examiner.examine()
        if terms is None or terms.recording is None:
            # This process ends with its answer: an orderly shutdown of the gateway would cost 0.2 s more.
            _left_open.append(stack.pop_all())
        return Examination(
            id=job.id,
            learner=job.learner,
            lab=job.lab,
            notebook=job.notebook,
            cells=(*examiner.scores, *_absent(job, examiner.scores)),
            misses=tuple(_instructor_row(miss) for miss in (door.misses if door else [])),
            restored=tuple(examiner.restored),
            seconds=time.monotonic() - started,
            cell_seconds=examiner.cell_seconds,
            sandboxed=house.is_walled,
            played=door.played() if door else (),
        )


def _scored(grade_id: str, most: float, result: testcell.Result, misses: list[Any], *, hidden: bool) -> CellScore:
    score = scoring.score(result, max_points=most)
    status: Status = "passed" if score.points >= most else "partial" if score.points else "failed"
    message = messages.told(result.error, hidden=hidden)
    if isinstance(result.error, CellTimeout) or (isinstance(result.error, CandidateLost) and result.error.timed_out):
        status, message = "timed_out", "The check ran out of time."
    elif isinstance(result.error, CandidateLost):
        status, message = "crashed", "The program ended in the middle of this check (exit, crash, or out of memory)."
    elif misses and status == "failed":
        status = "no_recording"
    shown = tuple(messages.told_of_miss(str(miss.learner_message), hidden=hidden) for miss in misses)
    return CellScore(grade_id, score.points, most, status, message, score.note, shown)


def _absent(job: Job, scores: list[CellScore]) -> list[CellScore]:
    """Give no points for tests that are not in the notebook."""
    present = {cell.grade_id for cell in scores}
    text = "This check is missing from the notebook."
    return [CellScore(name, 0.0, most, "failed", text) for name, most in job.tests.items() if name not in present]


def _mentions(notebook: dict[str, Any], words: tuple[str, ...]) -> bool:
    """Guess what it uses from its text; a wrong guess costs milliseconds, never a result."""
    return any(word in _source(cell) for cell in notebook["cells"] for word in words)


def _source(cell: Cell) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def _grade_id(cell: Cell) -> str:
    return str(cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", ""))


def _name(cell: Cell) -> str:
    """What people call it; ids come from the hand-in, and terminals obey control characters."""
    return _grade_id(cell) or re.sub(r"[^\w-]", "?", str(cell.get("id", "")))[:64]


def _notice(name: str, text: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": name, "evalue": text, "traceback": [f"{name}: {text}"]}


def _lost_text(lost: CandidateLost, seconds: float) -> str:
    if lost.timed_out:
        return f"This cell ran longer than {seconds:g} seconds and could not be interrupted."
    return "The program ended in the middle of this cell (exit, crash, or out of memory)."


def _number_results(cell: Cell) -> None:
    for output in cell["outputs"]:
        if output["output_type"] == "execute_result":
            output["execution_count"] = cell["execution_count"]


def _instructor_row(miss: Any) -> dict[str, Any]:
    return {"learner_message": str(miss.learner_message), "instructor_view": str(miss.instructor_view)}
