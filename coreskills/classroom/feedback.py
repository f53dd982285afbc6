"""The learner's feedback page: what did I get, why, and what now?

It is made from the examiner's marks alone: a hidden check shows its teaching message, never its text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from coreskills.classroom.marks import Check, Comment
from coreskills.course import Course, Lab
from coreskills.progress.rules import Score, passes_capstone, passes_lab

_WORDS = {
    "passed": "passed",
    "partial": "partly right",
    "failed": "not yet",
    "no_recording": "no recording",
    "timed_out": "ran out of time",
    "crashed": "the program ended",
    "not_reached": "not reached",
}
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Graded:
    """A graded submission, as its learner is told of it.

    Attributes:
        before: The score this submission had before it was regraded; ``None`` when it was not.
        attempts_left: ``None``: any number.
        is_sandboxed: ``False`` where an operator graded without isolating learner code.
    """

    score: Score
    checks: Sequence[Check]
    comments: Sequence[Comment] = ()
    attempt: int = 1
    receipt: str = ""
    graded_utc: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    before: Decimal | None = None
    attempts_left: int | None = None
    is_late: bool = False
    is_sandboxed: bool = True


def render_feedback(course: Course, lab: Lab, graded: Graded) -> str:
    """The page: HTML without scripts, that prints."""
    is_passed = _passes(course, lab, graded.score)
    shown = [_shown(check) for check in graded.checks]
    page = _TEMPLATES.get_template("feedback.html").render(
        number=lab.number,
        title=lab.title,
        points=shown_points(graded.score.points),
        max=shown_points(graded.score.max),
        verdict=_verdict(course, lab, graded.score, is_passed=is_passed),
        next_step=_next_step(graded, is_passed=is_passed),
        notes=_notes(lab, graded),
        graded=graded.graded_utc.strftime("%a %d %b %Y, %H:%M UTC"),
        attempt=graded.attempt,
        receipt=graded.receipt[:12] or "none",
        groups=_groups(shown),
        comments=[{"title": c.title, "text": c.text, "shown": _comment_points(c)} for c in graded.comments],
    )
    return page


def _passes(course: Course, lab: Lab, score: Score) -> bool:
    test = passes_capstone if lab.kind == "capstone" else passes_lab
    return test(score, course.completion)


def _verdict(course: Course, lab: Lab, score: Score, *, is_passed: bool) -> str:
    if is_passed:
        return "passed"
    if lab.kind == "capstone":
        return f"not yet: passing needs {course.completion.capstone_pass_percent} %"
    mark = course.completion.lab_pass_above_percent
    if 100 * score.points > mark * score.max:
        return "not yet: passing needs at least half of the points that the checks give"
    return f"not yet: passing needs more than {mark} %"


def _next_step(graded: Graded, *, is_passed: bool) -> str:
    to_mend = sum(check.points < check.max for check in graded.checks)
    if not to_mend:
        return "Next: all checks pass; go on with the next lab."
    checks = f"{to_mend} check{'s' if to_mend > 1 else ''}"
    left = graded.attempts_left
    if left == 0:
        return f"{checks} did not pass, and no attempt is left. Talk to your instructor."
    again = "submit again" if left is None else f"submit again ({left} attempt{'s' if left > 1 else ''} left)"
    return f"Next: fix {checks}, then {again}. Your best attempt counts." + (
        " You may also go on." if is_passed else ""
    )


def _notes(lab: Lab, graded: Graded) -> list[str]:
    notes = []
    if graded.before is not None and graded.before != graded.score.points:
        notes.append(f"Regraded: it was {shown_points(graded.before)}, it is {shown_points(graded.score.points)}.")
    if graded.score.manual is None and lab.points.manual:
        notes.append(
            f"{lab.points.manual} of {lab.points.total} points wait for your instructor; they count as 0 so far."
        )
    if graded.is_late:
        notes.append("Handed in after its due date.")
    if not graded.is_sandboxed:
        notes.append("Graded without a sandbox: your instructor should grade it again before this score counts.")
    if any(check.status in ("timed_out", "crashed") for check in graded.checks):
        notes.append("Some cells ran out of time or memory; the other cells were graded all the same.")
    return notes


def _groups(checks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    def of(*states: str) -> list[dict[str, Any]]:
        return [check for check in checks if check["status"] in states]

    passed = of("passed")
    return [
        {
            "title": "To fix",
            "text": "",
            "checks": of("failed", "timed_out", "crashed", "not_reached"),
            "is_folded": False,
        },
        {"title": "Partly right", "text": "", "checks": of("partial"), "is_folded": False},
        {
            "title": "No recording",
            "text": "Not counted as wrong reasoning: your program asked something that was not recorded, so nothing "
            "could answer it. The change that brings it back is named below.",
            "checks": of("no_recording"),
            "is_folded": False,
        },
        {
            "title": f"{len(passed)} check{'s' if len(passed) != 1 else ''} passed",
            "text": "",
            "checks": passed,
            "is_folded": True,
        },
    ]


def _shown(check: Check) -> dict[str, Any]:
    return {
        **vars(check),
        "word": _WORDS.get(check.status, check.status),
        "shown_points": shown_points(Decimal(str(check.points))),
        "shown_max": shown_points(Decimal(str(check.max))),
        "output": cut(check.output),
        # The SDK's error repeats what the miss says in better words.
        "message": "" if check.misses and check.status == "no_recording" else cut(check.message),
        "misses": [cut(miss) for miss in check.misses],
    }


def _comment_points(comment: Comment) -> str:
    of = shown_points(Decimal(str(comment.max)))
    return f"waits, {of} points" if comment.points is None else f"{shown_points(Decimal(str(comment.points)))} of {of}"


def shown_points(points: Decimal) -> str:
    """Points without needless decimals."""
    text = f"{points:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def visible(text: str) -> str:
    """Control characters made visible; new lines and tabs stay."""
    return "".join(char if char in "\n\t" or char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def cut(text: str, *, at: int = 4000) -> str:
    """Long text, cut, saying how much is missing."""
    text = visible(text)
    return text if len(text) <= at else f"{text[:at]}\n... {len(text) - at:,} more characters"
