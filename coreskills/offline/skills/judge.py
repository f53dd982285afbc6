"""Rating an answer and choosing between two: facts first for the strong tiers, likeness and length for the weak one."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass

import numpy as np

from coreskills.offline.forms import as_json
from coreskills.offline.language import NEGATION, NUMBER_WORDS, content, sentences
from coreskills.offline.seeded import gauss, uniform
from coreskills.offline.task import Answer, Task
from coreskills.offline.tiers import Tier
from coreskills.offline.vectors import Embedder

_NUMBER = re.compile(rf"\b(?:\d[\d.,:]*|{'|'.join(NUMBER_WORDS)})\b")
_VERDICTS = (
    ("pass", "fail"),
    ("correct", "incorrect"),
    ("faithful", "unfaithful"),
    ("supported", "unsupported"),
    ("yes", "no"),
    ("true", "false"),
)
_ABSTAINS = re.compile(
    r"(?i)\b(i (do not|don't|don\u2019t) know|not (contain|in the|stated|mentioned)|no information|"
    r"cannot (answer|tell))"
)


@dataclass(frozen=True)
class Rating:
    """A judgement from 0 to 1, and why."""

    share: float
    why: str


def run(task: Task, embedder: Embedder, tier: Tier) -> Answer:
    """Rate the answer on the scale or with the words asked for."""
    rating = rate(task, embedder, tier)
    words = _verdict_words(task)
    low, high = task.scale or (1, 5)
    verdict: str | int = round(low + rating.share * (high - low))
    if words and (task.scale is None or task.labels):
        verdict = words[0] if rating.share >= 0.5 else words[1]
    notes = {"share": round(rating.share, 4)}
    if task.form == "json":
        out: dict[str, object] = {}
        for key in task.keys or ["score", "reason"]:
            asks_why = re.search(r"(?i)reason|expl|why|justif|rationale|comment|feedback|critique", key)
            is_flag = re.search(r"(?i)^(is_|pass|correct|faithful|supported|grounded)", key) and not words
            out[key] = f"Because {rating.why}." if asks_why else (rating.share >= 0.5 if is_flag else verdict)
        return Answer(as_json(out, task, tier, seed=task.fields["answer"][:500]), notes=notes)
    if task.form == "label" and uniform("bare", task.fields["answer"][:500]) < tier.bare_told:
        return Answer(str(verdict), notes=notes)
    return Answer(
        f"{'Verdict' if isinstance(verdict, str) else 'Score'}: {verdict}\nReason: {rating.why}.", notes=notes
    )


def compare(task: Task, embedder: Embedder, tier: Tier) -> Answer:
    """Choose A or B; the weak tiers lean to the first."""
    shares = {}
    for side in "ab":
        one = copy.copy(task)
        one.fields = {**task.fields, "answer": task.fields[f"answer_{side}"]}
        shares[side] = rate(one, embedder, tier).share
    lean = tier.position_bias * (0.5 if "position" in task.hints else 1.0)
    best = "A" if round(shares["a"] + lean, 4) >= round(shares["b"], 4) else "B"
    notes = {"shares": {side: round(share, 4) for side, share in shares.items()}}
    if task.form == "json":
        out = {
            key: (
                best
                if re.search(r"(?i)win|better|best|prefer|choice|answer|verdict", key)
                else "It is closer to the facts."
            )
            for key in task.keys or ["winner"]
        }
        return Answer(as_json(out, task, tier, seed=task.fields["answer_a"][:300]), notes=notes)
    return Answer(best if task.form == "label" else f"{best} is better: it is closer to the facts.", notes=notes)


def rate(task: Task, embedder: Embedder, tier: Tier) -> Rating:
    """How good the answer is."""
    question, given = task.fields.get("question", ""), task.fields["answer"][:6000]
    reference = (task.fields.get("reference") or task.fields.get("context") or " ".join(s.text for s in task.sources))[
        :12_000
    ]
    against_context = not task.fields.get("reference") and bool(reference)
    parts = sentences(given)
    head = (parts[0] if parts else given) if tier.level >= 2 else given
    near = (
        _nearest(head, reference, embedder)
        if reference
        else float(embedder.one(head) @ embedder.one(question or task.order[:300]))
    )
    share = float(np.clip((near - 0.15) / 0.6, 0, 1))
    near_what = "sources" if against_context else "reference" if reference else "question"
    why = f"its likeness to the {near_what} is {near:.2f}"
    if not given.strip():
        return Rating(0.0, "it is empty")
    if reference and tier.level >= 2:
        share, why = _by_facts(share, why, question, reference, head if not against_context else given, task, tier)
    n = len(given.split())
    if "length" not in task.hints or tier.level == 1:
        share += tier.length_bias * min(1.0, (n - 8) / 40)
    elif n > 40:
        share -= 0.15
    share += gauss("judge", question, given) * tier.judge_noise
    return Rating(float(np.clip(round(share, 4), 0, 1)), why)


def _nearest(head: str, reference: str, embedder: Embedder) -> float:
    parts = sentences(reference)
    if len(parts) > 12:
        wanted = set(content(head))
        parts = sorted(parts, key=lambda part: -len(wanted & set(content(part))))[:12]
    return round(float((embedder([reference[:2000], *parts]) @ embedder.one(head)).max()), 4)


def _by_facts(
    share: float, why: str, question: str, reference: str, head: str, task: Task, tier: Tier
) -> tuple[float, str]:
    """What numbers and denials say; the middle tier half-sees contradictions unless it is told to look."""
    told = tier.level >= 3 or "numbers" in task.hints
    asked, known, given = _facts(question), _facts(reference), _facts(head)
    if _ABSTAINS.search(head) and not _ABSTAINS.search(reference):
        return min(share, 0.2), "it does not answer"
    contradicts = bool(given - known - asked) or (
        _denies(reference) != _denies(head) and re.match(r"(?i)\W*(yes|no)\b", head)
    )
    if contradicts:
        return min(share, 0.05 if told else 0.5), "it contradicts the facts"
    decisive = known - asked
    if task.fields.get("reference"):
        if decisive and not decisive & given:
            return min(share, 0.5), "the decisive figure is missing"
        if (decisive and decisive <= given) or (_denies(reference) and _denies(head)):
            return max(share, 0.95), "it states the decisive fact"
    elif given and given <= known:
        return max(share, 0.85), "its figures are those of the sources"
    return share, why


def _facts(text: str) -> set[str]:
    return {re.sub(r"[.,:]$", "", fact) for fact in _NUMBER.findall(text.lower())}


def _denies(text: str) -> bool:
    return bool(NEGATION.search(text))


def _verdict_words(task: Task) -> tuple[str, str] | None:
    """The pair of words to choose from, the good one first, as the prompt writes them."""
    names = {name.lower(): name for name in task.labels}
    if len(names) == 2:
        for good, bad in _VERDICTS:
            if good in names and bad in names:
                return names[good], names[bad]
        negated = next((low for low in names if low.startswith(("not ", "un", "in"))), None)
        if negated:
            return next(name for low, name in names.items() if low != negated), names[negated]
    low = task.order
    for good, bad in _VERDICTS:
        if re.search(rf"(?i)\b{good}\b\W+(?:or|/|and|,)\W*\b{bad}\b", low):
            return good if good in low else good.upper(), bad if bad in low else bad.upper()
    return None
