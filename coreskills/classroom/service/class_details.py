"""One lab, one learner, the money; and what instructors do on these pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from starlette.responses import RedirectResponse, Response

from coreskills.classroom.feedback import shown_points
from coreskills.classroom.overview import Cell, Overview
from coreskills.classroom.service.door import Asked
from coreskills.classroom.service.refusals import Refused
from coreskills.classroom.service.rendering import MARKS, PREFIX, WORDS, formgrader_address, render
from coreskills.classroom.store.claims import Claims
from coreskills.classroom.store.exchange import NotThere
from coreskills.classroom.store.grades import Attempt, best_scores
from coreskills.course import Course, Lab
from coreskills.ledger.totals import Total, totals
from coreskills.progress.rules import completion
from coreskills_widgets.format import money, money_column, money_total, percent, tokens

_ROWS = 200


def lab_page(asked: Asked) -> Response:
    """``/class/labs/{lab}``: each check, worst first, with names behind every number."""
    lab = asked.service.classroom.course.lab(asked.path["lab"])
    view = asked.service.class_view
    seen = view.overview()
    column, checks = seen.column(lab.id), view.checks(seen, lab.id)
    cells = column.cells.values()
    summary = f"{len(cells)} of {len(seen.people)} handed in, {column.n_passed} passed"
    if column.median is not None:
        summary += f", median {shown_points(column.median)} of {lab.points.total}"
    return render(
        asked,
        "class_lab.html",
        lab=lab,
        hard=[check for check in checks if check.never or check.later],
        easy=[check for check in checks if not check.never and not check.later],
        summary=summary + ".",
        graded=sum(cell.score is not None for cell in cells),
        to_judge=len(column.to_judge),
        waiting=sum(cell.state in ("submitted", "grading") for cell in cells),
        misses=column.with_misses,
        formgrader=formgrader_address(asked, lab.id),
    )


def learner_page(asked: Asked) -> Response:
    """``/class/learners/{learner}``: all labs of one learner in rows."""
    service, course = asked.service, asked.service.classroom.course
    person = service.roster.find(asked.path["learner"])
    if person is None:
        raise NotThere(f"There is no learner {asked.path['learner']!r}.", fix="coreskills roster list")
    attempts = service.grades.attempts(learner=person.name)
    reason = service.recommendations.reason(person.name)
    track: Any = person.track
    status = completion(course, best_scores(course, attempts), track=track, recommendation=reason)
    spent = service.spent_by_lab(person.name)
    seen = service.class_view.overview()
    return render(
        asked,
        "class_learner.html",
        person=person,
        rows=_lab_rows(asked, seen, person.name, attempts, spent),
        stuck=service.class_view.explain([each for each in seen.stuck() if each.learner == person.name]),
        spent=money(sum(spent.values(), start=Decimal(0))),
        modules_done=status.modules_done,
        modules_total=len(status.modules),
        has_badge=status.has_badge,
        track3=status.track3,
        recommendation=reason,
        open_labs=course.open_labs,
        numbers={lab.id: lab.number for lab in course.labs},
    )


def _lab_rows(
    asked: Asked, seen: Overview, learner: str, attempts: Sequence[Attempt], spent: Mapping[str, Decimal]
) -> list[dict[str, Any]]:
    """One row for each lab that is open, or that the learner handed in."""
    service = asked.service
    due = service.due.of(learner)
    costs = dict(zip(spent, money_column(list(spent.values())), strict=True))
    rows = []
    for lab in service.classroom.course.labs:
        cell = seen.cell(learner, lab.id)
        if cell is not None or lab.is_open:
            own = [each for each in attempts if each.lab == lab.id]
            row = {"due": f"{due[lab.id]:%d %b %H:%M}" if lab.id in due else "", "spent": costs.get(lab.id, "")}
            rows.append({**row, **_lab_row(lab, cell, own)})
    return rows


def _lab_row(lab: Lab, cell: Cell | None, own: Sequence[Attempt]) -> dict[str, Any]:
    state = cell.state if cell else "new"
    return {
        **{"id": lab.id, "number": lab.number, "title": lab.title},
        **{"state": state, "mark": MARKS.get(state, "?"), "word": WORDS.get(state, "")},
        "late": cell is not None and cell.is_late,
        "score": f"{shown_points(cell.score.points)} of {lab.points.total}" if cell and cell.score else "",
        "attempts": len(own),
        "last": f"{own[-1].received_utc:%d %b %H:%M}" if own else "",
        "submissions": [
            {"id": each.submission_id, "attempt": each.attempt, "points": shown_points(each.grade.points)}
            for each in own
            if each.grade is not None
        ],
        "errors": [each.error for each in own if each.state == "failed"],
    }


def spend_page(asked: Asked) -> Response:
    """``/class/spend``: what was spent, by model, and by learner against budgets."""
    ledger, course = asked.service.ledger, asked.service.classroom.course
    by_model, by_learner = totals(ledger, "model"), totals(ledger, "learner", "lab")
    cost = money_column([row.cost_usd for row in by_model])
    everything = sum((row.cost_usd for row in by_model), course.course.default_budget_usd * 0)
    return render(
        asked,
        "class_spend.html",
        total=money_total(
            everything,
            n_unpriced=sum(row.n_unpriced for row in by_model),
            n_calls=sum(row.n_calls for row in by_model),
        ),
        models=[
            {
                "name": row.key[0] or "unknown",
                "calls": f"{row.n_calls:,}",
                "input": tokens(row.input_tokens),
                "output": tokens(row.output_tokens),
                "cost": money_total(row.cost_usd, n_unpriced=row.n_unpriced, n_calls=row.n_calls)
                if row.n_unpriced
                else c,
            }
            for row, c in zip(by_model, cost, strict=True)
        ],
        learners=_against_budgets(course, by_learner[:_ROWS]),
        more=max(0, len(by_learner) - _ROWS),
    )


def _against_budgets(course: Course, rows: Sequence[Total]) -> list[dict[str, str]]:
    labs = {lab.id: lab for lab in course.labs}
    costs = money_column([row.cost_usd for row in rows])
    shown = []
    for row, cost in zip(rows, costs, strict=True):
        learner, lab_id = row.key
        budget = course.budget_usd(labs[lab_id]) if lab_id in labs else course.course.default_budget_usd
        used = percent(row.cost_usd, budget) if budget else 100
        over = f", {money(row.cost_usd - budget)} over" if row.cost_usd > budget else ""
        shown.append(
            {
                "learner": learner,
                "lab": labs[lab_id].number if lab_id in labs else lab_id,
                "calls": f"{row.n_calls:,}",
                "cost": cost,
                "budget": money(budget),
                "used": f"{used} %{over}",
            }
        )
    return shown


# What instructors do from these pages


def grade_again(asked: Asked) -> Response:
    """``POST /class/labs/{lab}/grade``: queue every learner's last submission."""
    lab = asked.service.classroom.course.lab(asked.path["lab"])
    Claims(asked.service.classroom.database_url).requeue(lab=lab.id)
    asked.service.wake_grader(lab.id)
    return RedirectResponse(f"{PREFIX}/class/labs/{lab.id}", status_code=303)


