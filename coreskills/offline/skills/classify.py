"""Choosing a label: likeness to names and descriptions, cues, the prompt's own examples, seeded weakness by tier."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import numpy.typing as npt

from coreskills.offline.asking.markup import blocks
from coreskills.offline.asking.shots import find_items
from coreskills.offline.banks import load
from coreskills.offline.forms import as_json
from coreskills.offline.minilm import Floats
from coreskills.offline.seeded import gauss, pick, uniform
from coreskills.offline.skills import polarity
from coreskills.offline.task import Answer, Example, Task
from coreskills.offline.tiers import Tier
from coreskills.offline.vectors import Embedder

DECIMALS = 4
STRANGE = 0.30  # likeness of a message to built-in examples of another matter
NAME_SHARE, PART_SHARE, MAX_PARTS = 0.3, 0.7, 12
_PARTS = re.compile(r"[,;:]\s*|\s+(?:and|or)\s+")
MAX_ITEM = 6_000  # characters of an item that are read; MiniLM reads 256 pieces anyway
_NEGATED_NAME = re.compile(r"^(not|non|no|isn't)[\s_-]", re.I)
_LABEL_KEY = re.compile(r"label|categ|sentim|class|intent|topic|priority|urgen|tone|answer|type", re.I)


@cache
def _concepts() -> list[tuple[re.Pattern[str], re.Pattern[str]]]:
    return [(re.compile(c["binds"]), re.compile(c["looks"])) for c in load("concepts").values()]


@cache
def _matters() -> list[tuple[re.Pattern[str], tuple[str, ...]]]:
    return [(re.compile(m["binds"]), tuple(m["examples"])) for m in load("support")["matter"]]


def run(task: Task, embedder: Embedder, tier: Tier) -> Answer:
    """Label the item, or each item of a packed message."""
    items = find_items(task, blocks(task.last))
    if len(items) >= 2:
        return _many(task, items, embedder, tier)
    names, score = scored(task, task.item, embedder, tier)
    order = sorted(range(len(names)), key=lambda i: (-score[i], i))
    best = names[order[0]]
    gap = float(score[order[0]] - score[order[1]]) if len(names) > 1 else 1.0
    notes = {"scores": {name: float(value) for name, value in zip(names, score, strict=True)}}
    return Answer(_formed(task, best, gap, tier), notes=notes)


def _many(task: Task, items: list[tuple[str, str]], embedder: Embedder, tier: Tier) -> Answer:
    """One label an item; packing costs a little accuracy, as it does with language models."""
    out = []
    for number, (identity, text) in enumerate(items):
        names, score = scored(task, text[:MAX_ITEM], embedder, tier, crowd=number)
        out.append((identity, names[int(score.argmax())]))
    if task.form == "json":
        key = next((k for k in task.keys if _LABEL_KEY.search(k)), "label")
        rows = [{"id": int(i) if i.isdigit() else i, key: name} for i, name in out]
        return Answer(as_json(rows, task, tier, seed=task.item[:500]), notes={"items": len(out)})
    return Answer("\n".join(f"{i}. {name}" for i, name in out), notes={"items": len(out)})


def scored(
    task: Task, item: str, embedder: Embedder, tier: Tier, *, crowd: int = 0
) -> tuple[list[str], npt.NDArray[np.float64]]:
    """The labels and their scores, higher is better, rounded so that no CPU breaks a tie differently.

    Args:
        crowd: Position of the item in a packed message; later ones are read a little worse.
    """
    item = item[:MAX_ITEM]
    names = list(task.labels)
    polar = [polarity.of_label(name) for name in names]
    if len(names) > 1 and all(p is not None for p in polar):
        score = polarity.scores(task, item, [p for p in polar if p is not None], embedder, tier)
    else:
        score = _by_meaning(task, item, embedder, tier)
    score = score + _by_examples(task.examples, item, names, embedder, tier)
    sigma = tier.label_noise * (1 + min(crowd, 20) * 0.03)
    noise = np.array([gauss("classify", item, name) * sigma for name in names])
    if task.draw is not None:
        noise += np.array([gauss("heat", task.draw, name) * tier.heat * task.prompt.temperature for name in names])
    return names, np.round(score + noise, DECIMALS)


def _by_meaning(task: Task, item: str, embedder: Embedder, tier: Tier) -> npt.NDArray[np.float64]:
    x = embedder.one(item)
    human = [re.sub(r"[_-]+", " ", name) for name in task.labels]
    described = list(task.labels.values())
    score = np.array([float(embedder.one(name) @ x) for name in human])
    if tier.level >= 3:  # knows that a label is a topic; the others compare the bare word
        topics = embedder([f"This message is about {name}." for name in human]) @ x
        score = 0.5 * score + 0.5 * topics
    if any(described):
        likeness = np.array([_described(d, x, embedder) if d else s for d, s in zip(described, score, strict=True)])
        score = NAME_SHARE * score + (1 - NAME_SHARE) * likeness
    low = item.lower()[:2000].replace("\u2019", "'")
    cues = np.array([_cues(name.lower(), d.lower(), low, tier) for name, d in zip(human, described, strict=True)])
    score = score + np.minimum(cues, 0.35)
    score = score + np.array([_known(name, d, x, embedder, tier) for name, d in zip(human, described, strict=True)])
    for i, name in enumerate(human):
        if _NEGATED_NAME.match(name) and len(human) == 2:
            # "not spam" is near to spam in any embedding: it is what remains when the other one is weak.
            score[i] = score[1 - i] - float(cues[1 - i]) + 0.06 - (0.5 * float(cues[1 - i]))
    return np.asarray(score, np.float64)


def _known(name: str, description: str, x: Floats, embedder: Embedder, tier: Tier) -> float:
    """What knowing such messages adds: likeness to built-in examples of the matter that a label calls up."""
    weight = tier.bank_described if description else tier.bank_named
    if not weight:
        return 0.0
    near = [
        float((embedder(examples) @ x).max())
        for binds, examples in _matters()
        if binds.search((description or name).lower()) or binds.search(name.lower())
    ]
    return weight * (max(near) - STRANGE) if near else 0.0


def _described(description: str, x: Floats, embedder: Embedder) -> float:
    """Likeness to a description: the whole of it, and the nearest of the things it lists."""
    parts = [part.strip() for part in _PARTS.split(description) if len(part.split()) >= 1][:MAX_PARTS]
    whole = float(embedder.one(description) @ x)
    return whole if len(parts) < 2 else (1 - PART_SHARE) * whole + PART_SHARE * float((embedder(parts) @ x).max())


def _cues(name: str, description: str, low: str, tier: Tier) -> float:
    total = 0.0
    for binds, looks in _concepts():
        by_description = bool(description and binds.search(description))
        by_name = bool(binds.search(name))
        weight = tier.cue_described if by_description else tier.cue_named if by_name else 0.0
        if weight and looks.search(low):
            total += weight * (1.0 if not description or by_description else 0.5)
    return total


def _by_examples(
    examples: list[Example], item: str, names: list[str], embedder: Embedder, tier: Tier
) -> npt.NDArray[np.float64]:
    """What the prompt's own examples add: the nearest three of each label; a label without one stays in the middle."""
    low = [name.lower() for name in names]
    kept = [e for e in examples if e.label.lower() in low][-tier.max_examples :]
    if not kept:
        return np.zeros(len(names))
    likeness = embedder([e.text[:MAX_ITEM] for e in kept]) @ embedder.one(item)
    out = np.full(len(names), float(likeness.mean()))
    for j, name in enumerate(low):
        mine = np.sort(likeness[[e.label.lower() == name for e in kept]])[::-1][:3]
        if len(mine):
            out[j] = float((mine * np.array([1, 0.4, 0.2])[: len(mine)]).sum())
    return tier.example_weight * out


