"""The first line of every lab: what answers your calls today, and what it may cost."""

from __future__ import annotations

from pathlib import Path

from coreskills_widgets.format import money
from coreskills_widgets.labs import surroundings, tables

WORDS = {
    "offline": "offline models answer (stand-ins for the real ones); nothing is charged",
    "replay": "recorded answers are replayed; nothing is charged",
    "live": "the real providers answer; calls cost money",
}


def lab() -> None:
    """Make ``out/`` and print one line on the mode and the budget."""
    Path("out").mkdir(exist_ok=True)
    tables.name_no_empty_heads()
    status = surroundings.current().status()
    words = WORDS.get(status["backend"], status["backend"])
    budget = status.get("budget_usd")
    left = "" if budget is None else f" Budget {money(budget)}, spent {money(status['spent_usd'])}."
    print(f"Ready: {words}.{left}")
