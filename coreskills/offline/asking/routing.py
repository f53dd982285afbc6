"""Which skill a task needs: structure first, then wording, then likeness to known wordings; below a margin it asks back."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

import numpy as np

from coreskills.offline.language import questions, sentences
from coreskills.offline.minilm import Floats
from coreskills.offline.skills import arithmetic, refuse
from coreskills.offline.task import Skill, Task
from coreskills.offline.vectors import Embedder

BANK = Path(__file__).parent.parent / "banks" / "wordings.toml"
NEAR, MARGIN = 0.45, 0.04  # a wording must be this near to a known one, and nearer than any of another skill

CLASSIFY = re.compile(
    r"\b(classif|categori[sz]|label|sort (this|the|each|these|my|it|every)|assign|decide (if|"
    r"whether|which)|pick (a|one|the)|choose (a|one|the|from|between)|"
    r"route|tag (this|the|each|it)|one of|detect|sentiment|triage|flag|which (category|"
    r"class|label|topic|intent|language|team|department|queue|folder|tag|one|of)|"
    r"what (category|class|label|topic|intent|kind|type|tone|mood|priority)|(the |what is the |"
    r"identify the )(intent|topic|category|label|class|tone|mood|priority|urgency)|"
    r"put (this|it|the|each) \w* ?in|belongs? (to|in)|tell me (if|whether)|say (if|whether)|"
    r"determine|predict|mark (it|this|the|each) as|goes? (to|in)|"
    r"does this (belong|sound|go)|is (this|it|the|that) |are (these|they) |spam|toxic)",
    re.I,
)
SUMMARISE = re.compile(
    r"\bsumm?[ae]r|\btl;?dr\b|\bin (one|two|three|a few|a|\d{1,2}) (short )?(sentences?|"
    r"bullets?|lines?|words)\b|\bshorte[nr]|\bgist\b|key (points|takeaways|facts)|"
    r"main (points?|takeaways?|ideas?|messages?)|takeaways?|condense|boil (it|this|that) down|"
    r"\bbrief(ly)? overview|\babstract of|\brecap\b|in a nutshell|digest of|make (it|"
    r"this) shorter|"
    r"what (is|does) (this|the|it) \w* ?(about|say)\b|most important (points|things)",
    re.I,
)
EXTRACT = re.compile(
    r"\bextract|\bpull (out|the)|\bfill (in )?(the|this|these|out)?\s?(fields?|json|form)|"
    r"\bparse (this|the|it|out)|\bget (me )?the .{1,60}? (from|out of|in)\b|"
    r"\b(find|list|give me|return|identify|name|collect|get) (all|every|each|the)\b.{0,60}\b(mentioned|"
    r"names?|dates?|amounts?|prices?|numbers?|e-?mails?|phones?|addresses|people|persons|"
    r"places|cities|"
    r"products|entities|companies|organi[sz]ations)|\bconvert (this|the|it) .{0,30}\b(to|"
    r"into) json|\bstructured (data|form)|\bas json with\b|\bturn (this|it) into json|"
    r"\bwhat (e-?mail|phone|order number|date|amount)\b.{0,40}\b(in|mentioned)\b|which fields",
    re.I,
)
JUDGE = re.compile(
    r"\b(rate|score|grade|evaluate|judge|assess|rating|mark|how good|how well|how correct|"
    r"how helpful|how relevant|faithful|grounded|hallucinat|supported by|is the (answer|"
    r"response) (correct|right|good|relevant|supported|consistent|complete)|correct or (not|"
    r"incorrect|wrong))",
    re.I,
)
COMPARE = re.compile(r"\b(better|prefer|compare|which (answer|response|one|of)|winner|wins|best|worse)\b", re.I)
_SELF = re.compile(r"(?i)\b(you|your|yourself|u)\b")
_TEXT_TASK = re.compile(
    r"(?i)\b(translate|rewrite|rephrase|paraphrase|write|compose|draft|poem|story|essay|"
    r"haiku|joke|code|function|script|program|generate|invent|brainstorm|imagine)\b"
)


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
    names = set(task.fields)
    if {"answer_a", "answer_b"} <= names and COMPARE.search(task.order):
        return "compare"
    if (
        "answer" in names
        and task.fields["answer"]
        and JUDGE.search(task.order)
        and (task.scale or "reference" in names or task.sources or task.labels or "question" in names)
    ):
        return "judge"
    return None


def _by_wording(task: Task) -> Skill | None:
    """What the words of the order say."""
    order = task.order
    asks = task.question.endswith("?")
    told = _last_order(task)
    labelled = bool(task.labels) and (bool(CLASSIFY.search(order)) or bool(task.examples))
    if EXTRACT.search(told) and not (labelled and not task.keys):
        return "extract"
    if task.sources and asks and not labelled:
        return "answer"
    if task.sources and not labelled:
        return "summarise" if SUMMARISE.search(told) else "answer"
    if SUMMARISE.search(told) and not labelled:
        return "summarise"
    if labelled and (len(task.item.split()) >= 1):
        return "classify"
    if SUMMARISE.search(order) and len(task.last.split()) > 40:
        return "summarise"
    if task.form == "json" and task.keys and not asks:
        return "extract"
    if EXTRACT.search(order) and len(task.last.split()) > 3 and not asks:
        return "extract"
    if arithmetic.find(task.question if asks else task.last) is not None:
        return "arithmetic"
    return None


def _last_order(task: Task) -> str:
    """The order without quoted text and without long paragraphs: what the user says, not what the user shows."""
    kept = [part for part in re.split(r"\n", task.order) if len(part) < 400]
    return re.sub(r"[\"“][^\"“”\n]{20,}[\"”]", "", "\n".join(kept))


@cache
def _wordings() -> list[tuple[Skill, str]]:
    with BANK.open("rb") as file:
        return [(skill, text) for skill, texts in tomllib.load(file).items() for text in texts]  # type: ignore[misc]  # keys are skills


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
    if skill == "summarise" and not task.sources and len(task.item.split()) < 8:
        return "ask_back"
    if skill == "judge" and not task.fields.get("answer"):
        return "ask_back"
    if skill == "extract" and len(task.item.split()) < 2:
        return "ask_back"
    if skill == "arithmetic" and arithmetic.find(task.last) is None:
        return "closed_book" if task.question.endswith("?") else "chat"
    return skill
