"""Which test inputs a request holds, and where: what ties a differently worded request to a recording."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from coreskills.cassettes import cause as causes
from coreskills.cassettes import words
from coreskills.cassettes.shape import Shape

Held = tuple[frozenset[str], ...]


@dataclass(frozen=True)
class Found:
    """The inputs in one request.

    Attributes:
        asked: Inputs in the last message that holds one of the test's: what the request is about.
        system: Inputs in the system prompt.
        all: Inputs anywhere but in the assistant's messages.
        after: The messages that follow the asked one.
    """

    asked: frozenset[str]
    system: frozenset[str] = frozenset()
    all: frozenset[str] = frozenset()
    after: tuple[tuple[str, str, tuple[str, ...]], ...] = ()

    def may_get(self, recorded: Found) -> bool:
        """The recording asks about the same, with nothing else, at the same point of the same conversation.

        An input may stand in the message in one and in the system prompt in the other.
        """
        return (
            bool(self.asked & recorded.asked)
            and self.asked <= recorded.asked | recorded.system
            and recorded.asked <= self.asked | self.system
            and recorded.all <= self.all
            and self.after == recorded.after
        )


class InputIndex:
    """Finds known inputs in a text in time that does not grow with their number."""

    def __init__(self, inputs: Iterable[str]) -> None:
        """Take skeletons of any length."""
        self._by_head: dict[str, list[str]] = defaultdict(list)
        for each in sorted({*inputs}):
            if head := words.head(each):
                self._by_head[head].append(each)
        self._sizes = sorted({len(head.split()) for head in self._by_head})

    def occurring(self, text: str) -> list[str]:
        """Every input that occurs in a skeleton, longest first."""
        found = [
            each
            for size in self._sizes
            for run in words.windows(text, size=size)
            for each in self._by_head.get(run, ())
            if each in text
        ]
        return sorted(found, key=lambda skeleton: (-len(skeleton), skeleton))

    def held(self, shape: Shape) -> Held:
        """The inputs in each message of a request; the assistant's own words hold none."""
        return tuple(
            frozenset() if row.role == "assistant" else outermost(row.words, self.occurring(row.words))
            for row in shape.rows
        )


def place(shape: Shape, held: Held, known: frozenset[str]) -> Found | None:
    """Find the message that asks; ``None`` when no message holds a known input."""
    asking = [n for n, row in enumerate(shape.rows) if row.role != "system" and held[n] & known]
    if not asking:
        return None
    last = asking[-1]
    system = [held[n] for n, row in enumerate(shape.rows) if row.role == "system"]
    after = tuple((row.role, row.words, row.other) for row in shape.rows[last + 1 :] if row.role != "system")
    return Found(held[last], frozenset[str]().union(*system), frozenset[str]().union(*held), after)


def outermost(text: str, found: Sequence[str]) -> frozenset[str]:
    """Leave out an input that occurs only inside longer ones; ``found`` is longest first."""
    kept: list[str] = []
    rest = text
    for each in found:
        if each in rest:
            kept.append(each)
            # Keep the borders, so that what stood on both sides does not grow together.
            rest = rest.replace(each, " \0 ")
    return frozenset(kept)


def inputs_by_cause(all_causes: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """Skeletons of the texts that each test call passes, without short settings.

    A text of fewer than four words that every call of the same function passes (a label, a level) says nothing
    about which call it is, and stands in ordinary wording too.
    """
    passed = {cause: frozenset(map(words.skeleton, causes.texts(cause))) - {" "} for cause in all_causes}
    by_function: dict[str, list[frozenset[str]]] = defaultdict(list)
    for cause, texts in passed.items():
        by_function[causes.function(cause)].append(texts)
    constant = {
        name: frozenset.intersection(*calls) if len(calls) > 1 else frozenset[str]()
        for name, calls in by_function.items()
    }
    settings = {name: {text for text in texts if not words.is_long(text)} for name, texts in constant.items()}
    return {cause: texts - settings[causes.function(cause)] for cause, texts in passed.items()}


def usable_anchors(inputs: Iterable[str]) -> frozenset[str]:
    """Leave out inputs that are too short, and those inside another: a longer one cut short would look like them."""
    long = frozenset(each for each in inputs if words.is_long(each))
    index = InputIndex(long)
    return long - {each for other in long for each in index.occurring(other) if each != other}
