"""Errors on demand: the gateway answers this notebook's next calls as a provider in trouble would."""

from __future__ import annotations

from typing import Any

from coreskills_widgets.labs import surroundings


def inject(*faults: dict[str, Any]) -> None:
    """Answer the next calls with these faults, then as usual.

    Args:
        faults: Such as ``{"status": 429, "retry_after_s": 7}`` or ``{"kind": "drop"}``; ``times`` says how often.
    """
    surroundings.current().inject(faults)


def clear() -> None:
    """Answer as usual from now on."""
    surroundings.current().inject([])
