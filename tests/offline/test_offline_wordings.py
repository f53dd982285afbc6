"""Free wordings: the regression corpus, and inputs that parsers stumble over."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coreskills.bench.offline import long_inputs
from coreskills.bench.offline_sets import Wording, wordings
from coreskills.offline.asking.understand import understand
from coreskills.offline.models import OfflineModels
from coreskills.offline.prompt import Completion, Prompt, Text, Turn

Say = Callable[..., Completion]
# Asked back, not understood; each by its beginning.
KNOWN_LIMITS = (
    "read this and tell when shop closes:",
    "What would you call the tone here, formal or casual?",
    "Two drawers: keep, throw away.",
    "context='''Trains leave hourly",
    "who, when, where? -> Lena Moser",
    "Text: The tower is 48 metres high.",
    "Pick the better one.\nA: Go left.",
)


@pytest.mark.parametrize("row", wordings("tuning"), ids=lambda row: row.user[:40].encode("ascii", "replace").decode())
def test_a_known_wording_keeps_its_skill(models: OfflineModels, row: Wording) -> None:
    """Every wording that was understood once stays understood, labels included."""
    prompt = Prompt(model="claude-opus-5-5", turns=(Turn("user", (Text(row.user),)),), system=row.system)
    task = understand(prompt, models._embedder)
    if row.user.startswith(KNOWN_LIMITS):
        assert task.skill not in row.want, "understood now: take it off the list"
        return
    assert task.skill in row.want
    if row.labels:
        assert [label.lower() for label in task.labels] == [label.lower() for label in row.labels]


@pytest.mark.slow
@pytest.mark.parametrize("shape", list(long_inputs(10)))
@pytest.mark.parametrize(
    "order",
    ["Summarise this.\n\n", "Classify as good or bad.\n\nText: ", "Extract name and date as JSON.\n\n", ""],
    ids=["summarise", "classify", "extract", "bare"],
)
def test_time_is_linear_in_the_input(say: Say, order: str, shape: str) -> None:
    """Ten times the text is about ten times the work; what grows with the square fails however often it is tried."""

    def seconds(n: int) -> float:
        text = order + long_inputs(n)[shape]
        say(text, model="claude-sonnet-5-5")  # vectors are known afterwards
        start = time.process_time()  # the work done, not what else the machine does
        say(text, model="claude-sonnet-5-5")
        return time.process_time() - start

    assert any(seconds(100_000) <= 20 * max(seconds(10_000), 0.05) for _ in range(5)), (
        "more work than the text is longer"
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    user=st.text(max_size=300)
    | st.lists(
        st.sampled_from(
            [
                "<document>",
                "</document>",
                "[1]",
                "Question:",
                "Label:",
                "- a: b\n",
                "{",
                '"',
                "?",
                "1.",
                "\n\n",
                "classify",
                "json",
                "extract",
                "a or b",
                "->",
                "```",
            ]
        ),
        max_size=25,
    ).map(" ".join),
    system=st.sampled_from(["", "Answer from the sources. Cite.", "Return JSON with keys a and b.", "Labels: x, y"]),
)
def test_no_text_breaks_it(say: Say, user: str, system: str) -> None:
    """Whatever is sent, an answer with text comes back."""
    answer = say(user, system=system)
    assert answer.blocks
    assert answer.output_tokens >= 1
