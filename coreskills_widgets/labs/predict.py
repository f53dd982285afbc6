"""Predict first: a guess is compared with what happened, and never marked."""

from __future__ import annotations

from typing import Any


def compare(guess: Any, actual: Any, *, what: str = "it") -> None:
    """Print a guess beside the truth.

    Args:
        guess: What the learner wrote; ``...`` means nothing yet.
        what: Names the thing guessed, such as ``"input tokens"``.
    """
    if guess is ...:
        print(f"You have not guessed yet: replace the three dots above, run that cell, then this one. ({what})")
        return
    verdict = "as you predicted" if guess == actual else "compare and ask yourself why"
    print(f"{what}: you predicted {guess!r}, it is {actual!r} - {verdict}.")