def _formed(task: Task, best: str, gap: float, tier: Tier) -> str:
    """The label in the form that was asked for; weaker tiers forget a form that was not asked for firmly."""
    if task.form == "json":
        return as_json(_object(task, best, gap), task, tier, seed=task.item[:500])
    share = tier.bare_shown if task.examples else tier.bare_told if task.form == "label" else tier.bare_free
    if uniform("form", task.item[:500], task.form) < share or task.prefill:
        return best
    kind = "sentiment" if polarity.of_label(best) is not None else "label"
    sentences = [
        f"{kind.title()}: {best[:1].upper()}{best[1:]}.",
        f"The {kind} of this text is **{best}**.",
        f"{best[:1].upper()}{best[1:]}: the text is closest to this {kind}.",
    ]
    return pick(sentences, "sentence", task.item[:500])


def _object(task: Task, best: str, gap: float) -> dict[str, object]:
    properties = (task.schema or {}).get("properties", {})
    key = next((k for k, spec in properties.items() if isinstance(spec, dict) and spec.get("enum")), None)
    key = key or next((k for k in task.keys if _LABEL_KEY.search(k)), task.keys[0] if task.keys else "label")
    out: dict[str, object] = {}
    for name in task.keys or [key]:
        low = name.lower()
        if name == key:
            out[name] = best
        elif re.search(r"confid|prob|score|certain", low):
            out[name] = round(min(0.99, 0.5 + gap * 2), 2)
        elif re.search(r"reason|expl|ration|why|justif", low):
            out[name] = f"The text is closest to '{best}'."
        else:
            out[name] = None
    return out
