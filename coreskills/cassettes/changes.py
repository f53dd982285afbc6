"""What a missed request changed, field by field: the data behind a diff."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from coreskills.cassettes.entry import Entry
from coreskills.cassettes.fit import limit_allows
from coreskills.cassettes.misses import differing_fields
from coreskills.cassettes.outcome import Miss
from coreskills.cassettes.shape import LIMITS, SAYS_NOTHING, Row, Shape, parse

_WORDS = ("system prompt", "message text")
_LIMIT = "max_tokens"


@dataclass(frozen=True)
class Change:
    """One field that differs.

    Attributes:
        recorded: What the nearest recording has; ``None`` where that must not be shown.
        asked: What this request has.
    """

    field: str
    recorded: str | None
    asked: str | None


def changes(miss: Miss) -> list[Change]:
    """Say what stands between a request and its nearest recording, the words of the prompt first.

    Of a recording that belongs to a hidden check only the names of the fields are told.
    """
    nearest = miss.nearest
    if nearest is None:
        return []
    asked, recorded = parse(miss.request), nearest.shape
    names = [name for name in differing_fields(asked, recorded) if name != _LIMIT or not _allows(asked, nearest)]
    if nearest.is_hidden:
        return [Change(name, None, None) for name in names]
    texts = [*_texts(asked, recorded)]
    return [*texts, *(_fact(name, asked, recorded) for name in names if not name.startswith(_WORDS))]


def ignored(miss: Miss) -> list[str]:
    """Name what differs without standing in the way."""
    nearest = miss.nearest
    if nearest is None:
        return []
    ours, theirs = (_object(request.json) for request in (miss.request, nearest.recording.request))
    free = SAYS_NOTHING - set(LIMITS)
    names = {name for name in free & {*ours, *theirs} if ours.get(name) != theirs.get(name)}
    asked = parse(miss.request)
    if asked.limit != nearest.shape.limit and _allows(asked, nearest):
        names.add(_LIMIT)
    return sorted(names)


def _allows(asked: Shape, nearest: Entry) -> bool:
    return limit_allows(asked, nearest.shape, nearest.answer)


def _texts(asked: Shape, recorded: Shape) -> Iterable[Change]:
    """Each message whose words differ, beside the one in its place."""
    for role in ("system", "message"):
        ours, theirs = (
            [row for row in shape.rows if (row.role == "system") == (role == "system")] for shape in (asked, recorded)
        )
        for number, (mine, other) in enumerate(zip_longest(ours, theirs), start=1):
            if _said(mine) != _said(other):
                row = mine or other
                assert row is not None
                name = "system prompt" if role == "system" else f"message {number} ({row.role})"
                yield Change(name, _said(other), _said(mine))


def _said(row: Row | None) -> str:
    if row is None:
        return ""
    return "\n".join([row.text, *(f"[block {mark[:8]}]" for mark in row.other)]).strip()


def _fact(name: str, asked: Shape, recorded: Shape) -> Change:
    """A field that is not text; what has no short form is named alone."""
    values: Mapping[str, tuple[Any, Any]] = {
        "endpoint": (recorded.endpoint, asked.endpoint),
        "model": (recorded.model, asked.model),
        "tools": (sorted(recorded.tools), sorted(asked.tools)),
        _LIMIT: (recorded.limit, asked.limit),
    }
    pair = values.get(name) or (recorded.sampling.get(name), asked.sampling.get(name))
    before, after = (_short(value) for value in pair)
    return Change(name, before, after)


def _short(value: Any) -> str | None:
    if value is None or value == []:
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _object(document: Any) -> dict[str, Any]:
    return document if isinstance(document, dict) else {}
