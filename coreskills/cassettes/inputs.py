"""Which test inputs a request holds, and where: what ties a differently worded request to a recording."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from coreskills.cassettes import words
from coreskills.cassettes.shape import Row, Shape


@dataclass(frozen=True)
class Found:
    """The inputs in one request.

    Attributes:
        asked: Inputs in the last message that holds any: what the request is about.
        system: Inputs in the system prompt.
        after: The messages that follow the asked one, which a served answer must share.
    """

    asked: frozenset[str]
    system: frozenset[str] = frozenset()
    after: tuple[tuple[str, str, tuple[str, ...]], ...] = ()

    def agrees(self, other: Found) -> bool:
        """Both ask about the same inputs, whether these stand in the message or in the system prompt."""
        same = self.asked == other.asked or self.asked | self.system == other.asked | other.system
        return bool(self.asked & other.asked) and same and self.after == other.after


NOTHING = Found(frozenset())


class InputIndex:
    """Finds known inputs in a text in time that does not grow with their number."""

    def __init__(self, inputs: Iterable[str]) -> None:
        """Take skeletons; those with fewer than four words cannot be told from ordinary wording and are left out."""
        self._by_head: dict[str, list[str]] = {}
        for each in sorted(set(inputs)):
            if (start := words.head(each)) is not None:
                self._by_head.setdefault(start, []).append(each)

    def occurring(self, text: str) -> list[str]:
        """Every input that occurs in a skeleton."""
        heads = (self._by_head[run] for run in words.windows(text) if run in self._by_head)
        return [each for group in heads for each in group if each in text]

    def all_in(self, shape: Shape) -> frozenset[str]:
        """Every input that a request holds anywhere but in the assistant's messages."""
        return frozenset(each for row in _readable(shape) for each in self.occurring(row.words))


def locate(shape: Shape, inputs: Iterable[str]) -> Found:
    """Find a few given inputs, of any length."""
    known = sorted({*inputs}, key=lambda skeleton: (-len(skeleton), skeleton))
    held = [
        frozenset() if row.role == "assistant" else outermost(row.words, [each for each in known if each in row.words])
        for row in shape.rows
    ]
    messages = [number for number, row in enumerate(shape.rows) if held[number] and row.role != "system"]
    system = frozenset[str]().union(*(each for each, row in zip(held, shape.rows, strict=True) if row.role == "system"))
    if not messages:
        return NOTHING
    last = messages[-1]
    return Found(held[last], system - held[last], _following(shape.rows[last + 1 :]))


def _readable(shape: Shape) -> list[Row]:
    return [row for row in shape.rows if row.role != "assistant"]


def _following(rows: Iterable[Row]) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    return tuple((row.role, row.words, row.other) for row in rows if row.role != "system")


def outermost(text: str, found: list[str]) -> frozenset[str]:
    """Leave out an input that occurs only inside longer ones; ``found`` is longest first."""
    kept: list[str] = []
    rest = text
    for each in found:
        if each in rest:
            kept.append(each)
            # Keep the borders, so that what stood on both sides does not grow together.
            rest = rest.replace(each, " \0 ")
    return frozenset(kept)
