"""How a cell can end without an answer. Both pass every ``except Exception`` of a check."""

from __future__ import annotations


class CellTimeout(BaseException):
    """The cell's time is up; the candidate lives on."""


class CandidateLost(BaseException):
    """The candidate is gone, and with it the state of the notebook.

    Args:
        why: Completes "the learner's process is gone: ...".
    """

    def __init__(self, why: str, *, timed_out: bool = False) -> None:
        self.why, self.timed_out = why, timed_out
        super().__init__(f"the learner's process is gone: {why}")
