"""One examination, and what comes of it, as plain data that crosses processes and machines."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from coreskills.wire.http import Provider
from coreskills_widgets.candidate.sandbox import Limits


@dataclass(frozen=True)
class RecordingTerms:
    """Calls are passed on and recorded, as `coreskills record` does.

    Attributes:
        source: Real providers, or the offline models.
        upstreams: Address and key of each provider.
        visible, hidden: Files for the calls of all other cells, and for those of cells with hidden checks.
    """

    source: Literal["live", "offline"]
    upstreams: dict[Provider, tuple[str, str]] = field(repr=False)
    visible: str
    hidden: str


@dataclass(frozen=True)
class GatewayTerms:
    """How model calls are answered.

    Attributes:
        recording: Needs ``backend`` to be ``live``.
        cassettes: Absolute paths; where ``backend`` is ``replay``, all must be readable.
        free_form: What no recording fits is answered by the offline models.
    """

    backend: Literal["replay", "offline", "live"] = "replay"
    cassettes: tuple[str, ...] = ()
    free_form: bool = False
    budget_usd: str | None = None
    recording: RecordingTerms | None = None

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> GatewayTerms:
        recording = RecordingTerms(**row["recording"]) if row.get("recording") else None
        return cls(**{**row, "cassettes": tuple(row["cassettes"]), "recording": recording})


@dataclass(frozen=True)
class Job:
    """A submission to examine.

    Attributes:
        notebook: nbformat 4 JSON; its graded cells are the instructor's own text, not the learner's copy.
        tests: grade_id of each test cell, with its points.
        workdir: Folder whose files the notebook works with; ``None`` for none.
        emptied: Folders inside it that start empty: what is handed in must come from this run.
        tools: Text of the instructor's cells, whose imports and asserting functions tests may use.
        own_timeouts_s: Seconds of locked cells that have their own, by grade_id.
    """

    id: str
    learner: str
    lab: str
    notebook: dict[str, Any]
    tests: dict[str, float]
    workdir: str | None = None
    emptied: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    gateway: GatewayTerms | None = None
    timeout_s: float = 300.0
    cell_timeout_s: float = 30.0
    own_timeouts_s: dict[str, float] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    def to_json(self) -> dict[str, Any]:
        # Not asdict: it would copy the whole notebook, cell by cell.
        gateway = asdict(self.gateway) if self.gateway else None
        return {**vars(self), "gateway": gateway, "limits": asdict(self.limits)}

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Job:
        terms = row.get("gateway")
        return cls(
            **{
                **row,
                "emptied": tuple(row["emptied"]),
                "tools": tuple(row["tools"]),
                "gateway": GatewayTerms.from_json(terms) if terms else None,
                "limits": Limits(**row["limits"]),
            }
        )


Status = Literal["passed", "partial", "failed", "no_recording", "timed_out", "crashed", "not_reached"]


@dataclass(frozen=True)
class CellScore:
    """What one test cell earned.

    Attributes:
        message: The check's teaching message; for crashes and time-outs, what happened.
        note: For the instructor only.
        misses: Requests of this cell that no recording answers, in the learner's words.
    """

    grade_id: str
    points: float
    max: float
    status: Status
    message: str = ""
    note: str = ""
    misses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Examination:
    """What came of a job.

    Attributes:
        notebook: With the outputs of this run.
        misses: Every request that no recording answered, with the nearest one, for the instructor.
        restored: grade_id or cell id of each cell after which the notebook's state had to be rebuilt.
        seconds: Wall time of the whole examination; ``cell_seconds`` of it were spent running cells.
        played: File and number of each recording that answered a request.
        sandboxed: ``False`` only for a run that was asked to go unsafely.
    """

    id: str
    learner: str
    lab: str
    notebook: dict[str, Any]
    cells: tuple[CellScore, ...]
    misses: tuple[dict[str, Any], ...] = ()
    restored: tuple[str, ...] = ()
    seconds: float = 0.0
    cell_seconds: float = 0.0
    sandboxed: bool = True
    played: tuple[tuple[str, int], ...] = ()

    @property
    def score(self) -> float:
        """Points of all test cells; those for manual work come later."""
        return sum(cell.points for cell in self.cells)

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "cells": [asdict(cell) for cell in self.cells]}

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Examination:
        cells = tuple(CellScore(**{**cell, "misses": tuple(cell["misses"])}) for cell in row["cells"])
        played = tuple((str(file), int(number)) for file, number in row["played"])
        lists = {name: tuple(row[name]) for name in ("misses", "restored")}
        return cls(**{**row, **lists, "cells": cells, "played": played})
