"""Texts compared by their words: markup, escaping, quoting, case and line breaks do not matter."""

from __future__ import annotations

import html
import re
import unicodedata

_SPACE = re.compile(r"\s+")
_UNICODE_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_WHITE_ESCAPE = re.compile(r"\\[nrt]")
_WORD = re.compile(r"\w+")

# Fewer words than this occur in ordinary wording too.
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


def is_long(words: str) -> bool:
    """A skeleton of words enough to be told from ordinary wording."""
    return len(words.split(None, ANCHOR_WORDS)) >= ANCHOR_WORDS


def head(words: str) -> str:
    """The first four words of a skeleton, or all it has: by these an index finds it."""
    return " ".join(words.split()[:ANCHOR_WORDS])


def windows(words: str, *, size: int) -> set[str]:
    """Every run of ``size`` words."""
    found = words.split()
    return {" ".join(found[i : i + size]) for i in range(len(found) - size + 1)}
