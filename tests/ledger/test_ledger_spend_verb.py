"""`coreskills spend` sums the ledger into a table, JSON or CSV."""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from coreskills.cli.spend import command
from coreskills.ledger import Call, Ledger

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A ledger of four calls."""
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    ledger = Ledger(url)
    shared: dict[str, Any] = {
        "provider": "anthropic",
        "endpoint": "messages",
        "status": 200,
        "model": "claude-haiku-5-5",
    }
    ledger.add_many(
        [
            Call(learner="ada", lab="b1-1", time_utc=NOON, cost_usd=Decimal("0.31"), input_tokens=1840, **shared),
            Call(learner="ada", lab="b1-2", time_utc=NOON, cost_usd=None, **shared),
            Call(learner="=cmd()", lab="b1-1", time_utc=NOON, cost_usd=Decimal("0.2"), **shared),
            Call(learner="bob", lab="b1-1", time_utc=NOON + timedelta(days=3), cost_usd=Decimal("1"), **shared),
        ]
    )
    ledger.close()
    return url


def spend(*args: str) -> Result:
    return CliRunner().invoke(command, args)


def test_table_says_at_least_where_a_price_is_unknown(url: str) -> None:
    """Rows are the costliest first; the total is honest."""
    said = spend("--ledger", url).output
    assert said.index("b1-1") < said.index("b1-2")
    assert "1,840" in said
    assert "at least $1.51 (1 call without a price)" in said
    assert re.search(r"b1-2 +1 +0 +\d+ +\d+ +price unknown +1 ", said)


def test_days_are_told_from_the_first_to_the_last(url: str) -> None:
    """A report over time is read as one, and nothing in it is cut in a narrow window."""
    said = CliRunner(env={"COLUMNS": "30"}).invoke(command, ["--ledger", url, "--by", "day", "--by", "model"]).output
    assert re.findall(r"^ (2026-\S+)  +claude-haiku-5-5 ", said, re.M) == ["2026-11-22", "2026-11-25"]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--by", "learner"], {"bob": "1", "ada": "0.31", "=cmd()": "0.2"}),
        (["--by", "learner", "--until", "2026-11-22"], {"ada": "0.31", "=cmd()": "0.2"}),
        (["--by", "day", "--since", "2026-11-23"], {"2026-11-25": "1"}),
        (["--by", "model", "--learner", "ada"], {"claude-haiku-5-5": "0.31"}),
    ],
)
def test_json_has_exact_sums(url: str, options: list[str], found: dict[str, str]) -> None:
    """Filters and groups; money as text."""
    rows = json.loads(spend("--ledger", url, "--json", *options).output)
    assert {row[options[1]]: row["cost_usd"] for row in rows} == found


def test_csv_is_safe_in_a_spreadsheet(url: str, tmp_path: Path) -> None:
    """A learner's name is no formula."""
    assert spend("--ledger", url, "--by", "learner", "--by", "lab", "--csv", str(tmp_path / "out.csv")).exit_code == 0
    rows = list(csv.DictReader((tmp_path / "out.csv").open(encoding="utf-8")))
    assert [(row["learner"], row["lab"], row["cost_usd"]) for row in rows] == [
        ("bob", "b1-1", "1"),
        ("ada", "b1-1", "0.31"),
        ("'=cmd()", "b1-1", "0.2"),
        ("ada", "b1-2", "0"),
    ]


def test_missing_ledger_is_not_made(tmp_path: Path) -> None:
    """A report leaves nothing behind."""
    result = spend("--ledger", f"sqlite:///{tmp_path}/none.sqlite")
    assert "There is no ledger at" in str(result.exception)
    assert list(tmp_path.iterdir()) == []
