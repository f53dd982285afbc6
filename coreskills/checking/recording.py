"""Runs a lab's solution in the examiner and records what it asks: the calls that grading replays."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from coreskills.cassettes.drift import Drift, compare
from coreskills.cassettes.files import read
from coreskills.cassettes.recorder import Source, write_or_remove
from coreskills.cassettes.recording import Provenance, Recording
from coreskills.checking.catalogue import points
from coreskills.checking.variants import read_source
from coreskills.course import Course, Lab
from coreskills.examiner.client import ExaminerProcess
from coreskills.examiner.job import Examination, GatewayTerms, Job, RecordingTerms
from coreskills.examiner.tools import trusted_texts
from coreskills.gateway.live import Upstream
from coreskills.wire.http import Provider

_PACKAGES = ("coreskills-lab", "anthropic", "openai", "vcrpy")
# Providers are slower than recordings, and nobody waits for a score here.
_CELL_TIMEOUT_S, _LAB_TIMEOUT_S = 600.0, 3600.0


@dataclass
class Recorded:
    """What running one lab recorded.

    Attributes:
        parts: The recordings of each cassette, the visible one first.
        failures: Check cells in which the solution loses points, with the reason.
        drift: What changed since the last recording, by cassette.
        changed: Cassettes that were written or removed.
    """

    lab: str
    parts: Mapping[Path, Sequence[Recording]]
    provenance: Provenance
    failures: list[tuple[str, str]] = field(default_factory=list)
    drift: dict[Path, Drift] = field(default_factory=dict)
    changed: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        for path, part in self.parts.items():
            self.drift[path] = compare(read(path).recordings if path.exists() else (), part)

    def write(self) -> None:
        """Replace the cassettes."""
        (visible, calls), (hidden, hidden_calls) = self.parts.items()
        kept = {
            visible: write_or_remove(visible, calls, provenance=self.provenance, hidden_calls=len(hidden_calls)),
            hidden: write_or_remove(hidden, hidden_calls, provenance=self.provenance),
        }
        self.changed = [path for path, is_new in kept.items() if is_new]


def provenance(source: Source) -> Provenance:
    """Where recordings made now come from."""
    versions = {}
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):
            versions[package] = version(package)
    return Provenance(source, datetime.now(UTC).date().isoformat(), versions)


def record_lab(
    course: Course,
    lab: Lab,
    upstreams: Mapping[Provider, Upstream],
    *,
    source: Source,
    examiner: ExaminerProcess,
) -> Recorded:
    """Run the solution of a lab, its visible and hidden checks; ``Recorded.write`` then replaces its cassettes.

    Raises:
        CourseError: The lab has no notebook.
        GradingError: The examiner cannot run it.
    """
    with tempfile.TemporaryDirectory(prefix=f"coreskills-{lab.id}-") as folder:
        fresh = {course.cassette(lab.id, hidden=hidden): Path(folder) / f"{hidden}.json" for hidden in (False, True)}
        visible, hidden = fresh.values()
        addresses = {name: (each.base_url, each.api_key) for name, each in upstreams.items()}
        terms = RecordingTerms(source, addresses, str(visible), str(hidden))
        outcome = examiner.examine(_job(course, lab, terms))
        parts = {path: read(made).recordings if made.exists() else () for path, made in fresh.items()}
    return Recorded(lab.id, parts, provenance(source), failures=_failures(outcome))


def _job(course: Course, lab: Lab, terms: RecordingTerms) -> Job:
    source = read_source(course, lab)
    return Job(
        id=f"{lab.id}/recording",
        learner="reference",
        lab=lab.id,
        notebook=json.loads(json.dumps(source)),  # without nbformat's own classes
        tests=points(source),
        workdir=str(course.source(lab.id).parent),
        emptied=("out",),
        tools=trusted_texts((), course.source(lab.id)),
        gateway=GatewayTerms("live", recording=terms),
        timeout_s=_LAB_TIMEOUT_S,
        cell_timeout_s=_CELL_TIMEOUT_S,
    )


def _failures(outcome: Examination) -> list[tuple[str, str]]:
    return [(cell.grade_id, cell.message) for cell in outcome.cells if cell.points < cell.max]
