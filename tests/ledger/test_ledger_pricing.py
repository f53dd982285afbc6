"""Prices are exact, dated, and unknown where nobody knows them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from coreskills.ledger import price_call
from coreskills.ledger.call import money


@pytest.mark.parametrize(
    ("asked", "usd"),
    [
        ({"model": "claude-haiku-4-5", "input_tokens": 1_000_000, "output_tokens": 0}, "1"),
        ({"model": "claude-haiku-4-5", "input_tokens": 0, "output_tokens": 1_000_000}, "5"),
        ({"model": "claude-haiku-4-5-20251001", "input_tokens": 8, "output_tokens": 50}, "0.000258"),
        ({"model": "claude-haiku-4-5", "input_tokens": 1000, "output_tokens": 1000, "batch": True}, "0.003"),
        ({"model": "claude-haiku-4-5", "input_tokens": 1000, "output_tokens": 0, "cache_read_tokens": 1000}, "0.0001"),
        (
            {"model": "claude-haiku-4-5", "input_tokens": 1000, "output_tokens": 0, "cache_write_tokens": 1000},
            "0.00125",
        ),
        ({"provider": "openai", "model": "gpt-5-mini", "input_tokens": 1_000_000, "output_tokens": 0}, "0.25"),
        (
            {"provider": "openai", "model": "text-embedding-3-small", "input_tokens": 1, "output_tokens": 0},
            "0.00000002",
        ),
    ],
)
def test_price_is_exact(asked: dict[str, Any], usd: str) -> None:
    """List price, to the last digit."""
    assert price_call(**{"provider": "anthropic", **asked}) == Decimal(usd)


def test_unknown_model_costs_none_not_zero() -> None:
    """A model without a price row is unknown, never free."""
    assert price_call(provider="openai", model="gpt-99", input_tokens=10, output_tokens=1) is None
    assert price_call(provider="cohere", model="rerank-v3.5", input_tokens=10, output_tokens=1) is None


def test_price_is_the_one_of_the_day() -> None:
    """o3 became cheaper on 10 June 2025."""
    asked: dict[str, Any] = {"provider": "openai", "model": "o3", "input_tokens": 1_000_000, "output_tokens": 0}
    before = price_call(**asked, at=datetime(2025, 6, 1, tzinfo=UTC))
    after = price_call(**asked, at=datetime(2025, 7, 1, tzinfo=UTC))
    assert (before, after) == (Decimal(10), Decimal(2))


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, None),
        (Decimal("0.50"), "0.5"),
        (Decimal("0E-12"), "0"),
        (Decimal("1E-8"), "0.00000001"),
        (Decimal(10), "10"),
    ],
)
def test_money_is_a_plain_string(amount: Decimal | None, text: str | None) -> None:
    """No exponent, no needless zeros; unknown stays unknown."""
    assert money(amount) == text
