"""Summaries by extraction: whole sentences of the text, in their order; the weak tier takes the first ones."""

from __future__ import annotations

import re

import numpy as np

from coreskills.offline.forms import as_json
from coreskills.offline.language import content, sentences
from coreskills.offline.seeded import gauss, uniform
from coreskills.offline.task import Answer, Limit, Task
from coreskills.offline.tiers import Tier
from coreskills.offline.vectors import Embedder

MAX_ENCODED = 40  # sentences that get a vector; of a longer text the ones with most facts
WORDS_A_SENTENCE = 14
DECIMALS = 4


def run(task: Task, embedder: Embedder, tier: Tier) -> Answer:
    """Shorten the item, or all sources."""
    text = "\n".join(source.text for source in task.sources) if task.sources else task.item
    parts = [part for part in sentences(text[:200_000]) if len(part.split()) >= 3]
    if not parts:
        return Answer(text[:500].strip(), notes={"sentences": 0})
    limit = task.limit or Limit("sentences", 2 if len(parts) > 3 else 1)
    wanted = max(1, limit.n // WORDS_A_SENTENCE) if limit.unit == "words" else limit.n
    if tier.level == 1:
        if task.limit and limit.unit != "words" and uniform("count", text[:500]) < 0.3:
            wanted += 1  # miscounts
        chosen = parts[:wanted]
    else:
        chosen = _central(parts, wanted, embedder, tier)
    shown = _shown(chosen, limit, tier)
    if task.form == "json":
        key = task.keys[0] if task.keys else "summary"
        shown = as_json({key: shown}, task, tier, seed=text[:500])
    elif tier.level == 1 and task.form == "free" and uniform("lead", text[:500]) < 0.5:
        shown = f"Here is a summary: {shown}"
    return Answer(shown, notes={"sentences": len(chosen)})


def _central(parts: list[str], wanted: int, embedder: Embedder, tier: Tier) -> list[str]:
    """Sentences near to the middle of the text that carry facts, each unlike the ones already chosen."""
    facts = np.array(
        [0.12 * min(3, len(re.findall(r"\d[\d.,]*", part))) + 0.01 * min(20, len(content(part))) for part in parts]
    )
    pool = list(range(len(parts)))
    if len(pool) > MAX_ENCODED:
        pool = sorted(sorted(pool, key=lambda i: (-facts[i] - (0.3 if i == 0 else 0), i))[:MAX_ENCODED])
    rows = embedder([parts[i] for i in pool])
    middle = rows.mean(0)
    middle = middle / (np.linalg.norm(middle) or 1)
    base = rows @ middle + (1.0 if tier.level >= 3 else 0.4) * facts[pool]
    base = base + np.array([gauss("summary", parts[i]) * tier.read_noise for i in pool])
    base = np.round(base + np.array([0.08 if i == 0 else 0.0 for i in pool]), DECIMALS)
    chosen: list[int] = []
    left = list(range(len(pool)))
    while left and len(chosen) < wanted:
        near = {i: max((float(rows[i] @ rows[o]) for o in chosen), default=0.0) for i in left}
        best = max(left, key=lambda i: (round(float(base[i]) - 0.5 * near[i], DECIMALS), -i))
        chosen.append(best)
        left.remove(best)
    return [parts[pool[i]] for i in sorted(chosen)]


def _shown(chosen: list[str], limit: Limit, tier: Tier) -> str:
    if limit.unit == "bullets":
        return "\n".join(f"- {part.lstrip('-*• ')}" for part in chosen)
    text = " ".join(part.lstrip("-*•# ") for part in chosen)
    if limit.unit == "words" and tier.level >= 2 and len(text.split()) > limit.n:
        while len(chosen) > 1 and len(" ".join(chosen).split()) > limit.n:
            chosen = chosen[:-1]
        text = " ".join(" ".join(chosen).split()[: limit.n]).rstrip(",;:")
    return text
