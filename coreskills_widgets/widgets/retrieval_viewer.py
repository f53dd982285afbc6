"""RetrievalViewer: why did it find this, and what did it miss?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from coreskills_widgets.format import score
from coreskills_widgets.widgets import retrieval, static_copy
from coreskills_widgets.widgets.face import Face, front_end
from coreskills_widgets.widgets.meaning_map import draw_map

Row = dict[str, Any]

_FIRST = 20
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
        hits: Sequence[Mapping[str, Any] | str],
        *,
        retriever: Mapping[str, Any] | None = None,
        other_hits: Sequence[Mapping[str, Any] | str] | None = None,
        other_retriever: Mapping[str, Any] | None = None,
        other_error: str = "",
        gold_ids: Sequence[str] | None = None,
        grades: Mapping[str, float] | None = None,
        gold_ranks: Mapping[str, int | None] | None = None,
        documents: Mapping[str, Sequence[str]] | None = None,
        index_ids: Sequence[str] | None = None,
        embeddings: Mapping[str, Any] | None = None,
        map: Mapping[str, Any] | None = None,
        filter: str = "",
        latency_ms: float | None = None,
        cost_usd: str | None = None,
    ) -> None:
        super().__init__()
        self._documents = documents or {}
        gold = None if gold_ids is None else [str(chunk) for chunk in gold_ids]
        self._sides = {"a": retrieval.read_hits(hits, query=query)}
        if other_hits is not None:
            self._sides["b"] = retrieval.read_hits(other_hits, query=query)
        texts = [str(page) for pages in self._documents.values() for page in pages]
        for side, rows in self._sides.items():
            retrieval.compare(rows, self._sides.get("b" if side == "a" else "a"))
            retrieval.explain(rows, query=query, texts=texts or [row["text"] for row in rows])
            retrieval.mark_right(rows, gold=gold, grades=grades)
        first = self._sides["a"]
        labels = {row["id"]: row["label"] for rows in self._sides.values() for row in rows}
        index = None if index_ids is None else frozenset(str(chunk) for chunk in index_ids)
        missing = retrieval.missing_gold(first, gold=gold, gold_ranks=gold_ranks, labels=labels, index_ids=index)
        name = str((retriever or {}).get("name") or "first retriever")
        self._rows = [row for side, rows in self._sides.items() for row in retrieval.page_rows(rows, side=side)]
        self.facts = {
            "query": query,
            "retriever": {"name": name, **dict(retriever or {})},
            "other_retriever": None
            if "b" not in self._sides and not other_error
            else {"name": "second retriever", **dict(other_retriever or {})},
            "other_error": other_error,
            "verdict": retrieval.verdict(
                first, gold=gold, missing=missing, searched_n=(retriever or {}).get("searched_n")
            ),
            "missing": missing,
            "unmatched": {side: retrieval.unmatched_words(rows, query=query) for side, rows in self._sides.items()},
            "warnings": [
                *retrieval.warnings(first, missing, name=name),
                *retrieval.warnings(self._sides.get("b", []), [], name="second list"),
            ],
            "metrics": {side: retrieval.metrics(rows, gold=gold) for side, rows in self._sides.items()},
            "n": {side: len(rows) for side, rows in self._sides.items()},
            "first": [row for row in self._rows if row["rank"] <= _FIRST],
            "n_listed": len(self._rows),
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
