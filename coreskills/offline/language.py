"""Words, stems and sentences of English text, in time linear in its length."""

from __future__ import annotations

import re

from coreskills.offline.banks import words_of

STOP = words_of("stop")
MONTHS = {
    name: number
    for number, name in enumerate(
        [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ],
        1,
    )
}
NUMBER_WORDS = {
    name: number
    for number, name in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
}
NEGATION = re.compile(
    r"\b(not|no|cannot|never|none|prohibited|forbidden|excluded|without|unable|neither|nor|\w+n[\u2019']t)\b", re.I
)
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”\u2019)]?\s+(?=[A-Z\"'“\u2018(\[\d])|\n+")
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|vs|approx|incl|no|nr|mr|mrs|ms|dr|st|p|pp)\.$", re.I)
_ENDINGS = ("ations", "ation", "ments", "ment", "ings", "ing", "ies", "ied", "ed", "es", "s", "al", "y")


def words(text: str) -> list[str]:
    """Lower-case words and numbers, in order."""
    return [word.replace("\u2019", "'") for word in _WORD.findall(text.lower())]


def stem(word: str) -> str:
    """A crude stem: enough for "returned" to meet "returns"."""
    word = word.removesuffix("'s")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word.rstrip("e") if len(word) > 3 else word


def content(text: str) -> list[str]:
    """Stems of the words that carry meaning."""
    return [stem(word) for word in words(text) if word not in STOP]


def sentences(text: str) -> list[str]:
    """Sentences and lines, without surrounding space; an abbreviation's full stop ends none."""
    out: list[str] = []
    for part in _SENTENCE_END.split(text):
        part = part.strip()
        if out and part and _ABBREVIATION.search(out[-1][-8:]):
            out[-1] = f"{out[-1]} {part}"
        elif part:
            out.append(part)
    return out


def questions(text: str) -> list[str]:
    """Sentences that end with a question mark."""
    out = []
    for part in re.split(r"(?<=[.!?\n])", text):
        part = part.strip()
        if part.endswith("?") and re.search(r"\w", part):
            out.append(part)
    return out


def number_in(word: str) -> int | None:
    """A number written in digits or as a word up to twenty."""
    return int(word) if word.isascii() and word.isdigit() else NUMBER_WORDS.get(word.lower())
