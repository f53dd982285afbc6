"""What a learner is told of a check: of a hidden one, only what its instructor wrote for learners.

Anything else that a hidden check raises may quote what it must not: learner code puts the inputs it was called with, or
a recorded answer, into its own errors, and the comparisons of numpy, pandas and unittest print what was expected.
"""

from __future__ import annotations

from pathlib import Path

from coreskills.examiner.names import INSTRUCTOR_FILE
from coreskills.examiner.testcell import TEST_FILE, text_of
from coreskills_widgets import labs
from coreskills_widgets.candidate import peer

HIDDEN = "### BEGIN HIDDEN TESTS"
_LABS = f"{Path(labs.__file__).parent}/"
_QUOTE = ", the first being "  # how a miss goes on to quote the request


def told(error: BaseException | None, *, hidden: bool) -> str:
    """The text of what ended a check."""
    if error is None:
        return ""
    file = _raised_in(error)
    if hidden and file == peer.__file__:
        return f"Your code raised {_known_class(error)} in this check."
    if hidden and isinstance(error, AssertionError) and not _is_instructors(file):
        return "A comparison in this check did not hold."
    return text_of(error)


def told_of_miss(message: str, *, hidden: bool) -> str:
    """The learner's words for a request without recording; those of a hidden check quote nothing of it."""
    return f"{message.partition(_QUOTE)[0]}." if hidden and _QUOTE in message else message


def _known_class(error: BaseException) -> str:
    """The nearest class that a library or Python defines: a learner's class can have any name."""
    return next(kind.__name__ for kind in type(error).__mro__ if "_coreskills_wall" not in vars(kind))


def _raised_in(error: BaseException) -> str:
    """The file of the statement that raised it; learner's errors are raised here by the conversation with them."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_filename if trace else ""


def _is_instructors(file: str) -> bool:
    """Say whether it is the check, an instructor's cell, or our helpers for them."""
    return file in (TEST_FILE, INSTRUCTOR_FILE) or file.startswith(_LABS)
