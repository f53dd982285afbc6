"""Which skill a task needs: structure, then wording, then likeness to known wordings; below a margin it asks back."""

from __future__ import annotations

import re
from functools import cache

import numpy as np

from coreskills.offline.asking.spelling import mended
from coreskills.offline.banks import load
from coreskills.offline.language import questions, sentences
from coreskills.offline.minilm import Floats
from coreskills.offline.skills import arithmetic, chat, refuse
from coreskills.offline.task import Skill, Task
from coreskills.offline.vectors import Embedder

NEAR, MARGIN = 0.45, 0.04  # a wording must be this near to a known one, and nearer than any of another skill

_LABELLING = re.compile(r"(?i)classif|categor|\blabel|sentiment|\bone of\b")
_SELF = re.compile(r"(?i)\b(you|your|yourself|u)\b")


@cache
def _orders() -> dict[str, re.Pattern[str]]:
    return {skill: re.compile("|".join(patterns), re.I | re.M) for skill, patterns in load("orders").items()}


def _says(skill: str, order: str) -> bool:
    """Whether the wording of the order shows this skill."""
    return bool(_orders()[skill].search(order))


def choose(task: Task, embedder: Embedder) -> None:
    """Set the task's skill, and how certain that is."""
    skill = _by_structure(task)
    if skill is None:
        skill = _by_wording(task)
    if skill is None:
        skill, task.certainty = _by_likeness(task, embedder)
    task.skill = _feasible(task, skill)


def without_tools(task: Task, embedder: Embedder) -> None:
    """Choose again when no tool fits."""
    skill = _by_wording(task)
    if skill is None:
        skill, task.certainty = _by_likeness(task, embedder)
    task.skill = _feasible(task, skill)


def _by_structure(task: Task) -> Skill | None:
    """What the request's shape alone decides."""
    if task.results:
        return "report"
    if refuse.is_harmful(task):
        return "refuse"
    if task.images:
        return "look"
    if task.prompt.tools and task.prompt.tool_choice != "none":
        return "tool"
    names, order = {name for name, text in task.fields.items() if text}, mended(task.order)
    if {"answer_a", "answer_b"} <= names and _says("compare", order):
        return "compare"
    basis = task.scale or "reference" in names or task.sources or task.labels or "question" in names
    if "answer" in names and basis and _says("judge", order):
        return "judge"
    return None


def _by_wording(task: Task) -> Skill | None:
    """What the words of the order say."""
    order, told = mended(task.order), mended(_last_order(task))
    asks = task.question.endswith("?")
    firmly = bool(task.examples or task.schema or task.prefill or _LABELLING.search(order))
    has_sources = any(source.is_marked for source in task.sources)
    labelled = bool(task.labels) and (firmly or (not has_sources and _says("classify", order)))
    if _says("extract", told) and (task.keys or not labelled) and not (task.sources and asks):
        return "extract"
    if labelled:
        return "classify"
    shortens = _says("summarise", told) and (task.sources or _has_text(task))
    if task.sources:
        return "summarise" if shortens and (not asks or _says("summarise", task.question)) else "answer"
    if shortens:
        return "summarise"
    if task.form == "json" and task.keys and not asks:
        return "extract"
    if arithmetic.find(task.question if asks else task.last) is not None:
        return "arithmetic"
    if not task.keys and (chat.is_small_talk(task.last) or not re.search(r"\w", task.last)):
        return "chat"
    return None


def _has_text(task: Task) -> bool:
    """Whether there is something to shorten beside the order itself."""
    return task.item != task.last.strip() or len(sentences(task.item[:2000])) > 2


def _last_order(task: Task) -> str:
    """The order without quoted text and without long paragraphs: what the user says, not what the user shows."""
    kept = [part for part in re.split(r"\n", task.order) if len(part) < 400]
    return re.sub(r"[\"“][^\"“”\n]{20,}[\"”]", "", "\n".join(kept))


@cache
def _wordings() -> list[tuple[Skill, str]]:
    return [(skill, text) for skill, texts in load("wordings").items() for text in texts]  # type: ignore[misc]  # keys are skills


def _by_likeness(task: Task, embedder: Embedder) -> tuple[Skill, float]:
    """The skill of the nearest known wording; ``chat`` or ``ask_back`` where none is near."""
    bank = _wordings()
    rows = _bank_rows(embedder)
    told = _spoken(task)
    if not told:
        return "ask_back", 0.0
    near = np.round(rows @ embedder.one(told), 4)
    best: dict[Skill, float] = {}
    for (skill, _), score in zip(bank, near, strict=True):
        best[skill] = max(best.get(skill, -1.0), float(score))
    first, second = sorted(best, key=lambda skill: -best[skill])[:2]
    if best[first] >= NEAR and best[first] - best[second] >= MARGIN:
        return first, best[first]
    if task.question.endswith("?") and not _SELF.search(task.question) and len(task.last.split()) < 80:
        return "closed_book", best[first]
    return "chat" if len(told.split()) <= 60 else "ask_back", best[first]


_ROWS: dict[int, Floats] = {}


def _bank_rows(embedder: Embedder) -> Floats:
    if id(embedder) not in _ROWS:
        _ROWS[id(embedder)] = embedder([text for _, text in _wordings()])
    return _ROWS[id(embedder)]


def _spoken(task: Task) -> str:
    """The sentence of the last message that is most likely the order: the first, or the last when it asks."""
    parts = sentences(task.last[:3000])
    if not parts:
        return ""
    asked = questions(parts[-1])
    return (asked[-1] if asked and len(parts) > 1 else parts[0])[:200]


def _feasible(task: Task, skill: Skill) -> Skill:
    """A skill whose input is missing becomes a question back, never a guess."""
    if skill == "classify" and len(task.labels) < 2:
        return "ask_back"
    if skill == "answer" and not task.sources:
        return "closed_book"
    if skill == "summarise" and not task.sources and len(task.item.split()) < 5:
        return "ask_back"
    if skill == "judge" and not task.fields.get("answer"):
        return "ask_back"
    if skill == "extract" and len(task.item.split()) < 2:
        return "ask_back"
    if skill == "arithmetic" and arithmetic.find(task.last) is None:
        return "closed_book" if task.question.endswith("?") else "chat"
    return skill
