"""Small talk and questions back: says what it is, invents nothing, remembers what the conversation says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np

from coreskills.offline.banks import load
from coreskills.offline.language import sentences
from coreskills.offline.seeded import pick
from coreskills.offline.skills.reading import missing_words, ranked
from coreskills.offline.task import Answer, Source, Task
from coreskills.offline.tiers import Tier
from coreskills.offline.vectors import Embedder

WHO = "I am an offline stand-in for a language model: a small program that selects and rearranges what the prompt says."
CAN = (
    "I can label text, answer from sources you give me, summarise, fill JSON fields, rate answers, call tools and do "
    "arithmetic."
)
LOOSE = ("thanks", "can", "code", "explain", "name", "greeting")  # kinds that a longer message may only begin with
TOPICS = ("code", "explain", "test")  # kinds whose patterns say too little to decide alone
NEAR_TALK, NEAR_MATTER = 0.55, 0.40
_MY_NAME = re.compile(r"\b(?:my name is|call me|i am called)\s+([^\W\d_][\w'-]{1,30})", re.I)
_ABOUT_ME = re.compile(r"(?i)\b(my|mine|i|me|we|our|us)\b")
_SHOP = re.compile(r"(?i)\b(support|customer|shop|store|retail|outdoor|help ?desk|service agent|assistant for)\b")


@dataclass(frozen=True)
class _Kind:
    name: str
    pattern: re.Pattern[str]
    examples: tuple[str, ...]
    replies: tuple[str, ...]


@cache
def _kinds() -> list[_Kind]:
    rows = load("chat")["kind"]
    return [_Kind(r["name"], re.compile(r["pattern"], re.I), tuple(r["examples"]), tuple(r["replies"])) for r in rows]


@cache
def _matters() -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [(m["name"], tuple(m["examples"]), tuple(m["needs"])) for m in load("support")["matter"]]


def run(task: Task, embedder: Embedder, tier: Tier) -> Answer:
    """Reply to talk: memory of the conversation first, then a shop's matter, then small talk, else a question back."""
    if remembered := _from_history(task, embedder, tier):
        return remembered
    said = task.last.strip()
    if not said:
        return Answer("Your message is empty. What would you like me to do?", notes={"asked_back": True})
    if not re.search(r"\w", said):
        return Answer("I read no words in that. Could you say in a sentence what you need?", notes={"asked_back": True})
    kind = next((k for k in _kinds() if k.pattern.search(said[:400])), None)
    is_loose = kind is None or (kind.name in LOOSE and len(said.split()) > 8)
    if is_loose and (reply := _about_matter(task, said, embedder, tier)):
        return reply
    kind = kind or _nearest_kind(said, embedder)
    if kind is None:
        return ask_back(task)
    text = pick(kind.replies, "reply", said.lower(), task.draw or tier.name)
    if kind.name == "greeting" and (match := _MY_NAME.search(said)):
        text = re.sub(r"^(Hello|Hi)( there)?!", f"Hello {match[1]}!", text)
    name = f", {match[1]}" if (match := _MY_NAME.search(said)) else ""
    return Answer(_limited(task, text.format(who=WHO, can=CAN, name=name)), notes={"talk": kind.name})


def is_small_talk(said: str) -> bool:
    """Whether a short message is small talk by its words alone; spares the search for the nearest wording."""
    return len(said.split()) <= 12 and any(
        kind.pattern.search(said[:200]) for kind in _kinds() if kind.name not in TOPICS
    )


def closed_book(task: Task, embedder: Embedder, tier: Tier) -> Answer:
    """A question without a source: say so; if the conversation or a shop's matter explains it, say that."""
    if task.abstain is not None:
        return Answer(task.abstain or "I do not know.", notes={"abstained": True})
    if remembered := _from_history(task, embedder, tier):
        return remembered
    if _SHOP.search(task.system) and (reply := _about_matter(task, task.last.strip(), embedder, tier)):
        return reply
    text = (
        "I do not know: no source was given, and I know nothing about the world. "
        "Put the text that holds the answer into the prompt, for instance between <document> "
        "and </document>, and I answer from it."
    )
    return Answer(_limited(task, text), notes={"abstained": True})