def extend(asked: Asked) -> Response:
    """``POST /class/learners/{learner}/extend``: another due date for one learner."""
    learner, lab = _learner(asked), asked.service.classroom.course.lab(asked.form.get("lab", ""))
    try:
        due = datetime.fromisoformat(asked.form.get("due", "")).replace(tzinfo=UTC)
    except ValueError:
        raise Refused(400, f"{asked.form.get('due', '')!r} is no date.", fix="write 2026-11-22T23:59") from None
    asked.service.due.extend(lab.id, learner, due, reason=asked.form.get("reason", ""))
    return RedirectResponse(f"{PREFIX}/class/learners/{learner}", status_code=303)


def recommend(asked: Asked) -> Response:
    """``POST /class/learners/{learner}/recommend``: for Track 3, with a reason."""
    learner, reason = _learner(asked), asked.form.get("reason", "")
    if not reason.strip():
        raise Refused(400, "A recommendation needs a reason.", fix="write why, in a sentence")
    asked.service.recommendations.write(learner, by=asked.caller.name, reason=reason)
    return RedirectResponse(f"{PREFIX}/class/learners/{learner}", status_code=303)


def _learner(asked: Asked) -> str:
    if asked.service.roster.find(asked.path["learner"]) is None:
        raise NotThere(f"There is no learner {asked.path['learner']!r}.", fix="coreskills roster list")
    return asked.path["learner"]
