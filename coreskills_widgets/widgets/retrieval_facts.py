"""From two lists of hits and what is known to be right, to the facts that RetrievalViewer draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coreskills_widgets.widgets import retrieval

Row = dict[str, Any]
Hits = Sequence[Mapping[str, Any] | str]
Documents = Mapping[str, Sequence[str]]

_FIRST = 20


@dataclass(frozen=True)
class Gold:
    """What is right, as far as somebody said.

    Attributes:
        ids: The right chunks; ``None``: nobody said.
        ranks: Where right chunks beyond the hits stand.
        index_ids: All ids that can be found; ``None`` when that is not known.
    """

    ids: list[str] | None
    grades: Mapping[str, float] | None = None
    ranks: Mapping[str, int | None] | None = None
    index_ids: frozenset[str] | None = None


def read_sides(
    query: str, hits: Hits, other_hits: Hits | None, *, gold: Gold, documents: Documents
) -> dict[str, list[Row]]:
    """Read the lists, ``a`` and where there is a second one ``b``, and note on each hit why it stands there."""
    sides = {"a": retrieval.read_hits(hits, query=query)}
    if other_hits is not None:
        sides["b"] = retrieval.read_hits(other_hits, query=query)
    texts = [str(page) for pages in documents.values() for page in pages]
    for side, rows in sides.items():
        retrieval.compare(rows, sides.get("b" if side == "a" else "a"))
        retrieval.explain(rows, query=query, texts=texts or [row["text"] for row in rows])
        retrieval.mark_right(rows, gold=gold.ids, grades=gold.grades)
    return sides


def finding(query: str, sides: Mapping[str, list[Row]], *, gold: Gold, retriever: Mapping[str, Any]) -> Row:
    """What the lists come to: verdict, what is missing, warnings, metrics."""
    first = sides["a"]
    labels = {row["id"]: row["label"] for rows in sides.values() for row in rows}
    missing = retrieval.missing_gold(
        first, gold=gold.ids, gold_ranks=gold.ranks, labels=labels, index_ids=gold.index_ids
    )
    return {
        "verdict": retrieval.verdict(first, gold=gold.ids, missing=missing, searched_n=retriever.get("searched_n")),
        "missing": missing,
        "unmatched": {side: retrieval.unmatched_words(rows, query=query) for side, rows in sides.items()},
        "warnings": [
            *retrieval.warnings(first, missing, name=str(retriever["name"])),
            *retrieval.warnings(sides.get("b", []), [], name="second list"),
        ],
        "metrics": {side: retrieval.metrics(rows, gold=gold.ids) for side, rows in sides.items()},
    }


def listing(sides: Mapping[str, list[Row]]) -> tuple[list[Row], Row]:
    """The rows that travel to the page, and what it needs before they come."""
    rows = [row for side, hits in sides.items() for row in retrieval.page_rows(hits, side=side)]
    return rows, {
        "n": {side: len(hits) for side, hits in sides.items()},
        "first": [row for row in rows if row["rank"] <= _FIRST],
        "n_listed": len(rows),
    }


def named(retriever: Mapping[str, Any] | None, name: str) -> Row:
    """A retriever that says its name."""
    return {**dict(retriever or {}), "name": str((retriever or {}).get("name") or name)}
