"""The sets, as typed rows. ``final`` files are measured, never tuned on; README.md says more."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Which = Literal["tuning", "final"]
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Domain:
    """Label texts of one domain.

    Attributes:
        item: What a text is called in a prompt ("Ticket").
        labels: Names to descriptions.
        texts: Pairs of label and text.
        examples: The same, to be shown in prompts.
    """

    name: str
    item: str
    labels: dict[str, str]
    texts: list[tuple[str, str]]
    examples: list[tuple[str, str]]


@dataclass(frozen=True)
class Question:
    """A question about the documents.

    Attributes:
        gold: All of these must occur in an answer, ``a|b`` meaning either; ``None`` when no document answers.
        documents: Ids of the documents that answer.
    """

    ask: str
    gold: list[str] | None
    documents: list[str]


@dataclass(frozen=True)
class Wording:
    """A way to ask, and the skills that count as right."""

    user: str
    system: str
    want: list[str]
    labels: list[str]
    style: str


def _load(which: Which, name: str) -> dict[str, Any]:
    with (HERE / which / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def domains(which: Which) -> list[Domain]:
    """Label texts."""
    return [
        Domain(
            row["name"],
            row["item"],
            row["labels"],
            [(label, text) for label, texts in row["texts"].items() for text in texts],
            [(label, text) for label, texts in row["examples"].items() for text in texts],
        )
        for row in _load(which, "labels")["domain"]
    ]


def sentiments(which: Which) -> list[tuple[str, str]]:
    """Pairs of sentiment and text."""
    return [(label, text) for label, texts in _load(which, "sentiment").items() for text in texts]


def reading(which: Which) -> tuple[dict[str, str], list[Question]]:
    """Documents by id, and questions about them."""
    raw = _load(which, "reading")
    rows = raw["question"]
    return raw["documents"], [Question(r["ask"], r.get("gold"), r.get("document", "").split(",")) for r in rows]


def wordings(which: Which) -> list[Wording]:
    """Ways to ask."""
    return [
        Wording(r["user"], r.get("system", ""), r["want"], r.get("labels", []), r.get("style", ""))
        for r in _load(which, "wordings")["wording"]
    ]
