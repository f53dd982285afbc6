"""What changed between two recordings of one lab: answers, usage, models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from coreskills.cassettes import fit
from coreskills.cassettes.recording import Recording
from coreskills.cassettes.shape import exact_key, parse

_SHOWN = 160


@dataclass(frozen=True)
class Change:
    """One request whose answer changed.

    Attributes:
        what: Such as ``answer``, ``usage``, ``model``, ``status``.
        before, after: In short.
    """

    request: str
    what: str
    before: str
    after: str


@dataclass
class Drift:
    """Two recordings compared."""

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    same: int = 0

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changes)


def compare(before: Iterable[Recording], after: Iterable[Recording]) -> Drift:
    """Compare two recordings request by request; equal requests are compared in order."""
    old, new = _by_request(before), _by_request(after)
    drift = Drift(
        added=[_title(new[key][0]) for key in new if key not in old],
        removed=[_title(old[key][0]) for key in old if key not in new],
    )
    for key in (key for key in new if key in old):
        ours, theirs = old[key], new[key]
        # A recording that always got the same answer is kept once: compare it with each of the new ones.
        if len(ours) < len(theirs):
            ours = ours + ours[-1:] * (len(theirs) - len(ours))
        for one, other in zip(ours, theirs, strict=False):
            if found := list(_changes(one, other)):
                drift.changes += found
            else:
                drift.same += 1
    return drift


def _by_request(recordings: Iterable[Recording]) -> dict[str, list[Recording]]:
    groups: dict[str, list[Recording]] = {}
    for each in recordings:
        groups.setdefault(exact_key(each.request), []).append(each)
    return groups


def _title(recording: Recording) -> str:
    shape = parse(recording.request)
    last = shape.rows[-1].text if shape.rows else ""
    return f"{shape.endpoint} {shape.model}: {_short(last)}"


def _changes(before: Recording, after: Recording) -> Iterable[Change]:
    title = _title(after)
    if before.response.status != after.response.status:
        yield Change(title, "status", str(before.response.status), str(after.response.status))
        return
    if before.response.body == after.response.body:
        return
    one, other = fit.plain_document(before), fit.plain_document(after)
    said = fit.content_of(one, before.response), fit.content_of(other, after.response)
    if said[0] != said[1]:
        yield Change(title, "answer", *_around(*said))
    for what in ("model", "usage", "stop_reason"):
        if _field(one, what) != _field(other, what):
            yield Change(title, what, _short(str(_field(one, what))), _short(str(_field(other, what))))


def _field(document: Any, name: str) -> Any:
    return document.get(name) if isinstance(document, dict) else None


def _around(before: str, after: str) -> tuple[str, str]:
    """The two texts from a little before the place where they part."""
    start = max(0, _common(before, after) - 20)
    return _short(before[start:]), _short(after[start:])


def _common(one: str, other: str) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def summary(drifts: Sequence[Drift]) -> str:
    """One line over several cassettes."""
    same = sum(drift.same for drift in drifts)
    changed = sum(len(drift.changes) for drift in drifts)
    added, removed = sum(len(drift.added) for drift in drifts), sum(len(drift.removed) for drift in drifts)
    return f"{same} the same, {changed} changed, {added} new, {removed} gone"
