"""Numbers read the same in Python and in the page: one table of cases for both."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from coreskills_widgets import format as form

ROOT = Path(__file__).resolve().parents[2]
CASES: dict[str, Any] = json.loads((ROOT / "ui/src/shared/format.cases.json").read_text(encoding="utf-8"))


def named(kind: str) -> list[Any]:
    """The rows of one table, each named after the text it must give."""
    return [pytest.param(*row, id=f"{row[-1]}"[:40]) for row in CASES[kind]]


@pytest.mark.parametrize(("value", "text", "spoken"), named("money"))
def test_money_is_never_rounded_to_nothing(value: str | None, text: str, spoken: str) -> None:
    """Dollars have two decimals, or three digits below one dollar."""
    assert (form.money(value), form.money_spoken(value)) == (text, spoken)


@pytest.mark.parametrize(("values", "texts"), named("money_column"))
def test_a_column_of_money_lines_up(values: list[str | None], texts: list[str]) -> None:
    """All rows of one column have equal decimals."""
    assert form.money_column(values) == texts


@pytest.mark.parametrize(("facts", "text"), named("money_total"))
def test_a_total_says_what_it_misses(facts: dict[str, Any], text: str) -> None:
    """Calls without a price are counted aloud, never added as zero."""
    assert form.money_total(**facts) == text


@pytest.mark.parametrize(("count", "text", "spoken"), named("tokens"))
def test_tokens_are_full_below_ten_thousand(count: int, text: str, spoken: str) -> None:
    """Small counts are exact; large ones keep three digits."""
    assert (form.tokens(count), f"{count:,}") == (text, spoken)


@pytest.mark.parametrize(("ms", "text", "spoken"), named("duration"))
def test_time_keeps_three_digits(ms: float | None, text: str, spoken: str) -> None:
    """Milliseconds, seconds, minutes."""
    assert (form.duration(ms), form.duration_spoken(ms)) == (text, spoken)


@pytest.mark.parametrize(
    ("part", "whole", "result"), [pytest.param(*row, id=f"{row[0]} of {row[1]}") for row in CASES["percent"]]
)
def test_percent_is_rounded_down(part: str, whole: str, result: int) -> None:
    """99.9 shows 99."""
    assert form.percent(part, whole) == result


@pytest.mark.parametrize(("value", "text"), named("score"))
def test_a_score_has_three_decimals(value: float | None, text: str) -> None:
    """A missing score is said, not drawn as zero."""
    assert form.score(value) == text


def test_a_score_that_is_not_a_number_is_no_score() -> None:
    """JSON has no nan, Python has."""
    assert [form.score(float("nan")), form.score(float("inf"))] == ["no score", "no score"]


@pytest.mark.parametrize(("utc", "now", "zone", "text"), named("date"))
def test_a_date_says_how_far_off_it_is(utc: str, now: str, zone: str, text: str) -> None:
    """In the learner's zone, with the distance from now."""
    assert form.date(datetime.fromisoformat(utc), now=datetime.fromisoformat(now), zone=ZoneInfo(zone)) == text


@pytest.mark.parametrize(("utc", "zone", "text"), named("clock"))
def test_the_clock_is_the_learners(utc: str, zone: str, text: str) -> None:
    """Times of day are local."""
    assert form.clock(datetime.fromisoformat(utc), zone=ZoneInfo(zone)) == text


@pytest.mark.parametrize(("sources", "text"), named("sources"))
def test_sources_are_told_apart_in_words(sources: dict[str, int], text: str) -> None:
    """One source is a word, several are counted."""
    assert form.badge_words(sources) == text


@pytest.mark.parametrize(
    ("raw", "text"), [pytest.param(*row, id=f"control-{n}") for n, row in enumerate(CASES["visible"])]
)
def test_control_characters_are_shown(raw: str, text: str) -> None:
    """What would change the screen becomes a sign."""
    assert form.visible(raw) == text
