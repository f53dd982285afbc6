"""From a test cell's result to points."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from coreskills.examiner.testcell import Result


@dataclass(frozen=True)
class Score:
    """Points of one cell.

    Attributes:
        note: Why a value was not taken as partial credit; for the instructor.
    """

    points: float
    note: str = ""


def score(result: Result, *, max_points: float) -> Score:
    """Give points: none after an error, part for a trailing plain number, else all.

    Unlike nbgrader 0.9.6, whose rules these are otherwise: text on stderr costs nothing, and a number that is not
    plain, finite and within range is no score at all (nbgrader gives full marks for ``nan``, ``np.float64(0.5)`` and
    -1, and grades nobody further at 1.01 of 1).
    """
    if result.error is not None:
        return Score(0.0)
    if not result.has_value or not _is_number(result.value):
        return Score(max_points)
    value = result.value
    if type(value) not in (int, float):
        return Score(0.0, f"the check ended with {value!r}, a {type(value).__name__}: end it with a plain int or float")
    if not math.isfinite(value) or not 0 <= value <= max_points:
        return Score(0.0, f"the check ended with {value!r}, which is not within 0 and {max_points:g} points")
    return Score(float(value))


def _is_number(value: Any) -> bool:
    """Say whether nbgrader would read this value as a number."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return True
    return (
        type(value).__module__ == "numpy"
        and hasattr(value, "dtype")
        and getattr(value.dtype, "kind", "") in "iufc"
        and not getattr(value, "shape", ())
    )
