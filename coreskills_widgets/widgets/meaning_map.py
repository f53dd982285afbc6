"""A flat map of embeddings that says how far it can be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_NEIGHBOURS = 10
_MOST_POINTS = 2_000


def draw_map(embeddings: Mapping[str, Any]) -> dict[str, Any]:
    """Project vectors onto their two widest directions.

    Args:
        embeddings: ``ids``, ``vectors`` (one row each), ``query`` (one vector), optionally ``docs`` (one name each).

    Returns:
        ``points``, ``query``, ``method`` and ``kept``: how many of the query's true neighbours are near it here too.
    """
    import numpy as np

    ids = [str(name) for name in embeddings["ids"]][:_MOST_POINTS]
    vectors = np.asarray(embeddings["vectors"], dtype=np.float64)[: len(ids)]
    query = np.asarray(embeddings["query"], dtype=np.float64).reshape(-1)
    docs: Sequence[Any] = embeddings.get("docs") or [""] * len(ids)
    middle = vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(vectors - middle, full_matrices=False)
    flat = (np.vstack([vectors, query]) - middle) @ axes[:2].T
    if flat.shape[1] < 2:  # fewer than two directions: a line
        flat = np.pad(flat, ((0, 0), (0, 2 - flat.shape[1])))
    points, here = flat[:-1], flat[-1]
    near = min(_NEIGHBOURS, len(ids))
    true = set(np.argsort(np.linalg.norm(vectors - query, axis=1))[:near].tolist())
    seen = set(np.argsort(np.linalg.norm(points - here, axis=1))[:near].tolist())
    return {
        "points": [
            {"id": name, "x": round(float(x), 4), "y": round(float(y), 4), "doc": str(doc)}
            for name, (x, y), doc in zip(ids, points, docs, strict=False)
        ],
        "query": {"x": round(float(here[0]), 4), "y": round(float(here[1]), 4)},
        "method": "PCA",
        "kept": [len(true & seen), near],
    }
