"""`%coreskills` answers in words a learner can act on, in every state."""

from __future__ import annotations

import re
from typing import Any

import pytest

HELLO = """
import anthropic, openai
client = anthropic.Anthropic(max_retries=0)
def hello(model="claude-haiku-5-5"):
    client.messages.create(model=model, max_tokens=50, messages=[{"role": "user", "content": "Hello!"}])
"""


@pytest.fixture
def spent(metered: Any) -> Any:
    """A kernel whose second and third cells made calls."""
    metered.run(HELLO)
    metered.run("hello(); hello()")
    metered.run(
        "openai.OpenAI().chat.completions.create(model='gpt-5.4-mini', messages=[{'role': 'user', 'content': 'Hi'}]);"
    )
    return metered


def say(kernel: Any, words: str) -> str:
    out = kernel.run(f"%coreskills {words}")
    assert (out.stderr, out.error, out.notes) == ("", "", [])
    return str(out.stdout)


def test_empty_states_say_what_to_do(metered: Any) -> None:
    """Before the first call: nothing spent, and how to make a call."""
    assert "offline: the course's stand-in models (nothing charged)" in say(metered, "status")
    assert "No calls yet" in say(metered, "spend")
    assert "messages.create(" in say(metered, "trace")
    assert say(metered, "budget") == "$0.50 left of $0.50.\n"


def test_spend_groups_by_model_and_cell(spent: Any) -> None:
    """Totals by model and by cell add up to the whole."""
    text = say(spent, "spend")
    assert re.match(r"~?\$[\d.]+.* in 3 calls, offline \(nothing charged\)", text)
    assert re.search(r"claude-haiku-5-5 +2 calls", text)
    assert re.search(r"gpt-5.4-mini +1 call ", text)
    assert re.search(r"In \[2\] +2 calls", text)


def test_budget_says_how_many_calls_are_left(spent: Any) -> None:
    """Money left, and what it would buy at the price of the last calls."""
    assert re.match(r"\$0\.\d+ left of \$0\.50, about [\d,]+ calls like the last 3\.", say(spent, "budget"))


def test_trace_lists_and_shows_both_sides(spent: Any) -> None:
    """The list names each call; one call shows what was sent and what came back."""
    listed = say(spent, "trace")
    number = re.search(r"%coreskills trace (\d+)", listed)
    assert number is not None
    told = say(spent, f"trace {number[1]}")
    assert "You sent:" in told
    assert '"content": "Hi"' in told
    assert "It answered:" in told
    assert "There is no call 999999" in say(spent, "trace 999999")
    assert "is not the number of a call" in say(spent, "trace two")


def test_mode_says_what_cannot_be(metered: Any) -> None:
    """A key without a provider behind it stays offline, and says whom to ask."""
    assert say(metered, "mode").startswith("offline")
    assert say(metered, "mode offline").startswith("From now on: offline")
    refused = say(metered, "mode live")
    assert refused.startswith("Nothing changed: offline")
    assert "ask your instructor" in refused
    assert "Choose offline or live" in say(metered, "mode fast")


def test_unknown_words_are_answered_with_the_list(metered: Any) -> None:
    """A slip shows what there is; `%coreskills` alone is the status."""
    assert "%coreskills spend" in say(metered, "spent")
    assert "%coreskills spend" in say(metered, "help")
    assert say(metered, "") == say(metered, "status")
    matches = metered.client.complete("%coreskills mode ", reply=True, timeout=20)["content"]["matches"]
    assert {"offline", "live"} <= {match.split()[-1] for match in matches}


def test_without_a_gateway_it_says_how_to_get_one(forked: Any) -> None:
    """Plain JupyterLab: calls go to the provider, and `coreskills lab` would meter them."""
    text = say(forked, "status")
    assert "go straight to the provider" in text
    assert "coreskills lab" in text


def test_with_the_gateway_away_it_says_so(metered: Any, gateway: Any) -> None:
    """No traceback: what happened, and that nothing is lost."""
    gateway.stop()
    assert "does not answer right now" in say(metered, "spend")
    gateway.start()
    assert "No calls yet" in say(metered, "spend")


def test_spent_budget_is_said_at_the_call_in_the_note_and_by_the_magic(metered: Any, gateway: Any) -> None:
    """The call is refused as a provider would; the note and the magic say why and whom to ask."""
    metered.run(HELLO)
    metered.run("hello()")
    (grant,) = gateway.keys.grants()
    gateway.keys.set_budget(grant.id, gateway.ledger.calls()[0].cost_usd)
    out = metered.run("hello()")
    assert (out.error, out.stderr) == ("EnforcedSpendLimitReachedError", "")
    assert "budget spent: calls are refused (429) from now on" in out.notes[0]
    assert out.notes[0].endswith("  1 of 1 call failed: 429")
    assert say(metered, "budget").startswith("Budget spent: ")
