"""RetrievalViewer: why did it find this, and what did it miss?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from coreskills_widgets.format import score
from coreskills_widgets.widgets import retrieval, static_copy
from coreskills_widgets.widgets.face import Face, front_end
from coreskills_widgets.widgets.meaning_map import draw_map
from coreskills_widgets.widgets.retrieval_facts import Documents, Gold, Hits, finding, listing, named, read_sides

Row = dict[str, Any]

_COPY_CHARS = 300


class RetrievalViewer(Face):
    """Ranked chunks for a query, why each was found, and what a second retriever changes.

    Takes plain Python data, so that it serves any retriever; only the query and each hit's ``text`` are needed.

    Args:
        query: What was asked.
        hits: Best first: ``id``, ``text``, ``score``, ``source`` (``doc``, ``title``, ``page``, ``start``, ``end``),
            ``matched`` (``[start, end, term]`` each), ``parts`` of a fused score, ``meta``. A str is a text.
        retriever: ``name``, ``measure``, ``higher_is_better``, ``k``, ``searched_n``; ``hashed`` for hashed vectors.
        other_hits: A second retriever's answer to the same query; ``other_retriever`` names it.
        other_error: Why the second retriever failed; the first one stays.
        gold_ids: The right chunks; ``grades`` and ``gold_ranks`` (ranks beyond the hits) by id.
        documents: Pages by document, so that a chunk is shown in its page.
        index_ids: All ids in the index: a right chunk outside it can never be found.
        embeddings: ``ids``, ``vectors``, ``query``, ``docs`` for the map; or ``map`` ready made.
        filter: The filter that ran before, in words.

    Example:
        >>> RetrievalViewer("open tent", [{"text": "An opened tent may be returned.", "score": 0.82}])
    """

    _esm = front_end("retrieval_viewer")

    def __init__(
        self,
        query: str,
        hits: Hits,
        *,
        retriever: Mapping[str, Any] | None = None,
        other_hits: Hits | None = None,
        other_retriever: Mapping[str, Any] | None = None,
        other_error: str = "",
        gold_ids: Sequence[str] | None = None,
        grades: Mapping[str, float] | None = None,
        gold_ranks: Mapping[str, int | None] | None = None,
        documents: Documents | None = None,
        index_ids: Sequence[str] | None = None,
        embeddings: Mapping[str, Any] | None = None,
        map: Mapping[str, Any] | None = None,
        filter: str = "",
        latency_ms: float | None = None,
        cost_usd: str | None = None,
    ) -> None:
        super().__init__()
        self._documents = documents or {}
        index = None if index_ids is None else frozenset(_texts(index_ids))
        gold = Gold(None if gold_ids is None else _texts(gold_ids), grades, gold_ranks, index)
        self._sides = read_sides(query, hits, other_hits, gold=gold, documents=self._documents)
        self._rows, listed = listing(self._sides)
        first = named(retriever, "first retriever")
        has_other = "b" in self._sides or bool(other_error)
        self.facts = {
            "query": query,
            "retriever": first,
            "other_retriever": named(other_retriever, "second retriever") if has_other else None,
            "other_error": other_error,
            **finding(query, self._sides, gold=gold, retriever=first),
            **listed,
            "has_documents": bool(self._documents),
            "map": draw_map(embeddings) if embeddings is not None else dict(map) if map is not None else None,
            "filter": filter,
            "latency_ms": latency_ms,
            "cost_usd": None if cost_usd is None else str(cost_usd),
        }

    def row_detail(self, row_id: str) -> Row | None:
        """A hit's whole text, and the page around it; the id is ``a:3`` for rank 3 of the first list."""
        side, _, rank = row_id.partition(":")
        rows = self._sides.get(side, [])
        if not rank.isdigit() or not 1 <= int(rank) <= len(rows):
            return None
        row = rows[int(rank) - 1]
        page = retrieval.in_page(row, documents=self._documents, rows=rows)
        return {"text": row["text"], "matched": row["matched"], "page": page, "source": row["source"]}

    def sentence(self) -> str:
        """Say the verdict."""
        return f"{self.facts['query']!r}: {self.facts['verdict']}."

    def static_html(self) -> str:
        """Draw the verdict and both ranked tables."""
        names = {"a": self.facts["retriever"]["name"], "b": (self.facts["other_retriever"] or {}).get("name", "")}
        tables = [_table(str(names[side]), rows) for side, rows in self._sides.items() if rows]
        return static_copy.page("Retrieval", self.sentence(), tables, saved=datetime.now(UTC))


def _texts(names: Sequence[Any]) -> list[str]:
    return [str(name) for name in names]


def _table(name: str, rows: list[Row]) -> str:
    cells = [
        [
            str(row["rank"]),
            score(row["score"]),
            static_copy.text(row["label"]) + (" &#10003; right" if row["right"] else ""),
            _marked(row),
        ]
        for row in rows
    ]
    return static_copy.table(static_copy.text(name), ["Rank", "Score", "Source", "Text"], cells, numbers=(0, 1))


def _marked(row: Row) -> str:
    """The first characters of a chunk, its matches in bold."""
    text, parts, at = row["text"], [], 0
    for start, end, _ in row["matched"]:
        if start < at or end > _COPY_CHARS:
            continue
        parts += [static_copy.text(text[at:start]), f"<b><u>{static_copy.text(text[start:end])}</u></b>"]
        at = end
    more = len(text) - _COPY_CHARS
    tail = f" <em>({more:,} more characters)</em>" if more > 0 else ""
    return "".join(parts) + static_copy.text(text[at:_COPY_CHARS]) + tail
