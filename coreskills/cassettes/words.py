"""Texts compared by their words: markup, escaping, quoting, case and line breaks do not matter."""

from __future__ import annotations

import html
import re
import unicodedata

_SPACE = re.compile(r"\s+")
_UNICODE_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_WHITE_ESCAPE = re.compile(r"\\[nrt]")
_WORD = re.compile(r"\w+")

ANCHOR_WORDS = 4


def squeeze(text: str) -> str:
    """One space where there was any white space."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text)).strip()


def skeleton(text: str) -> str:
    """The words, lower-case, one space around each; the spaces at both ends make ``in`` match whole words only."""
    if "&" in text:
        text = html.unescape(text)
    if "\\" in text:
        text = _UNICODE_ESCAPE.sub(lambda found: chr(int(found.group(1), 16)), text)
        text = _WHITE_ESCAPE.sub(" ", text)
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    return f" {' '.join(words)} " if words else " "


def count(words: str) -> int:
    """How many words a skeleton has."""
    return len(words.split())


def head(words: str, *, size: int = ANCHOR_WORDS) -> str | None:
    """The first words of a skeleton, by which an index finds it; ``None`` when it has fewer."""
    found = words.split(None, size)[:size]
    return " ".join(found) if len(found) == size else None


def windows(words: str, *, size: int = ANCHOR_WORDS) -> set[str]:
    """Every run of ``size`` words."""
    found = words.split()
    return {" ".join(found[i : i + size]) for i in range(len(found) - size + 1)}
