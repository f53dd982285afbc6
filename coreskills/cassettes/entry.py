"""A recording in the index, parsed when it is first compared."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from coreskills.cassettes import cause as causes
from coreskills.cassettes import fit
from coreskills.cassettes.recording import Recording
from coreskills.cassettes.shape import Shape, parse


@dataclass(frozen=True, eq=False)
class Entry:
    """One recording and where it lies.

    Attributes:
        number: In the whole library, in playing order.
        place: In its own cassette.
    """

    number: int
    cassette: str
    place: int
    recording: Recording

    @cached_property
    def shape(self) -> Shape:
        return parse(self.recording.request)

    @cached_property
    def answer(self) -> Any:
        """The recorded answer as a JSON document; ``None`` when it has no such form."""
        return fit.plain_document(self.recording)

    @cached_property
    def causes(self) -> frozenset[str]:
        return frozenset(causes.normal(cause) for cause in self.recording.causes)

    @property
    def is_hidden(self) -> bool:
        """Recorded for a hidden check: nothing of it may be shown to a learner."""
        return self.cassette.endswith(".hidden.json")
