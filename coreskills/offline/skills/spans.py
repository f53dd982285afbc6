"""The few words of a sentence that answer a question: a number, a date, a list, a name."""

from __future__ import annotations

import re

from coreskills.offline.language import MONTHS, NUMBER_WORDS, STOP, content, stem
from coreskills.offline.skills.reading import kind_of

_MONTH = "|".join(MONTHS)
_UNIT = (
    r"(?:\s*(?:%|percent|euros?|dollars?|pounds?|cents?|EUR|USD|GBP|(?:business |working |"
    r"calendar )?(?:days?|weeks?|months?|years?|hours?|minutes?)|kg|g|grams|litres?|liters?|"
    r"km|cm|mm|metres?|°C|items?|times|pieces?|people|persons))?"
)
_NUMBER = rf"(?:[€$£]\s?)?(?:\d[\d.,]*\d|\d|\b(?:{'|'.join(NUMBER_WORDS)})\b)"
_CLOCK = r"\b\d{1,2}[:.]\d\d\b(?:\s?(?:am|pm))?|\b\d{1,2} ?(?:am|pm)\b|\bnoon\b|\bmidnight\b"
_DATE = (
    rf"\b\d{{1,2}}(?:st|nd|rd|th)? (?:{_MONTH})(?: \d{{4}})?|(?:{_MONTH}) \d{{1,2}}(?:,? \d{{4}})?|\d{{4}}-\d\d-\d\d|"
    r"\b(?:on )?(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\bwithin [\w ]{2,20}days?"
)
_MONEY = (
    r"[€$£]\s?\d[\d.,]*\d?|\d[\d.,]*\s*(?:euros?|dollars?|pounds?|cents?|percent|%|EUR|USD|GBP)|\bfree(?: of charge)?\b"
)
_PATTERNS = {
    "time": re.compile(_CLOCK, re.I),
    "money": re.compile(_MONEY, re.I),
    "number": re.compile(_NUMBER + _UNIT, re.I),
    "when": re.compile(f"{_DATE}|{_CLOCK}", re.I),
    "date": re.compile(_DATE, re.I),
}
_LISTED = re.compile(
    r"(?:(?:[\w'\u2019-]+ ){0,3}[\w'\u2019-]+, )+(?:(?:[\w'\u2019-]+ ){0,3}[\w'\u2019-]+,? )?(?:and|"
    r"or) (?:[\w'\u2019-]+ ?){1,4}|(?:[\w'\u2019-]+ ){1,2}(?:and|or) (?:[\w'\u2019-]+ ?){1,2}"
)


def short_answer(question: str, sentence: str) -> str | None:
    """The shortest part that answers; ``None`` when only the whole sentence will do."""
    kind = kind_of(question)
    if kind == "yesno":
        return None
    if pattern := _PATTERNS.get(kind):
        return _nearest(pattern, question, sentence)
    if re.search(r"(?i)\b(which|what|name|list)\b.{0,30}\b(two|three|four|five|six|all|\w+s)\b", question) and (
        listed := _list(sentence)
    ):
        return listed
    return _unasked(question, sentence)


def _nearest(pattern: re.Pattern[str], question: str, sentence: str) -> str | None:
    """Of several values the one whose surroundings share most with the question."""
    wanted = set(content(question))
    best: tuple[int, int, str] | None = None
    for match in pattern.finditer(sentence):
        around = sentence[max(0, match.start() - 45) : match.end() + 45]
        shared = len(wanted & set(content(around)))
        value = match[0].strip().rstrip(".,")
        if best is None or shared > best[0]:
            best = (shared, match.start(), value)
    return best[2] if best else None


def _list(sentence: str) -> str | None:
    tail = re.split(r":\s", sentence, maxsplit=1)[-1] if ": " in sentence else sentence
    match = max(_LISTED.finditer(tail), key=lambda m: len(m[0]), default=None)
    if match is None:
        return None
    parts = [part.strip(" .") for part in re.split(r",\s*(?:and |or )?|\s+(?:and|or)\s+", match[0]) if part.strip(" .")]
    parts[0] = re.sub(
        r"(?i)^.*\b(?:are|is|accept|accepts|include|includes|offer|offers|by|with|in|to|of|take)\s+(?=\S)", "", parts[0]
    )
    return ", ".join(parts) if len(parts) >= 2 else None


def _unasked(question: str, sentence: str) -> str | None:
    """The longest run of words that the question did not say."""
    asked = set(content(question))
    runs: list[list[str]] = [[]]
    for raw in sentence.split():
        word = raw.strip(".,;:()\"'").lower()
        if not word or stem(word) in asked or (word in STOP and not runs[-1]):
            runs.append([])
        elif raw.endswith((",", ";", ".")):
            runs[-1].append(raw.rstrip(",;."))
            runs.append([])
        else:
            runs[-1].append(raw)
    for run in runs:
        while run and run[-1].lower() in STOP:
            run.pop()
    best = max(runs, key=lambda run: (sum(word.lower() not in STOP for word in run), -len(run)), default=[])
    return " ".join(best) if best else None
