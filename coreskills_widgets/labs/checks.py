"""Small words that check cells use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MORE = "visible checks passed - more checks run at grading"


def raised(function: Callable[..., Any], *args: Any, **options: Any) -> BaseException | None:
    """Call a learner's function and give back the error it raised; ``None`` when it raised none."""
    try:
        function(*args, **options)
    except Exception as error:  # noqa: BLE001 - which error it is, is what the check looks at
        return error
    return None


def name_of(error: BaseException | None) -> str:
    """The error's class name, for messages and comparisons; ``"no error"`` for ``None``."""
    return "no error" if error is None else type(error).__name__


def visible(*points: str) -> None:
    """Close a visible check honestly: what was looked at, and that more follows."""
    for point in points:
        print(f"  ok  {point}")
    print(MORE)
