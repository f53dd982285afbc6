"""Relevance of documents to a query: the nearest sentence, shared words, and the whole text together.

It reads closer than comparing whole-text vectors does, which is what reranking is for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from coreskills.offline.language import content, sentences
from coreskills.offline.skills.reading import KINDS, kind_of
from coreskills.offline.vectors import Embedder

DECIMALS = 6
MAX_SENTENCES = 12  # sentences of one document that get a vector


def relevance(query: str, documents: Sequence[str], embedder: Embedder) -> list[float]:
    """One score from 0 to 1 a document, from its query and its own text only, so any list can be served."""
    wanted = set(content(query))
    x = embedder.one(query)
    kind = kind_of(query)
    must = next((pattern for name, _, pattern in KINDS if name == kind), None)
    out = []
    for document in documents:
        parts = _nearest_in_words(sentences(document[:20_000]), wanted)
        if not parts:
            out.append(0.0)
            continue
        near = embedder(parts) @ x
        best = int(near.argmax())
        whole = float(embedder.one(document[:3000]) @ x)
        shared = len(wanted & set(content(document[:20_000]))) / (len(wanted) or 1)
        score = 0.55 * float(near[best]) + 0.25 * whole + 0.30 * shared
        if must and kind != "yesno":
            score += 0.05 if must.search(parts[best]) else -0.05
        out.append(round(1 / (1 + math.exp(-8 * (score - 0.45))), DECIMALS))
    return out


def _nearest_in_words(parts: list[str], wanted: set[str]) -> list[str]:
    if len(parts) <= MAX_SENTENCES:
        return parts
    shared = [len(wanted & set(content(part))) for part in parts]
    keep = sorted(range(len(parts)), key=lambda i: (-shared[i], i))[:MAX_SENTENCES]
    return [parts[i] for i in sorted(keep)]
