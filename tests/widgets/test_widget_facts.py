"""What the widgets say about calls and chunks, without a browser: pure facts from plain data."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest

from coreskills_widgets import CostMeter, RetrievalViewer, TraceViewer
from coreskills_widgets.widgets.matching import find_matches
from coreskills_widgets.widgets.spend import call_row, summarise
from coreskills_widgets.widgets.tries import group_tries, waited_ms

CALL = {"model": "m", "cost_usd": "0.1", "input_tokens": 10, "output_tokens": 2, "source": "offline", "cell_id": "a"}


def summary(*calls: dict[str, Any]) -> dict[str, Any]:
    """The summary of calls."""
    rows = [call_row(call, number=number) for number, call in enumerate(calls, start=1)]
    return summarise(rows, lab="b1-2", budget_usd=Decimal("0.50"))


def test_money_adds_up_exactly() -> None:
    """Ten times ten cents is one dollar, not almost."""
    assert summary(*[CALL] * 10)["spent_usd"] == "1.0"


def test_unknown_and_failed_calls_are_counted_apart() -> None:
    """A call without a price is not zero; a refused call is not billed and not unpriced."""
    found = summary(CALL, {**CALL, "cost_usd": None}, {**CALL, "status": 429, "cost_usd": None})
    assert (found["n_calls"], found["n_billed"], found["n_unpriced"], found["n_failed"]) == (3, 2, 1, 1)
    assert found["spent_usd"] == "0.1"
    assert (
        CostMeter([CALL, {**CALL, "cost_usd": None}], budget_usd="0.50").sentence().startswith("at least $0.10 (1 call")
    )


def test_cells_stand_in_notebook_order() -> None:
    """Whatever ran first; cells without a place come last."""
    placed = [
        {**CALL, "cell_id": name, "cell_label": name, "cell_order": place}
        for name, place in (("x", None), ("b", 7), ("a", 2))
    ]
    assert [part["label"] for part in summary(*placed)["by_cell"]] == ["a", "b", "x"]


def test_tries_of_one_request_are_one_call() -> None:
    """Two refusals and an answer: one row, three attempts, the waits between them."""
    rows = [
        {"id": "1", "model": "m", "status": 429, "retries": 0, "time_utc": "2026-11-14T12:00:00Z", "latency_ms": 20},
        {
            "id": "2",
            "model": "other",
            "status": 200,
            "retries": 0,
            "time_utc": "2026-11-14T12:00:00Z",
            "latency_ms": 20,
        },
        {"id": "3", "model": "m", "status": 429, "retries": 1, "time_utc": "2026-11-14T12:00:01Z", "latency_ms": 20},
        {"id": "4", "model": "m", "status": 200, "retries": 2, "time_utc": "2026-11-14T12:00:03Z", "latency_ms": 400},
    ]
    calls = group_tries(rows)
    assert [call["id"] for call in calls] == ["4", "2"]
    assert [attempt["status"] for attempt in calls[0]["attempts"]] == [429, 429, 200]
    assert waited_ms(calls[0]["attempts"]) == 980 + 1980


def test_a_trace_never_holds_the_key() -> None:
    """Not in what opens, not in the copy that is saved."""
    viewer = TraceViewer([{"request": {"headers": {"Authorization": "Bearer sk-1", "X-API-Key": "sk-1"}, "body": {}}}])
    detail = json.dumps(viewer.row_detail("1"))
    assert "sk-1" not in detail + viewer.static_html()
    assert detail.count("hidden") == 2


@pytest.mark.parametrize(
    ("hits", "more", "verdict"),
    [
        pytest.param([], {}, "Nothing was found", id="nothing"),
        pytest.param(["a", "b"], {}, "2 chunks, without scores", id="texts-alone"),
        pytest.param(
            [{"text": "a", "score": 0.82}, {"text": "b", "score": 0.61}],
            {"retriever": {"searched_n": 812}},
            "2 of 812 chunks, best 0.820, second 0.610",
            id="scores",
        ),
        pytest.param(
            [{"text": "a", "id": "1"}],
            {"gold_ids": ["1", "2"], "gold_ranks": {"2": 12}},
            "1 of 2 right chunks in the top 1; first at rank 1; missing: 2 (rank 12)",
            id="gold",
        ),
        pytest.param(
            [{"text": "a", "id": "1"}],
            {"gold_ids": ["9"], "index_ids": ["1"]},
            "0 of 1 right chunk in the top 1; none of the right ones was found; missing: 9 (not in the index)",
            id="never-indexed",
        ),
    ],
)
def test_the_verdict_answers_the_question(hits: list[Any], more: dict[str, Any], verdict: str) -> None:
    """What was found, what is missing, and where that stands."""
    assert RetrievalViewer("q", hits, **more).facts["verdict"] == verdict


def test_a_score_that_is_not_a_number_is_no_score() -> None:
    """nan and text do not become zero, and JSON can carry the facts."""
    viewer = RetrievalViewer("q", [{"text": "a", "score": float("nan")}, {"text": "b", "score": "high"}])
    assert [row["score"] for row in viewer.facts["first"]] == [None, None]
    json.dumps(viewer.facts, allow_nan=False)


def test_matches_survive_endings_and_leave_common_words() -> None:
    """`returned` is matched by `return`; `the` matches nothing."""
    assert find_matches("can I return the tent?", "The tents were returned.") == [(4, 9, "tent"), (15, 23, "return")]


def test_a_chunk_stands_in_its_page() -> None:
    """Before, chunk, after; and which other hits overlap it."""
    hits = [
        {"id": "1", "text": "an opened tent", "source": {"doc": "d", "page": 1}},
        {"id": "2", "text": "tent may return", "source": {"doc": "d", "page": 1}},
        {"id": "3", "text": "elsewhere", "source": {"doc": "d", "page": 9}},
    ]
    viewer = RetrievalViewer("q", hits, documents={"d": ["So an opened tent may return."]})
    assert (viewer.row_detail("a:1") or {})["page"] == {
        "before": "So ",
        "chunk": "an opened tent",
        "after": " may return.",
        "overlaps": [{"rank": 2, "chars": 4}],
    }
    assert (viewer.row_detail("a:3") or {})["page"] is None


def test_the_map_says_how_many_neighbours_it_keeps() -> None:
    """Two directions hold all of flat data: every neighbour is kept."""
    vectors = [[float(x), float(y), 0.0] for x in range(5) for y in range(5)]
    space = {"ids": list(range(25)), "vectors": vectors, "query": [2.1, 2.2, 0.0]}
    assert RetrievalViewer("q", ["a"], embeddings=space).facts["map"]["kept"] == [10, 10]


@pytest.mark.parametrize(
    "viewer",
    [
        pytest.param(lambda: CostMeter([CALL] * 5_000, budget_usd="9"), id="calls"),
        pytest.param(lambda: TraceViewer([{**CALL, "request": {"body": "x" * 100_000}}] * 1_000), id="traces"),
        pytest.param(
            lambda: RetrievalViewer("q", ["word " * 20_000] * 200, other_hits=["word " * 20_000] * 200), id="chunks"
        ),
    ],
)
def test_what_is_saved_stays_small(viewer: Any) -> None:
    """State under 200 kB, the script-free copy under 50 kB and a bit, whatever is shown."""
    made = viewer()
    assert len(json.dumps(made.facts)) < 200_000
    assert len(made.static_html().encode()) < 51_000


def test_importing_the_package_loads_nothing_heavy() -> None:
    """No widget library, nbgrader or SDK until something is used."""
    heavy = "anywidget", "nbgrader", "anthropic", "openai", "vcr"
    code = f"import coreskills_widgets, sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_three_tries_are_one_call_in_the_list_and_in_the_badges() -> None:
    """What the list shows as one row is counted once, wherever it is counted."""
    tries = [{**CALL, "id": number, "retries": number, "status": 200 if number == 2 else 429} for number in range(3)]
    facts = TraceViewer(tries).facts
    assert (facts["n_listed"], facts["sources"]) == (1, {CALL["source"]: 1})
