"""What `coreskills bench` measures: one module a subject, each with `measure() -> list[Figure]`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured figure beside its reference.

    Attributes:
        value: Ours, in ``unit``.
        reference: The alternative's, measured in the same run; ``None`` where there is none.
        ratio: How many times better ours is.
        reach: What the design asks, in words.
    """

    name: str
    value: float
    unit: str
    reference: float | None
    ratio: float | None
    reach: str
    ok: bool
