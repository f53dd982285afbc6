"""Finding the sentence that answers a question, and knowing when none does."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from coreskills.offline.language import MONTHS, NUMBER_WORDS, STOP, content, sentences, stem, words
from coreskills.offline.seeded import gauss
from coreskills.offline.task import Source
from coreskills.offline.tiers import Tier
from coreskills.offline.vectors import Embedder

DECIMALS = 4
MAX_SENTENCES = 400  # of all sources together; a longer context is read by its nearest sentences in words
MAX_ENCODED = 28  # sentences that get a vector a question
_MONTH = "|".join(MONTHS)
_NUMBER = r"\d[\d.,:]*|" + "|".join(NUMBER_WORDS)
_DAY = r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b"
_CLOCK = r"\b\d{1,2}[:.]\d\d\b|\b\d{1,2} ?(?:am|pm|a\.m|p\.m|o'clock)|\bnoon\b|\bmidnight\b"
_MONEY = r"[€$£]\s?\d|\d[\d.,]*\s*(?:euros?|dollars?|pounds?|percent|%|eur|usd|gbp|cents?)|\bone euro\b|\bfree\b"
_DATE = rf"\d+(?:st|nd|rd|th)? (?:{_MONTH})|(?:{_MONTH}) \d+|{_DAY}|\b\d{{4}}\b|{_CLOCK}"
_WHEN = rf"{_DATE}|\b(?:within|after|before|from|day|once|until|during|hours?|weeks?|at)\b"
_WHO = r"manager|head|team|desk|people|department|staff|customer|service|[A-Z][a-z]+ [A-Z][a-z]+|owner|leader|director"
# Kind of question, how it is worded, what its answer must contain. The first that fits counts.
KINDS: tuple[tuple[str, re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (name, re.compile(worded), re.compile(contains, 0 if name == "person" else re.I))
    for name, worded, contains in (
        ("time", r"\b(what time|until when|at which time|how late|how early|opening hours)\b", _CLOCK),
        (
            "money",
            r"\b(cost|costs|price|fee|fine|penalty|how much (is|are|do|does|will|would|money)|how expensive|charge for|"
            r"allowance|surcharge)\b",
            _MONEY,
        ),
        (
            "number",
            r"\bhow (many|long|often|large|high|far|big|old|heavy|soon|fast|much)\b|"
            r"what (number|percentage|percent|weight|capacity|length|size)\b",
            rf"\b({_NUMBER}|once|twice|daily|weekly|monthly|yearly|every)\b",
        ),
        ("date", r"\b(by when|deadline|what date|which date|on which day|which day|what day)\b", _DATE),
        ("when", r"\bwhen\b", _WHEN),
        ("person", r"^\W*(who|whom|whose)\b|which (team|person|department|carrier|company)", _WHO),
        ("yesno", r"^\W*(is|are|does|do|did|can|could|may|am|must|should|has|have|will|would)\b", r"."),
    )
)
_INJECTED = re.compile(
    r"(?i)\b(ignore|disregard|forget) (all |any |the |your |everything )*(above|previous|"
    r"prior|earlier|instructions?|rules)|\bsystem prompt\b|\byou are now\b|"
    r"\b(new|real) instructions?\s*:|</?(document|source|context|system|instructions?)>|"
    r"\bas an ai\b|\breply (only )?with\b|\bdo not (cite|use the sources)"
)
_DANGLING = re.compile(
    r"(?i)^(it|they|this|these|those|he|she|that|such|both|otherwise|after that|in that case|then)\b"
)


@dataclass(frozen=True)
class Found:
    """A sentence that may answer.

    Attributes:
        sure: Likeness plus shared words: what abstaining looks at.
    """

    score: float
    sure: float
    source: Source
    sentence: str
    before: str


def kind_of(question: str) -> str:
    """Which kind of answer a question wants; "plain" when any will do."""
    low = question.lower()
    return next((name for name, pattern, _ in KINDS if pattern.search(low)), "plain")


def has_kind(kind: str, sentence: str) -> bool:
    """Whether a sentence holds the kind of thing asked for."""
    return any(name == kind and pattern.search(sentence) for name, _, pattern in KINDS)


def ranked(
    question: str, sources: list[Source], embedder: Embedder, tier: Tier, *, heat: float = 0.0, draw: str | None = None
) -> list[Found]:
    """Candidate sentences, best first."""
    rows = _rows(sources, question)
    if not rows:
        return []
    wanted = set(content(question))
    counts = {w: sum(w in row.stems for row in rows) for w in wanted}
    weight = {w: float(np.log(1 + len(rows) / (0.5 + counts[w]))) for w in wanted}
    total = sum(weight.values()) or 1.0
    shared = [sum(weight[w] for w in wanted & row.stems) / total for row in rows]
    if len(rows) > MAX_ENCODED:
        keep = sorted(range(len(rows)), key=lambda i: (-shared[i], i))[:MAX_ENCODED]
        rows, shared = [rows[i] for i in sorted(keep)], [shared[i] for i in sorted(keep)]
    near = embedder([row.titled for row in rows]) @ embedder.one(question)
    kind = kind_of(question)
    must = next((pattern for name, _, pattern in KINDS if name == kind), None)
    out = []
    for row, words_shared, likeness in zip(rows, shared, near, strict=True):
        score = float(likeness) + tier.word_weight * words_shared
        if must and kind != "yesno" and tier.level >= 2:
            score += 0.15 if must.search(row.sentence) else -0.1
        if tier.level == 1:  # the weak reader clings to the ends of a long context
            score += 0.08 * (row.source is sources[0]) + 0.04 * (row.source is sources[-1])
        score += gauss("read", question, row.sentence) * tier.read_noise
        if draw is not None:
            score += gauss("heat", draw, row.sentence) * tier.heat * 0.3 * heat
        out.append(
            Found(round(score, DECIMALS), float(likeness) + 0.35 * words_shared, row.source, row.sentence, row.before)
        )
    return sorted(out, key=lambda found: (-found.score, found.source.id, found.sentence))


@dataclass(frozen=True)
class _Row:
    source: Source
    sentence: str
    before: str
    titled: str
    stems: frozenset[str]


def _rows(sources: list[Source], question: str) -> list[_Row]:
    out: list[_Row] = []
    asked = question.strip().lower()
    for source in sources:
        before = ""
        for sentence in sentences(source.text):
            if len(out) >= MAX_SENTENCES * 5:
                break
            if _INJECTED.search(sentence[:2000]) or sentence.strip().lower() == asked or len(sentence) < 4:
                continue
            titled = f"{source.title}. {sentence}" if source.title else sentence
            if _DANGLING.match(sentence) and before:
                titled = f"{before} {sentence}"
            out.append(_Row(source, sentence[:1500], before[:500], titled[:1500], frozenset(content(titled[:3000]))))
            before = sentence
    return out


def missing_words(question: str, text: str, embedder: Embedder, *, floor: float) -> list[str]:
    """Content words of the question that nothing in the text comes near to."""
    have = list(dict.fromkeys(w for w in words(text[:6000]) if w not in STOP))[:150]
    need = [w for w in words(question) if w not in STOP]
    if not have:
        return need
    stems = {stem(w) for w in have}
    strange = [w for w in need if stem(w) not in stems]
    if not strange:
        return []
    rows = embedder(have)
    return [w for w in strange if float((rows @ embedder.one(w)).max()) < floor]


def split_question(question: str) -> list[str]:
    """A question about two things, as two questions."""
    match = re.match(
        r"(?i)^((?:what|how many|how much|which|when|who|how long)\s*(?:is|are|does|do)?)\s+(.{3,160}?)\s+and\s+"
        r"(?:the\s+|"
        r"how many\s+|how much\s+|how long\s+|when\s+)?(.{3,160})\?$",
        question.strip(),
    )
    if not match or not content(match[2]):
        return [question]
    if re.match(r"(?i)(who|what|when|where|how|which|is|are|does|do|can)\b", match[3]):
        return [f"{match[1]} {match[2]}?", f"{match[3][0].upper()}{match[3][1:]}?"]
    # "before and after the deadline" is one thing, not two
    if len(content(match[2])) < 2 and len(content(match[3])) < 2:
        return [question]
    return [f"{match[1]} {match[2]}?", f"{match[1]} {match[3]}?"]
