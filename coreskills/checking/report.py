"""What a check of one lab found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

TOY_PERCENT = (40, 69)
LEAST_BAD, LEAST_ALTERNATIVES = 3, 2


@dataclass
class LabReport:
    """One lab's proof.

    Attributes:
        max: Points that are given automatically: visible and hidden checks, without a person's.
        bad, alternatives: Scores by variant.
        uncaught: Bad variants and the cells that should have caught them.
        failed: Cells in which the reference or an alternative lost points, with the check's message.
        misses: Requests of the reference or an alternative that no recording answered.
        orphans: Recordings that neither the reference nor any variant plays.
        release: How ``release/`` differs from what ``source/`` makes.
        lint: What is wrong with the cassettes' or the notebook's text.
        seconds: Wall time of the whole check; a minute is the aim, and no problem on a busy machine.
    """

    lab: str
    max: float
    reference: float | None = None
    empty: float | None = None
    toy: float | None = None
    bad: dict[str, float] = field(default_factory=dict)
    alternatives: dict[str, float] = field(default_factory=dict)
    toy_lost_visible: list[str] = field(default_factory=list)
    uncaught: dict[str, list[str]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    release: list[str] = field(default_factory=list)
    lint: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def problems(self) -> list[str]:
        """Why the lab may not be open; empty when all is well."""
        return [*self.errors, *self._scores(), *self.failed, *self._others()]

    @property
    def ok(self) -> bool:
        return not self.problems

    def _scores(self) -> Iterator[str]:
        if self.reference is not None and self.reference != self.max:
            yield f"the reference gets {self.reference:g} of {self.max:g}"
        if self.empty:
            yield f"an empty notebook gets {self.empty:g} of {self.max:g}, not 0"
        low, high = TOY_PERCENT
        if self.toy is None:
            yield "there is no toy solution"
        elif not low * self.max <= 100 * self.toy <= high * self.max:
            yield f"the toy gets {100 * self.toy / self.max:.0f} %, not {low} to {high} %"
        for name in self.toy_lost_visible:
            yield f"the toy fails the visible check {name}"
        for name, cells in self.uncaught.items():
            yield f"{name} is not caught by {', '.join(cells)}"
        for name, score in self.alternatives.items():
            if score != self.max:
                yield f"{name}, a correct solution, gets {score:g} of {self.max:g}"

    def _others(self) -> Iterator[str]:
        if len(self.bad) < LEAST_BAD:
            yield f"there are {len(self.bad)} bad solutions; {LEAST_BAD} are asked for"
        if len(self.alternatives) < LEAST_ALTERNATIVES:
            yield f"there are {len(self.alternatives)} alternative solutions; {LEAST_ALTERNATIVES} are asked for"
        yield from (f"no recording: {text}" for text in self.misses)
        if self.orphans:
            yield f"nothing plays {len(self.orphans)} recordings, among them {self.orphans[0]}"
        yield from (f"release is stale: {text}" for text in self.release)
        yield from self.lint

    def to_json(self) -> dict[str, Any]:
        """As ``coreskills check --json`` prints it."""
        return {
            "lab": self.lab,
            "max": self.max,
            "reference": self.reference,
            "empty": self.empty,
            "toy": self.toy,
            "bad": self.bad,
            "alternatives": self.alternatives,
            "misses": len(self.misses),
            "orphans": self.orphans,
            "release_fresh": not self.release,
            "seconds": round(self.seconds, 1),
            "ok": self.ok,
            "problems": self.problems,
            "warnings": self.warnings,
        }
