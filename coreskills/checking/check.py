"""Checking one lab: every variant through the examiner, with the lab's recordings."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from nbformat import NotebookNode

from coreskills.cassettes.files import read
from coreskills.cassettes.lint import lint_lab, secrets
from coreskills.checking.catalogue import points, text_problems
from coreskills.checking.released import differences
from coreskills.checking.report import LabReport
from coreskills.checking.variants import Variant, apply, blank, read_source, read_variants
from coreskills.course import Course, Lab
from coreskills.errors import CoreskillsError, GradingError
from coreskills.examiner.client import ExaminerProcess
from coreskills.examiner.job import Examination, Job
from coreskills.examiner.terms import terms_of
from coreskills.examiner.tools import own_timeouts, trusted_texts
from coreskills.offline.catalogue import BY_ID

REFERENCE, EMPTY = "reference", "empty"


def check_lab(course: Course, lab: Lab, *, examiner: ExaminerProcess) -> LabReport:
    """Prove a lab: reference full, empty nothing, toy between, bad ones caught, alternatives full, nothing stale.

    Whatever is wrong becomes a problem in the report; only a machine that cannot examine at all raises.
    """
    started = time.monotonic()
    report = LabReport(lab.id, lab.points.visible + lab.points.hidden)
    try:
        source = read_source(course, lab)
        report.lint += text_problems(course, lab, source)
        _lint_recordings(course, lab, report)
        report.release = differences(course, lab.id)
        _examine_all(course, lab, source, examiner, report)
    except CoreskillsError as error:
        report.errors.append(error.what)
    report.seconds = time.monotonic() - started
    return report


def _lint_recordings(course: Course, lab: Lab, report: LabReport) -> None:
    last_days = {model.id: model.retired_on for model in BY_ID.values() if model.retired_on}
    folders = [course.root / name / lab.id for name in ("cassettes", "source", "release")]
    for problem in (*lint_lab(course, lab, retirements=last_days), *secrets(course, folders=folders)):
        (report.warnings if problem.is_warning else report.lint).append(str(problem))


def _examine_all(course: Course, lab: Lab, source: NotebookNode, examiner: ExaminerProcess, report: LabReport) -> None:
    variants = {variant.name: variant for variant in read_variants(course, lab)}
    played: set[tuple[str, int]] = set()
    for job, outcome in examiner.run(_jobs(course, lab, source, list(variants.values()))):
        if isinstance(outcome, GradingError):
            report.errors.append(f"{job.learner}: {outcome.what}")
            continue
        played |= {(name, place) for name, place in outcome.played}
        _note(report, job.learner, variants.get(job.learner), outcome)
    if not report.errors:
        report.orphans = _unplayed(course, lab, played)


def _jobs(course: Course, lab: Lab, source: NotebookNode, variants: list[Variant]) -> Iterator[Job]:
    terms = terms_of(course, lab)
    notebooks = {REFERENCE: source, EMPTY: blank(source)} | {each.name: apply(each, source) for each in variants}
    for name, notebook in notebooks.items():
        yield Job(
            id=f"{lab.id}/{name}",
            learner=name,
            lab=lab.id,
            notebook=_plain(notebook),
            tests=points(source),
            workdir=str(course.source(lab.id).parent),
            emptied=terms.emptied,
            tools=trusted_texts((), course.source(lab.id)),
            gateway=terms.gateway,
            timeout_s=terms.timeout_s,
            cell_timeout_s=terms.cell_timeout_s,
            own_timeouts_s=own_timeouts(course.source(lab.id)),
            limits=terms.limits,
        )


def _note(report: LabReport, name: str, variant: Variant | None, outcome: Examination) -> None:
    lost = {cell.grade_id: cell.message for cell in outcome.cells if cell.points < cell.max}
    if name == EMPTY:
        report.empty = outcome.score
    elif variant is None or variant.kind == "alt":
        report.failed += [f"{name} fails {grade_id}: {message}" for grade_id, message in lost.items()]
        report.misses += [f"{name}: {miss['learner_message']}" for miss in outcome.misses]
    if name == REFERENCE:
        report.reference = outcome.score
    elif variant is not None and variant.kind == "alt":
        report.alternatives[name] = outcome.score
    elif variant is not None and variant.kind == "bad":
        report.bad[name] = outcome.score
        if kept := [grade_id for grade_id in variant.loses if grade_id not in lost]:
            report.uncaught[name] = kept
    elif variant is not None:
        report.toy = outcome.score
        report.toy_lost_visible = [f"{g}: {m}" for g, m in lost.items() if g.endswith("-check")]


def _unplayed(course: Course, lab: Lab, played: set[tuple[str, int]]) -> list[str]:
    found = []
    for path in (course.cassette(lab.id), course.cassette(lab.id, hidden=True)):
        recordings = read(path).recordings if path.is_file() else ()
        found += [
            f"{path.name} number {place}, of cell {recording.cell}"
            for place, recording in enumerate(recordings)
            if (path.name, place) not in played
        ]
    return found


def _plain(notebook: NotebookNode) -> dict[str, Any]:
    """Without nbformat's own classes: a job crosses processes as JSON."""
    plain: dict[str, Any] = json.loads(json.dumps(notebook))
    return plain
