"""A request as understood: what is asked, over which labels, examples, sources, tools, and in which form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from coreskills.offline.prompt import Image, Prompt, ToolCall

Form = Literal["free", "label", "json"]
Skill = Literal[
    "answer", "arithmetic", "ask_back", "chat", "classify", "closed_book", "compare", "embed_picture", "extract",
    "judge", "look", "refuse", "report", "summarise", "tool",
]  # fmt: skip


@dataclass(frozen=True)
class Source:
    """A document in the prompt.

    Attributes:
        is_marked: It was marked as a source; a plain numbered line or a loose paragraph may be something else.
    """

    id: str
    title: str
    text: str
    is_marked: bool = True


@dataclass(frozen=True)
class Example:
    """A worked example in the prompt."""

    text: str
    label: str


@dataclass(frozen=True)
class Limit:
    """How long an answer may be."""

    unit: Literal["sentences", "words", "bullets"]
    n: int


@dataclass
class Task:
    """What ``asking.understand`` made of a prompt.

    Attributes:
        order: The words that say what to do: system prompt and last user message without their data (documents,
            quoted items, fenced blocks), cut to a length that patterns can read in constant time.
        last: The whole last user message.
        item: The text to work on.
        fields: Named parts of the last message, lower-case name to text (``<question>`` and ``Question:`` alike).
        keys: JSON keys the prompt names.
        hints: What the prompt tells the model to watch: negation, contrast, sarcasm, numbers, length, position.
        abstain: The phrase to say when the sources lack the answer; "" for any wording; ``None`` when not asked.
        certainty: Score of the routing; below 1 the wording was matched by likeness.
    """

    prompt: Prompt
    order: str = ""
    system: str = ""
    last: str = ""
    history: list[tuple[str, str]] = field(default_factory=list)
    prefill: str = ""
    images: list[Image] = field(default_factory=list)
    called: list[ToolCall] = field(default_factory=list)
    results: list[tuple[str, bool]] = field(default_factory=list)
    item: str = ""
    question: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    many_labels: bool = False
    examples: list[Example] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    form: Form = "free"
    strict_form: bool = False
    keys: list[str] = field(default_factory=list)
    hints: set[str] = field(default_factory=set)
    abstain: str | None = None
    cite: bool = False
    limit: Limit | None = None
    scale: tuple[int, int] | None = None
    skill: Skill = "chat"
    certainty: float = 1.0
    draw: str | None = None

    @property
    def schema(self) -> Mapping[str, Any] | None:
        """The JSON schema the answer must obey, if it says anything."""
        return self.prompt.output_schema


@dataclass(frozen=True)
class Answer:
    """What a skill made.

    Attributes:
        notes: Facts about the run for traces: scores, sources used, whether it abstained or asked back.
    """

    text: str = ""
    calls: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)
    refused: bool = False
