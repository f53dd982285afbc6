"""What an offline model is asked and what it answers, free of any provider's shapes.

The gateway parses Anthropic and OpenAI bodies into a ``Prompt`` and renders a ``Completion`` back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Role = Literal["system", "user", "assistant", "tool"]
StopReason = Literal["end", "max_tokens", "stop_sequence", "tool_use", "refusal"]


@dataclass(frozen=True)
class Text:
    """A text block; ``document`` blocks become one with their title."""

    text: str
    title: str | None = None


@dataclass(frozen=True)
class Image:
    """A picture, decoded from base64."""

    media_type: str
    data: bytes


@dataclass(frozen=True)
class ToolCall:
    """The model asks for a tool."""

    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class ToolResult:
    """What the caller's tool answered."""

    call_id: str
    text: str
    is_error: bool = False


Block = Text | Image | ToolCall | ToolResult


@dataclass(frozen=True)
class Turn:
    """One message."""

    role: Role
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Tool:
    """A tool the caller offers."""

    name: str
    description: str
    schema: Mapping[str, Any]


@dataclass(frozen=True)
class Prompt:
    """One request to a text model.

    Attributes:
        model: The provider's name for it, as asked.
        tool_choice: ``auto``, ``any``, ``none`` or a tool's name.
        output_schema: JSON schema the answer must obey; ``{}`` means "any JSON object"; ``None`` means text.
        repetition: How often this very request was seen before by this key: seeds noise at temperature > 0.
    """

    model: str
    turns: tuple[Turn, ...]
    system: str = ""
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    output_schema: Mapping[str, Any] | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    top_p: float | None = None
    seed: int | None = None
    repetition: int = 0


@dataclass(frozen=True)
class Completion:
    """An offline model's answer.

    Attributes:
        tokens_estimated: True for Claude names (no public tokenizer), False where tiktoken is exact.
        skill: Which skill answered; shown in traces, never to the SDK.
    """

    blocks: tuple[Text | ToolCall, ...]
    stop_reason: StopReason
    input_tokens: int
    output_tokens: int
    stop_sequence: str | None = None
    tokens_estimated: bool = True
    skill: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)


class PromptError(Exception):
    """The provider would refuse this request.

    Attributes:
        status: HTTP status; the gateway wraps it in the provider's error body.
        kind: ``not_found``, ``invalid_request``, ``too_large`` or ``context_length``.
    """

    def __init__(self, status: int, kind: str, message: str) -> None:
        self.status, self.kind, self.message = status, kind, message
        super().__init__(message)