def ask_back(task: Task) -> Answer:
    """Say what is missing for the task that was meant, or which tasks there are."""
    told = task.order.lower()
    if re.search(r"classif|categor|label|sort|route|tag\b|triage", told) and len(task.labels) < 2:
        text = (
            "Which labels may I choose from? List them, for instance: 'Labels: billing, delivery, "
            "other', and give me the text."
        )
    elif re.search(r"summar|shorten|condense|tl;?dr|gist", told):
        text = "Which text shall I summarise? Paste it under your request."
    elif re.search(r"extract|json|fields?", told):
        text = (
            "From which text, and which fields? For instance: 'JSON with the keys name, date, amount', then the text."
        )
    elif re.search(r"\b(rate|score|grade|judge|evaluate)\b", told):
        text = (
            "Which answer shall I rate? Give me 'Question:', 'Answer:' and, if you have one, "
            "'Reference:', each on its own line."
        )
    else:
        text = f"I am not sure what to do with this. {CAN} Which of these do you want, and on which text?"
    return Answer(text, notes={"asked_back": True})


def _nearest_kind(said: str, embedder: Embedder) -> _Kind | None:
    if len(said) > 300:
        return None
    x = embedder.one(said)
    near = [(float(np.round((embedder(kind.examples) @ x).max(), 4)), i) for i, kind in enumerate(_kinds())]
    best, i = max(near)
    return _kinds()[i] if best >= NEAR_TALK else None


def _about_matter(task: Task, said: str, embedder: Embedder, tier: Tier) -> Answer | None:
    """What a shop's clerk without any rule book can say: what it is about, and what is needed."""
    if len(said.split()) < 3 and not _SHOP.search(task.system):
        return None
    x = embedder.one(said[:600])
    near = [(float(np.round((embedder(examples) @ x).max(), 4)), i) for i, (_, examples, _) in enumerate(_matters())]
    best, i = max(near)
    if best < (NEAR_MATTER if _SHOP.search(task.system) else NEAR_MATTER + 0.15):
        return None
    name, _, needs = _matters()[i]
    wanted = needs if len(needs) == 1 else (*needs[:-2], f"{needs[-2]} and {needs[-1]}")
    text = f"Thank you for your message. I understand that it is about {name}. "
    if tier.level >= 2:
        text += (
            "I was given no rules of the shop, so I cannot say what applies; with the policy "
            "in the prompt I answer from it. "
        )
    text += f"To help you I need {', '.join(wanted)}."
    return Answer(_limited(task, text), notes={"matter": name, "asked_back": True})


def _from_history(task: Task, embedder: Embedder, tier: Tier) -> Answer | None:
    """An answer from what the user said earlier in this conversation."""
    said = [text for role, text in task.history if role == "user"]
    asked = task.last.strip()
    if not said or len(asked) > 300 or not asked.endswith("?"):
        return None
    if re.search(r"(?i)\bmy name\b|who am i", asked):
        names = [
            match[1]
            for text in said
            if (match := _MY_NAME.search(text) or re.search(r"\b(?:I am|I'm|I\u2019m)\s+([A-Z][\w'-]{1,30})", text))
        ]
        return Answer(f"Your name is {names[-1]}.") if names else None
    if re.search(
        r"(?i)what (did|have) i (just )?(say|said|write|ask)|my (last|previous|first) (message|question)", asked
    ):
        which = said[0] if re.search(r"(?i)\bfirst\b", asked) else said[-1]
        return Answer(f'You said: "{which[:300]}"')
    if not _ABOUT_ME.search(asked) and len(asked.split()) > 20:
        return None
    told = [
        Source(str(i), "", ". ".join(s for s in sentences(text) if not s.endswith("?")))
        for i, text in enumerate(said, 1)
    ]
    found = ranked(asked, [source for source in told if source.text], embedder, tier)
    if not found or found[0].sure < 0.5 or missing_words(asked, found[0].sentence, embedder, floor=0.4):
        return None
    return Answer(f'You told me earlier: "{found[0].sentence}"', notes={"remembered": True})


def _limited(task: Task, text: str) -> str:
    """Obey "in one sentence" and word limits."""
    if task.limit and task.limit.unit == "sentences":
        return " ".join(sentences(text)[: task.limit.n])
    if task.limit and task.limit.unit == "words":
        kept = text.split()[: task.limit.n]
        return " ".join(kept)
    return text
