"""Mending misspelt key words of an order ("clasify") to choose a skill; labels keep their spelling."""

from __future__ import annotations

import re
from functools import lru_cache

KEY_WORDS = (
    "classify", "classification", "category", "categories", "sentiment", "positive", "negative", "neutral", "summarise",
    "summarize", "summary", "extract", "question", "answer", "according", "document", "passage", "review", "calculate",
    "translate", "evaluate", "thanks", "following", "sentence", "article", "reference", "context", "shorten",
)  # fmt: skip
MAX_WORDS = 120


def mended(order: str) -> str:
    """The order with near misses of key words replaced; only its first words are looked at."""
    parts = re.split(r"(\W+)", order)
    for i, part in enumerate(parts[: MAX_WORDS * 2]):
        if len(part) >= 5 and part.isalpha():
            parts[i] = _meant(part.lower()) or part
    return "".join(parts)


@lru_cache(maxsize=20_000)
def _meant(word: str) -> str | None:
    """The key word that a word misspells; ``None`` for any other."""
    if word in KEY_WORDS or word.startswith(KEY_WORDS):
        return None
    return next((key for key in KEY_WORDS if key[0] == word[0] and _near(word, key)), None)


def _near(a: str, b: str) -> bool:
    """One slip apart, or two in a long word; swapped neighbours count as one slip."""
    allowed = 2 if len(b) >= 8 else 1
    if abs(len(a) - len(b)) > allowed:
        return False
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1] <= allowed
