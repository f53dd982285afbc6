"""Answering from the prompt's own documents, with their numbers; nothing is said that no document says."""

from __future__ import annotations

import re

from coreskills.offline.forms import as_json
from coreskills.offline.language import NEGATION
from coreskills.offline.seeded import uniform
from coreskills.offline.skills.reading import Found, has_kind, kind_of, missing_words, ranked, split_question
from coreskills.offline.skills.spans import short_answer
from coreskills.offline.task import Answer, Task
from coreskills.offline.tiers import Tier
from coreskills.offline.vectors import Embedder

_SHORT = re.compile(
    r"(?i)\b(only (with )?(the |a )?(number|value|answer|date|name|amount|figure|word|"
    r"time|price|list|items)|(number|value|name|date|amount|figure) only|"
    r"as (short|briefly) as possible|short(est)? (possible )?answer|few words|one word|"
    r"single word|no (full )?sentences?|just the (number|value|answer|name|date|amount)|"
    r"nothing else|comma[- ]separated)"
)


def run(task: Task, embedder: Embedder, tier: Tier) -> Answer:
    """Quote the sentence that answers, cite it, or say that the sources lack it."""
    parts = split_question(task.question) if tier.level >= 2 else [task.question]
    found = [(part, best) for part in parts if (best := _best(task, part, embedder, tier))]
    used = list(dict.fromkeys(best.source.id for _, best in found))
    if not found:
        text = task.abstain or "The sources do not contain the answer."
        if task.form == "json":
            text = _json(task, None if task.abstain is None else text, [], tier)
        return Answer(text, notes={"abstained": True, "sources": []})
    told = [_worded(task, part, best, tier) for part, best in found]
    text = " ".join(dict.fromkeys(told))
    if task.form == "json":
        text = _json(task, text, used, tier)
    return Answer(text, notes={"abstained": False, "sources": used})


def _best(task: Task, question: str, embedder: Embedder, tier: Tier) -> Found | None:
    """The best sentence, or ``None`` when it does not answer well enough."""
    candidates = ranked(question, task.sources, embedder, tier, heat=task.prompt.temperature, draw=task.draw)
    if not candidates:
        return None
    best = candidates[0]
    kind = kind_of(question)
    # A wrong "No." does more harm than a wrong sentence, which the reader can check.
    least = tier.doubt_free if task.abstain is None else tier.doubt_told
    if kind == "yesno" and tier.level >= 2:
        least = (tier.doubt_free + tier.doubt_told) / 2
    if best.sure < least:
        return None
    if tier.level >= 2 and kind in ("money", "number", "time") and not has_kind(kind, best.sentence):
        return None
    if tier.level >= 2 and (task.abstain is not None or tier.level >= 3):
        text = f"{best.source.title} {best.source.text}"
        allowed = 1 if tier.level >= 3 else 2
        existence = bool(re.match(r"(?i)\W*((is|are) there|do (we|you) have|does .{0,30} (have|offer))", question))
        if len(missing_words(question, text, embedder, floor=0.5 if existence else 0.33)) >= allowed:
            return None
    return best


def _worded(task: Task, question: str, best: Found, tier: Tier) -> str:
    sentence = best.sentence.strip()
    if _SHORT.search(task.order):
        short = short_answer(question, sentence)
        if short:
            return f"{short} [{best.source.id}]" if task.cite else short
    lead = ""
    if kind_of(question) == "yesno" and tier.level >= 2:
        lead = "No. " if NEGATION.search(sentence) or re.search(r"(?i)\b(only|except)\b", sentence) else "Yes. "
    if re.match(r"(?i)(it|they|this|these|those|both|such|otherwise)\b", sentence) and best.before:
        sentence = f"{best.before} {sentence}"
    cites = task.cite and (tier.level >= 2 or uniform("cite", best.sentence, question) < 0.75)
    return f"{lead}{sentence} [{best.source.id}]" if cites else f"{lead}{sentence}"


def _json(task: Task, text: str | None, used: list[str], tier: Tier) -> str:
    properties = (task.schema or {}).get("properties", {})
    out: dict[str, object] = {}
    for key in task.keys or ["answer", "sources"]:
        low, spec = key.lower(), properties.get(key, {})
        kind = spec.get("type") if isinstance(spec, dict) else None
        if re.search(r"source|cit|reference|document|\bids?\b", low):
            ids = [
                int(i)
                if i.isdigit() and isinstance(spec, dict) and spec.get("items", {}).get("type") == "integer"
                else i
                for i in used
            ]
            out[key] = ids if kind in (None, "array") else (", ".join(used))
        elif re.search(r"refus|abstain|unanswer|not_found", low):
            out[key] = not used
        elif re.search(r"answerable|found|grounded|supported", low):
            out[key] = bool(used)
        elif re.search(r"confid|score|prob", low):
            out[key] = 0.9 if used else 0.1
        else:
            out[key] = (
                text
                if text is not None or kind is None or kind == ["string", "null"]
                else "The sources do not contain the answer."
            )
    return as_json(out, task, tier, seed=task.question)
