"""``GET /api/panel``: what should this learner do next?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from starlette.responses import JSONResponse, Response

from coreskills.classroom.service.door import Asked
from coreskills.classroom.store.exchange import Release
from coreskills.classroom.store.grades import Attempt, best_scores
from coreskills.course import Course, Lab
from coreskills.ledger.call import iso, money
from coreskills.progress.rules import LabStatus, Status, completion


@dataclass(frozen=True)
class Facts:
    """All that the panel of one learner is made from.

    Attributes:
        queue: Submissions that wait for grading, oldest first.
        feedback: When the feedback of a submission was fetched, by submission; ``None``: not yet.
        shows_scores: Labs whose score this learner may see.
    """

    learner: str
    track: Any
    now: datetime
    releases: Mapping[str, Release]
    attempts: Sequence[Attempt]
    queue: Sequence[int]
    feedback: Mapping[int, datetime | None]
    fetched: frozenset[str]
    due: Mapping[str, datetime]
    spent: Mapping[str, Decimal]
    recommendation: str = ""


def panel(asked: Asked) -> Response:
    """The Course panel of the caller."""
    return JSONResponse(build_panel(asked.service.classroom.course, collect(asked, asked.caller.name)))


def collect(asked: Asked, learner: str) -> Facts:
    """Read everything the panel shows."""
    service = asked.service
    person = service.roster.find(learner)
    attempts = service.grades.attempts(learner=learner)
    feedback = service.exchange.feedback_of([attempt.submission_id for attempt in attempts])
    return Facts(
        learner=learner,
        track=person.track if person else "beginner",
        now=datetime.now(UTC),
        releases=service.exchange.releases(),
        attempts=attempts,
        queue=service.exchange.queue(),
        feedback={number: fetched for number, (_, fetched) in feedback.items()},
        fetched=service.exchange.fetched_by(learner),
        due=service.due.of(learner),
        spent=service.spent_by_lab(learner),
        recommendation=service.recommendations.reason(learner),
    )


def build_panel(course: Course, facts: Facts) -> dict[str, Any]:
    """The panel's data, in the fields of the Course panel."""
    attempts = {lab.id: [a for a in facts.attempts if a.lab == lab.id] for lab in course.labs}
    seen = [a for a in facts.attempts if may_see_score(course.lab(a.lab), a, facts.feedback)]
    status = completion(course, best_scores(course, seen), track=facts.track, recommendation=facts.recommendation)
    rows = {each.lab.id: _row(course, each, attempts[each.lab.id], facts) for each in status.labs}
    modules = [
        {
            "id": module.id,
            "title": module.title,
            **_counts(status, module.id),
            "labs": [rows[lab.id] for lab in course.labs if lab.module == module.id],
        }
        for module in course.modules
    ]
    return {
        "course": {"id": course.course.id, "title": course.course.title},
        "learner": facts.learner,
        "track": facts.track,
        "next": _next(course, rows, facts.track),
        "modules": modules,
        "badge": _badge(status),
        "service": {"state": "ok", "as_of_utc": iso(facts.now)},
    }


def may_see_score(lab: Lab, attempt: Attempt, feedback: Mapping[int, datetime | None]) -> bool:
    """A hidden score shows once its feedback is given back."""
    return lab.grading == "on_submit" or attempt.submission_id in feedback


def _counts(status: Status, module_id: str) -> dict[str, int]:
    for each in status.modules:
        if each.module.id == module_id:
            return {"passed": each.passed, "total": each.total}
    own = [each for each in status.labs if each.lab.module == module_id]
    return {"passed": int(any(each.is_passed for each in own)), "total": min(1, len(own))}


def _badge(status: Status) -> dict[str, Any]:
    capstone = status.capstone
    return {
        "modules_done": status.modules_done,
        "modules_total": len(status.modules),
        "capstone": None if capstone is None or capstone.score is None else _word(capstone.is_passed),
        "earned": status.has_badge,
        "track3": status.track3 or None,
        "aws_opt_ins": list(status.opt_ins),
    }


def _word(is_passed: bool) -> str:
    return "passed" if is_passed else "not_yet"


