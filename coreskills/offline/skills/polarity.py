"""Positive, negative or neutral: words with their negations, and a regression on built-in sentences."""

from __future__ import annotations

import re
import threading
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from coreskills.offline.banks import load
from coreskills.offline.language import words
from coreskills.offline.minilm import Floats
from coreskills.offline.task import Task
from coreskills.offline.tiers import Tier
from coreskills.offline.vectors import Embedder

_CONTRAST = re.compile(r"^(.{0,2000}?)[,;.]? (?:but|however|yet|still,|though)\b(.*)$", re.S)
_CONCESSION = re.compile(r"^(?:although|even though|while|despite)\b([^,]{0,300}),(.*)$", re.S)
_SARCASM = re.compile(
    r"^(oh,?|wow|yeah|sure|just (what|love)|thanks for nothing|what a (genius|surprise|"
    r"joy))\b|\bi just love\b|five stars for|\boh great|brilliant\.$|\bhow (lovely|nice|"
    r"wonderful)[.!]|^(great|lovely|fantastic|wonderful|perfect)[,.!]",
    re.I,
)
_MISHAP = re.compile(
    r"nothing|hours?|only|another|managing|again|on hold|weeks?|still|refus|midnight|"
    r"minutes later|forgot|third time|\bno\b",
    re.I,
)
_fits: dict[tuple[int, int], npt.NDArray[np.float64]] = {}
_fitting = threading.Lock()


@cache
def _bank() -> dict[str, Any]:
    return load("polarity")


@cache
def _lexicon(name: str) -> frozenset[str]:
    return frozenset(_bank()["words"][name].split())


def of_label(name: str) -> int | None:
    """-1, 0 or 1 for a label that names a polarity, else ``None``."""
    low = name.lower()
    for key, value in (("names_positive", 1), ("names_negative", -1), ("names_neutral", 0)):
        if low in _lexicon(key):
            return value
    return None


def scores(task: Task, item: str, polarities: list[int], embedder: Embedder, tier: Tier) -> npt.NDArray[np.float64]:
    """One score a label; the tier and the prompt's hints say which readings are switched on."""

    def reads(hint: str, free_at: int) -> bool:
        return tier.level >= free_at or (hint in task.hints and tier.level >= free_at - 1)

    tone = by_words(item, negation=reads("negation", 2), contrast=reads("contrast", 3), sarcasm=reads("sarcasm", 3))
    learned = _learned(item, embedder, tier)
    sure = min(1.0, abs(tone))
    return np.array(
        [0.25 * (sure * (1 - abs(tone - p)) + (1.3 - sure) * 2 * float(learned[p + 1])) for p in polarities]
    )


def by_words(text: str, *, negation: bool, contrast: bool, sarcasm: bool) -> float:
    """-1 to 1 from listed words; each flag says whether that reading is switched on."""
    low = text.lower()[:4000]
    if contrast and (match := _CONTRAST.match(low) or _CONCESSION.match(low)):
        before = by_words(match[1], negation=negation, contrast=False, sarcasm=sarcasm)
        return 0.3 * before + by_words(match[2], negation=negation, contrast=False, sarcasm=sarcasm)
    found, total = words(low), 0.0
    for i, word in enumerate(found):
        value = (word in _lexicon("positive")) - (word in _lexicon("negative"))
        if value and negation and _lexicon("negators") & set(found[max(0, i - 4) : i]):
            total -= 0.8 * value
        else:
            total += value
    tone = float(np.tanh(total))
    if sarcasm and tone >= 0 and _SARCASM.search(low) and (_MISHAP.search(low) or _lexicon("negative") & set(found)):
        return -0.9
    return tone


def _learned(item: str, embedder: Embedder, tier: Tier) -> npt.NDArray[np.float64]:
    """Scores for negative, neutral, positive from a ridge regression on the sentences this tier knows."""
    key = (id(embedder), tier.bank)
    with _fitting:
        if key not in _fits:
            rows = [
                (text, i)
                for i, name in enumerate(("negative", "neutral", "positive"))
                for text in _bank()[name][: tier.bank]
            ]
            x: Floats = embedder([text for text, _ in rows])
            y = np.eye(3)[[i for _, i in rows]] - 1 / 3
            wide = x.astype(float)
            _fits[key] = wide.T @ np.linalg.solve(wide @ wide.T + 0.5 * np.eye(len(wide)), y)
    return np.round(embedder.one(item) @ _fits[key], 5)
