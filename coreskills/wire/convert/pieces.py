"""Cutting text for a stream: every piece kept, so that joining gives the text back."""

from __future__ import annotations

import re

_WORD = re.compile(r"\s*\S+\s*|\s+")
_JSON_PIECE = 24


def words(text: str) -> list[str]:
    """A word and the spaces around it a piece."""
    return _WORD.findall(text)


def fragments(text: str) -> list[str]:
    """Pieces of JSON that end anywhere, as tool arguments arrive."""
    return [text[i : i + _JSON_PIECE] for i in range(0, len(text), _JSON_PIECE)]