def _row(course: Course, each: LabStatus, attempts: Sequence[Attempt], facts: Facts) -> dict[str, Any]:
    lab, last = each.lab, attempts[-1] if attempts else None
    due, score = facts.due.get(lab.id), each.score
    return {
        "id": lab.id,
        "number": lab.number,
        "title": lab.title,
        "track": lab.track,
        "minutes": lab.minutes,
        "due_utc": None if due is None else iso(due),
        "state": _state(each, last, facts, due),
        "score": None if score is None else plain(score.points),
        "max": lab.points.total if score is None else plain(score.max),
        "passed": each.is_passed,
        "is_late": last is not None and last.is_late,
        "checks_ok": None if last is None or last.grade is None or score is None else _n_ok(last),
        "checks_n": None if last is None or last.grade is None or score is None else len(last.grade.checks),
        "attempts_left": None if lab.attempts is None else max(0, lab.attempts - len(attempts)),
        "queue_place": _place(facts.queue, last),
        "unsaved": None,  # only the browser knows
        "receipt": None if last is None else {"sha256": last.sha256, "time_utc": iso(last.received_utc)},
        "feedback_new": any(
            a.submission_id in facts.feedback and not facts.feedback[a.submission_id] for a in attempts
        ),
        "feedback_url": _feedback_url(attempts, facts),
        "grading_note": _note(lab, last, each, course.completion.lab_pass_above_percent),
        "spent_usd": money(facts.spent.get(lab.id, Decimal(0))),
        "budget_usd": money(course.budget_usd(lab)),
    }


def _state(each: LabStatus, last: Attempt | None, facts: Facts, due: datetime | None) -> str:
    lab = each.lab
    if lab.id not in facts.releases and last is None:
        return "to_come"
    if last is None:
        if due is not None and facts.now > due:
            return "late"
        return "fetched" if lab.id in facts.fetched else "new"
    if last.state in ("queued", "running"):
        return "submitted" if last.state == "queued" else "grading"
    if each.is_passed:
        return "passed"
    if last.state in ("waiting", "failed") or each.waits or each.score is None:
        return "waits"
    return "not_yet"


def _note(lab: Lab, last: Attempt | None, each: LabStatus, mark: int) -> str | None:
    if last is None:
        return None
    if last.state == "failed":
        return "Grading stopped before it gave a score; your work is kept and your instructor sees it."
    if last.state == "waiting":
        return "Your instructor starts the grading of this lab."
    if last.state == "graded" and each.score is None:
        return "Graded; your instructor shows the score with the feedback."
    if each.waits:
        return f"Your instructor still judges {lab.points.manual} of {lab.points.total} points."
    if each.score is not None and not each.is_passed and 100 * each.score.points == mark * each.score.max:
        return f"{mark} %: passing needs more than {mark} %."
    return None


def _n_ok(last: Attempt) -> int:
    checks = last.grade.checks if last.grade else ()
    return sum(check.get("status") == "passed" for check in checks)


def _place(queue: Sequence[int], last: Attempt | None) -> int | None:
    if last is None or last.submission_id not in queue:
        return None
    return queue.index(last.submission_id) + 1


def _feedback_url(attempts: Sequence[Attempt], facts: Facts) -> str | None:
    given = [a.submission_id for a in attempts if a.submission_id in facts.feedback]
    return f"/services/course/feedback/{given[-1]}" if given else None


def plain(points: Decimal) -> int | float:
    """A score as a JSON number: whole where it is whole."""
    return int(points) if points == points.to_integral_value() else float(points)


_ORDER = {"late": 0, "not_yet": 1, "in_progress": 2, "fetched": 3, "new": 4}
_ACTION = {"late": "fetch", "not_yet": "open", "in_progress": "open", "fetched": "open", "new": "fetch"}


def _next(course: Course, rows: Mapping[str, dict[str, Any]], track: str) -> dict[str, str] | None:
    """The one thing to do: read new feedback, else mend or go on with what is begun, else the next lab."""
    for row in rows.values():
        if row["feedback_new"]:
            return {"lab_id": row["id"], "action": "feedback", "reason": "Your feedback is here."}
    own = [rows[lab.id] for lab in course.labs if lab.track in (track, "both")]
    # Labs of the other track only when one has begun them.
    others = [rows[lab.id] for lab in course.labs if lab.track not in (track, "both")]
    begun = [row for row in others if row["state"] in ("not_yet", "in_progress", "fetched")]
    todo = [row for row in own + begun if row["state"] in _ORDER and row["attempts_left"] != 0]
    if not todo:
        return None
    first = min(todo, key=lambda row: (_ORDER[row["state"]], row["due_utc"] or "9999"))
    return {"lab_id": first["id"], "action": _ACTION[first["state"]], "reason": _reason(first, course)}


def _reason(row: Mapping[str, Any], course: Course) -> str:
    if row["state"] == "not_yet":
        mark = course.completion.lab_pass_above_percent
        return f"{row['score']} of {row['max']}: passing needs more than {mark} %."
    if row["state"] == "late":
        return "Its due date has passed."
    return f"About {row['minutes']} min." if row["state"] == "new" else "You have begun it."
