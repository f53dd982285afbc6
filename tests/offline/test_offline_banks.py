"""What is known beforehand holds no item that is measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coreskills.bench.offline_sets import domains, reading, sentiments, wordings
from coreskills.offline.banks import load
from coreskills.offline.language import words

BANKS = ("chat", "concepts", "orders", "polarity", "support", "wordings")
SOURCE = Path(__file__).parents[2] / "source"


def strings(value: Any) -> list[str]:
    """Every string inside."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in strings(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in strings(inner)]
    return [value] if isinstance(value, str) else []


def plain(text: str) -> str:
    """Words only, for comparing."""
    return " ".join(words(text))


BANKED = {plain(text) for bank in BANKS for text in strings(load(bank)) if len(words(text)) >= 4}


def test_no_final_item_is_in_a_bank() -> None:
    """Final labels, sentiments, questions and wordings are unknown to the models."""
    items = [text for domain in domains("final") for _, text in domain.texts]
    items += (
        [text for _, text in sentiments("final")]
        + [q.ask for q in reading("final")[1]]
        + [w.user for w in wordings("final")]
    )
    assert BANKED.isdisjoint(map(plain, items))


def test_final_and_tuning_share_no_item() -> None:
    """What was tuned on is not measured as new."""

    def texts(which: Any) -> set[str]:
        found = [text for domain in domains(which) for _, text in domain.texts] + [
            text for _, text in sentiments(which)
        ]
        return {plain(t) for t in found + [q.ask for q in reading(which)[1]] + [w.user for w in wordings(which)]}

    assert texts("final").isdisjoint(texts("tuning"))


def parsed(line: str) -> Any:
    """Some labs plant a broken line: it counts as one text."""
    try:
        return json.loads(line)
    except ValueError:
        return line


@pytest.mark.parametrize("path", sorted(SOURCE.glob("*/**/*.jsonl")), ids=lambda path: path.name)
def test_no_item_of_a_lab_is_in_a_bank(path: Path) -> None:
    """A lab's data is not what the models know by heart."""
    rows = [parsed(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    items = {plain(text) for row in rows for text in strings(row) if len(words(text)) >= 4}
    assert BANKED.isdisjoint(items)
