"""The catalogue of a course: ``course.toml``, typed and checked."""

from __future__ import annotations

import difflib
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from coreskills.errors import CourseError

Track = Literal["beginner", "advanced", "both"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Points(_Strict):
    """Points by how they are earned: checks a learner sees, checks only grading runs, a person's judgement."""

    visible: int
    hidden: int
    manual: int = 0

    @property
    def total(self) -> int:
        return self.visible + self.hidden + self.manual


class Lab(_Strict):
    """One notebook, one nbgrader assignment.

    Attributes:
        grading: When a submission is graded, and whether its learner sees the score at once.
        free_form: Learners write their own prompts: the offline reader answers at grading where no recording fits.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    number: str
    title: str
    module: str
    track: Track
    kind: Literal["lab", "capstone"] = "lab"
    minutes: int = Field(gt=0)
    points: Points
    needs: tuple[str, ...] = ()
    status: Literal["open", "to_come"] = "to_come"
    grading: Literal["on_submit", "on_submit_hidden", "by_hand"] = "on_submit"
    attempts: int | None = Field(default=None, gt=0, description="None: unlimited, the best is kept")
    free_form: bool = False
    budget_usd: Decimal | None = None
    timeout_s: int | None = Field(default=None, gt=0)
    cell_timeout_s: int | None = Field(default=None, gt=0)

    @property
    def is_open(self) -> bool:
        return self.status == "open"


class Module(_Strict):
    """A chapter of the course."""

    id: str
    title: str
    promise: str
    aws_opt_in: str | None = None


class CourseInfo(_Strict):
    """Name and defaults."""

    id: str
    title: str
    organisation: str
    license: str
    default_budget_usd: Decimal
    timeout_s: int = Field(gt=0)
    cell_timeout_s: int = Field(gt=0)


class Completion(_Strict):
    """What passing means; compared strictly, on integers."""

    lab_pass_above_percent: int
    capstone_pass_percent: int
    track3_percent: int


class Schedule(_Strict):
    """How long a format takes."""

    weeks: int | None = None
    days: int | None = None
    capstone_weeks: int


class Course(_Strict):
    """The whole catalogue, and where it lies on disk."""

    root: Path
    course: CourseInfo
    completion: Completion
    schedules: dict[str, Schedule]
    modules: tuple[Module, ...]
    labs: tuple[Lab, ...]

    @model_validator(mode="after")
    def _names_agree(self) -> Course:
        modules = {module.id for module in self.modules}
        ids = [lab.id for lab in self.labs]
        if twice := sorted({i for i in ids if ids.count(i) > 1}):
            raise ValueError(f"labs listed twice: {', '.join(twice)}")
        for lab in self.labs:
            if lab.module not in modules:
                raise ValueError(f"lab {lab.id!r} is in module {lab.module!r}, which is not listed")
            if missing := [need for need in lab.needs if need not in ids]:
                raise ValueError(f"lab {lab.id!r} needs {missing[0]!r}, which is not listed")
        return self

    def lab(self, lab_id: str) -> Lab:
        """Look a lab up.

        Raises:
            CourseError: No such lab; names the nearest.
        """
        for lab in self.labs:
            if lab.id == lab_id:
                return lab
        near = difflib.get_close_matches(lab_id, [lab.id for lab in self.labs], n=1, cutoff=0.3)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise CourseError(
            f"There is no lab {lab_id!r} in {self.root / 'course.toml'}.{hint}", fix="coreskills lab list"
        )

    @property
    def open_labs(self) -> tuple[Lab, ...]:
        return tuple(lab for lab in self.labs if lab.is_open)

    def timeout_s(self, lab: Lab) -> int:
        """Seconds for one whole lab in the examiner."""
        return lab.timeout_s or self.course.timeout_s

    def cell_timeout_s(self, lab: Lab) -> int:
        """Seconds for one cell in the examiner; a cell's own metadata may say otherwise."""
        return lab.cell_timeout_s or self.course.cell_timeout_s

    def budget_usd(self, lab: Lab) -> Decimal:
        """US dollars at list price, per learner and lab."""
        return lab.budget_usd if lab.budget_usd is not None else self.course.default_budget_usd

    def cassette(self, lab_id: str, *, hidden: bool = False) -> Path:
        """Where the recorded calls of a lab lie; ``hidden`` ones are never released."""
        return self.root / "cassettes" / lab_id / (f"{lab_id}.hidden.json" if hidden else f"{lab_id}.json")

    def source(self, lab_id: str) -> Path:
        """The notebook that people edit."""
        return self.root / "source" / lab_id / f"{lab_id}.ipynb"


def load_course(root: Path) -> Course:
    """Read ``course.toml``.

    Raises:
        CourseError: Missing, not TOML, or not a catalogue; names the file and the field.
    """
    path = root / "course.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CourseError(
            f"There is no course.toml in {root}.", fix="run from the course folder, or pass --course"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"{path} is not TOML: {error}.", fix="mend that line") from error
    try:
        return Course(root=root, **table)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "course"
        raise CourseError(f"{path}: {where}: {first['msg']}.", fix="mend that field") from error


def find_course(start: Path | None = None) -> Course:
    """Read the course that ``start`` (the current folder by default) lies in."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "course.toml").is_file():
            return load_course(folder)
    return load_course(here)
