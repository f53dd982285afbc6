"""Course panels in every state that matters, as the course service gives them."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def lab(lab_id: str, number: str, title: str, state: str, **more: Any) -> Row:
    """One lab of the panel."""
    shown = {"minutes": 60, "due_utc": None, "score": None, "max": 20, "passed": False, "feedback_new": False}
    return {"id": lab_id, "number": number, "title": title, "state": state, **shown, **more}


def panel(labs: list[Row], *, action: str, lab_id: str, reason: str = "", done: int = 2) -> Row:
    """A panel with one module in work."""
    passed = sum(bool(row["passed"]) for row in labs)
    return {
        "course": {"id": "coreskills4ai-track2", "title": "CoreSkills4AI Track 2: Engineering Core"},
        "next": {"lab_id": lab_id, "action": action, "reason": reason},
        "modules": [
            {
                "id": "M0",
                "title": "Start here",
                "passed": 1,
                "total": 1,
                "labs": [lab("0-1-start-here", "0.1", "Start here", "passed", score=20, passed=True)],
            },
            {"id": "M1", "title": "LLM basics and API integration", "passed": passed, "total": len(labs), "labs": labs},
            {
                "id": "M2",
                "title": "Data pipelines",
                "passed": 0,
                "total": 3,
                "labs": [lab("b2-1-csv-pipeline", "B2.1", "CSV to model", "to_come")],
            },
        ],
        "badge": {"modules_done": done, "modules_total": 7, "capstone": None, "earned": False},
        "service": {"state": "ok", "as_of_utc": "2026-11-14T12:03:00Z"},
    }


RECEIPT = {"sha256": "3fa9c1" + "0" * 58, "time_utc": "2026-11-14T14:02:00Z"}

WORKING = panel(
    [
        lab("b1-1-first-call", "B1.1", "First API call", "passed", score=18, passed=True, receipt=RECEIPT),
        lab(
            "b1-2-cost-calculator",
            "B1.2",
            "Cost calculator",
            "fetched",
            due_utc="2027-01-08T22:59:00Z",
            spent_usd="0.31",
            budget_usd="0.50",
            attempts_left=3,
        ),
        lab("b1-3-error-handling", "B1.3", "Error handling: robust CLI chatbot", "not_yet", score=14, receipt=RECEIPT),
        lab("b1-4-sampling", "B1.4", "Sampling and choosing a model", "submitted", queue_place=3, receipt=RECEIPT),
        lab("a1-1-model-evaluation", "A1.1", "Evaluate models", "waits", receipt=RECEIPT),
        lab("a1-2-fine-tuning-roi", "A1.2", "Fine-tuning ROI", "late", due_utc="2026-11-01T22:59:00Z"),
        lab(
            "a1-3-cost-dashboard",
            "A1.3",
            "Production cost dashboard (Flask)",
            "passed",
            score=19,
            passed=True,
            feedback_new=True,
        ),
    ],
    action="open",
    lab_id="b1-2-cost-calculator",
    reason="You have begun it.",
)
FIRST_DAY = {
    **panel(
        [
            lab("b1-1-first-call", "B1.1", "First API call", "new"),
            lab("b1-2-cost-calculator", "B1.2", "Cost calculator", "new"),
        ],
        action="fetch",
        lab_id="b1-1-first-call",
        reason="About 60 min.",
        done=0,
    ),
}
FIRST_DAY["modules"][0]["passed"] = 0
ALL_DONE = {
    **WORKING,
    "next": None,
    "badge": {"modules_done": 7, "modules_total": 7, "capstone": "passed", "earned": True},
}
