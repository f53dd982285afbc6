"""How a course wants its labs examined: recordings, time, folders that start empty."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from coreskills.cassettes.files import read
from coreskills.course import Course, Lab, load_course
from coreskills.errors import GradingError
from coreskills.examiner.job import GatewayTerms
from coreskills_widgets.candidate.sandbox import Limits


@dataclass(frozen=True)
class Terms:
    """What every submission of one lab is examined under.

    Attributes:
        gateway: ``None`` where labs call no models.
        emptied: Folders that start empty at grading (labs-spec R13).
    """

    gateway: GatewayTerms | None = None
    emptied: tuple[str, ...] = ()
    timeout_s: float = 300.0
    cell_timeout_s: float = 30.0
    limits: Limits = field(default_factory=Limits)


def terms_of(course: Course, lab: Lab) -> Terms:
    """Read a lab's terms from the catalogue.

    Raises:
        GradingError: A recording is missing; grading without it would call every learner wrong.
        CassetteError: One is damaged.
    """
    cassettes = [course.cassette(lab.id), course.cassette(lab.id, hidden=True)]
    present = [path for path in cassettes if path.is_file()]
    if not cassettes[0].is_file() and not lab.free_form:
        raise GradingError(
            f"Lab {lab.id!r} has no recordings: {cassettes[0]} is missing.",
            fix=f"coreskills record {lab.id}",
        )
    if present == cassettes[:1] and (calls := read(cassettes[0]).hidden_calls):
        raise GradingError(
            f"Lab {lab.id!r} was recorded with calls of hidden checks ({calls}), and {cassettes[1]} is missing.",
            fix=f"restore it, or record the lab again: coreskills record {lab.id}",
        )
    gateway = GatewayTerms("replay", tuple(str(path) for path in present), lab.free_form)
    return Terms(gateway, ("out",), float(course.timeout_s(lab)), float(course.cell_timeout_s(lab)))


def terms_for(root: Path, assignment: str) -> Terms:
    """Find the terms of an assignment: from ``course.toml`` where there is one, else those of any nbgrader course."""
    if not (root / "course.toml").is_file():
        return Terms()
    course = load_course(root)
    return terms_of(course, course.lab(assignment))
