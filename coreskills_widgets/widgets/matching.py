"""Which words of a query a chunk shares, so that a reader sees why it was found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

Match = tuple[int, int, str]

_WORD = re.compile(r"\w+", re.UNICODE)
_MOST_MATCHES = 200
# Words that nearly every text holds explain nothing.
_COMMON = frozenset(
    re.findall(
        r"\w+",
        """
    a an and are as at be been but by can could did do does for from had has have how i if in is it its may me my no
    not of on or our shall should so than that the their them then there they this to us was we were what when where
    which who whom will with would you your
    """,
    )
)
_ENDINGS = ("ations", "ation", "ings", "ing", "ied", "ies", "ers", "er", "ed", "es", "s", "e", "y")
_SHORTEST_STEM = 3


def stem(word: str) -> str:
    """Cut an ending, so that ``returned`` meets ``return``; crude on purpose, and shown as such by the marks."""
    low = word.lower()
    for ending in _ENDINGS:
        if low.endswith(ending) and len(low) - len(ending) >= _SHORTEST_STEM:
            return low[: -len(ending)]
    return low


def query_words(query: str) -> list[str]:
    """The telling words of a query, each once, in order."""
    words = [word.lower() for word in _WORD.findall(query)]
    telling = [word for word in words if word not in _COMMON] or words
    return list(dict.fromkeys(telling))


def find_matches(query: str, text: str) -> list[Match]:
    """Where a text holds words of the query: start, end, and the query's word."""
    wanted = {stem(word): word for word in reversed(query_words(query))}
    found: list[Match] = []
    for word in _WORD.finditer(text):
        term = wanted.get(stem(word.group()))
        if term is not None:
            found.append((word.start(), word.end(), term))
            if len(found) == _MOST_MATCHES:
                break
    return found


def counts(matches: Iterable[Sequence[object]]) -> list[tuple[str, int]]:
    """How often each query word occurs, most frequent first."""
    return Counter(str(match[2]).lower() for match in matches).most_common()


def rarity(words: Iterable[str], texts: Sequence[str]) -> dict[str, int]:
    """In how many of the texts each word occurs."""
    wanted = {word: stem(word) for word in words}
    holds = [{stem(word) for word in _WORD.findall(text)} for text in texts]
    return {word: sum(key in held for held in holds) for word, key in wanted.items()}
