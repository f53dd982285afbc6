"""What two ranked lists say about a query: the facts that RetrievalViewer draws."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from coreskills_widgets.format import plural, score
from coreskills_widgets.widgets.matching import counts, find_matches, query_words, rarity

Row = dict[str, Any]

HEAD_CHARS = 300
_MOST_HEAD_MATCHES = 40
_ORDINALS = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def read_hits(hits: Sequence[Mapping[str, Any] | str], *, query: str) -> list[Row]:
    """Fill in what hits do not say: ids, labels, matched words; ranks follow the order given."""
    rows = []
    for rank, raw in enumerate(hits, start=1):
        hit: Mapping[str, Any] = {"text": raw} if isinstance(raw, str) else raw
        text, source = str(hit.get("text", "")), dict(hit.get("source") or {})
        given = hit.get("matched")
        matched = find_matches(query, text) if given is None else [(int(s), int(e), str(t)) for s, e, t in given]
        rows.append(
            {
                "id": str(hit["id"]) if hit.get("id") is not None else f"hit-{rank}",
                "rank": rank,
                "text": text,
                "score": _number(hit.get("score")),
                "label": source_label(source) or str(hit.get("id") or f"chunk {rank}"),
                "source": source,
                "matched": matched,
                "parts": dict(hit.get("parts") or {}),
                "meta": {str(name): str(value) for name, value in dict(hit.get("meta") or {}).items()},
            }
        )
    return rows


def source_label(source: Mapping[str, Any]) -> str:
    """``returns.pdf p. 3``."""
    name = source.get("title") or source.get("doc") or ""
    page = f" p. {source['page']}" if source.get("page") is not None else ""
    return f"{name}{page}".strip()


def compare(rows: list[Row], others: Sequence[Row] | None) -> None:
    """Note on each hit where it stands in the other list."""
    places = {} if others is None else {other["id"]: other["rank"] for other in reversed(others)}
    for row in rows:
        there = places.get(row["id"])
        row["other_rank"] = there
        row["change"] = None if others is None else "new" if there is None else _direction(there - row["rank"])


def explain(rows: list[Row], *, query: str, texts: Sequence[str]) -> None:
    """Note on each hit why it was found, and what it repeats."""
    wanted = query_words(query)
    rare = rarity(wanted, texts) if texts else {}
    seen: dict[str, int] = {}
    tied = {row["score"] for row in rows if row["score"] is not None and _count(rows, row["score"]) > 1}
    for row in rows:
        found = counts(row["matched"])
        row["words"] = [
            {"word": word, "count": count, "in_chunks": rare.get(word), "of_chunks": len(texts) or None}
            for word, count in found
        ]
        held = {word for word, _ in found}
        row["unmatched"] = [word for word in wanted if word not in held]
        row["same_as"] = seen.get(row["text"].strip()) if row["text"].strip() else None
        seen.setdefault(row["text"].strip(), row["rank"])
        row["tied"] = row["score"] in tied


def unmatched_words(rows: Sequence[Row], *, query: str) -> list[str]:
    """Words of the query that no hit holds."""
    held = {word for row in rows for word in (entry["word"] for entry in row["words"])}
    return [word for word in query_words(query) if word not in held]


def mark_right(rows: list[Row], *, gold: Sequence[str] | None, grades: Mapping[str, float] | None) -> None:
    """Note which hits are right; without a gold list nobody knows."""
    for row in rows:
        row["right"] = None if gold is None else row["id"] in gold
        row["grade"] = None if grades is None else grades.get(row["id"])


def missing_gold(
    rows: Sequence[Row],
    *,
    gold: Sequence[str] | None,
    gold_ranks: Mapping[str, int | None] | None,
    labels: Mapping[str, str],
    index_ids: frozenset[str] | None,
) -> list[Row]:
    """Right chunks that were not retrieved, with their rank where it is known.

    Args:
        index_ids: All ids that can be found; ``None`` when that is not known.
    """
    found = {row["id"] for row in rows}
    missing = []
    for chunk in gold or ():
        if chunk not in found:
            rank = (gold_ranks or {}).get(chunk)
            known = index_ids is None or chunk in index_ids or rank is not None
            missing.append({"id": chunk, "label": labels.get(chunk, chunk), "rank": rank, "in_index": known})
    return missing


def verdict(rows: Sequence[Row], *, gold: Sequence[str] | None, missing: Sequence[Row], searched_n: int | None) -> str:
    """Answer the question of the face in one line."""
    top = len(rows)
    if gold is not None and gold:
        places = [row["rank"] for row in rows if row["right"]]
        right = len({row["id"] for row in rows if row["right"]})
        text = f"{right} of {len(set(gold))} right {plural(len(set(gold)), 'chunk')} in the top {top}"
        text += f"; first at rank {places[0]}" if places else "; none of the right ones was found"
        if missing:
            text += "; missing: " + ", ".join(_missing_words(chunk) for chunk in missing)
        return text
    if not rows:
        return "Nothing was found"
    of = f" of {searched_n:,}" if searched_n else ""
    text = f"{top}{of} {plural(searched_n or top, 'chunk')}"
    known = [row for row in rows if row["score"] is not None]
    if not known:
        return f"{text}, without scores"
    text += f", best {score(known[0]['score'])}"
    if len(known) > 1:
        last = known[-1]["rank"]
        name = _ORDINALS[last] if last < len(_ORDINALS) else f"rank {last}"
        text += f", {name} {score(known[-1]['score'])}"
    return text


def metrics(rows: Sequence[Row], *, gold: Sequence[str] | None) -> list[tuple[str, float]]:
    """Recall, precision, reciprocal rank and nDCG of one list; none without a gold list."""
    if not gold or not rows:
        return []
    wanted, firsts, seen = set(gold), [], set()
    for row in rows:  # a chunk that is listed twice counts once
        if row["id"] in wanted and row["id"] not in seen:
            firsts.append(row["rank"])
            seen.add(row["id"])
    gain = sum(1 / math.log2(rank + 1) for rank in firsts)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(len(wanted), len(rows)) + 1))
    top = len(rows)
    return [
        (f"recall at {top}", len(firsts) / len(wanted)),
        (f"precision at {top}", len(firsts) / top),
        ("reciprocal rank", 1 / firsts[0] if firsts else 0.0),
        (f"nDCG at {top}", gain / ideal),
    ]


def warnings(rows: Sequence[Row], missing: Sequence[Row], *, name: str) -> list[Row]:
    """What is wrong with the data itself."""
    ids = [row["id"] for row in rows]
    twice = sorted({chunk for chunk in ids if ids.count(chunk) > 1})
    found = [
        {"level": "warn", "words": f"{name}: the same id stands twice in the list: {chunk}."} for chunk in twice[:3]
    ]
    for chunk in missing:
        if not chunk["in_index"]:
            words = (
                f"The right chunk {chunk['id']} is not in the index: it can never be found. Index it, or mend its id."
            )
            found.append({"level": "bad", "words": words})
    return found


def page_rows(rows: Sequence[Row], *, side: str) -> list[Row]:
    """What the list shows of each hit; whole texts stay behind until somebody opens one."""
    kept = (
        "id",
        "rank",
        "score",
        "label",
        "words",
        "unmatched",
        "change",
        "other_rank",
        "right",
        "grade",
        "same_as",
        "tied",
        "parts",
        "meta",
    )
    return [
        {
            **{name: row[name] for name in kept},
            "side": side,
            "head": row["text"][:HEAD_CHARS],
            "n_chars": len(row["text"]),
            "marks": [match for match in row["matched"] if match[1] <= HEAD_CHARS][:_MOST_HEAD_MATCHES],
        }
        for row in rows
    ]


def in_page(row: Row, *, documents: Mapping[str, Sequence[str]], rows: Sequence[Row]) -> Row | None:
    """The page a chunk stands on: what is before and after it, and which other hits overlap it."""
    source = row["source"]
    pages, number = documents.get(str(source.get("doc"))), source.get("page")
    if pages is None or not isinstance(number, int) or not 1 <= number <= len(pages):
        return None
    text = str(pages[number - 1])
    span = _span(row, text)
    if span is None:
        return None
    overlaps = []
    for other in rows:
        same = other["source"].get("doc") == source.get("doc") and other["source"].get("page") == number
        there = _span(other, text) if same and other is not row else None
        if there is not None and there[0] < span[1] and there[1] > span[0]:
            overlaps.append({"rank": other["rank"], "chars": min(there[1], span[1]) - max(there[0], span[0])})
    return {"before": text[: span[0]], "chunk": text[span[0] : span[1]], "after": text[span[1] :], "overlaps": overlaps}


def _span(row: Row, page: str) -> tuple[int, int] | None:
    start, end = row["source"].get("start"), row["source"].get("end")
    if (
        isinstance(start, int)
        and isinstance(end, int)
        and 0 <= start < end <= len(page)
        and page[start:end].strip() == row["text"].strip()
    ):
        return start, end
    at = page.find(row["text"].strip()) if row["text"].strip() else -1
    return None if at < 0 else (at, at + len(row["text"].strip()))


def _missing_words(chunk: Row) -> str:
    if not chunk["in_index"]:
        return f"{chunk['label']} (not in the index)"
    return f"{chunk['label']} (rank {chunk['rank']})" if chunk["rank"] else str(chunk["label"])


def _direction(by: int) -> str:
    return "same" if by == 0 else "up" if by > 0 else "down"


def _count(rows: Sequence[Row], value: float) -> int:
    return sum(row["score"] == value for row in rows)


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
