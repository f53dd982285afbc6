"""OpenAI's Responses API: what a request may hold.

Source: the types of the openai SDK 3.54 (``response_create_params``).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from coreskills.gateway.shapes.reading import Body, Part


class TextPart(Part):
    type: Literal["input_text", "output_text", "text"]
    text: str


class ImagePart(Part):
    type: Literal["input_image"]
    image_url: str | None = None


class RefusalPart(Part):
    type: Literal["refusal"]
    refusal: str


class OtherPart(Part):
    type: Literal["input_file", "input_audio"]


def _part_kind(part: Any) -> str | None:
    kind = part.get("type") if isinstance(part, dict) else getattr(part, "type", None)
    if kind in ("input_text", "output_text", "text"):
        return "text"
    return "other" if kind in ("input_file", "input_audio") else kind if isinstance(kind, str) else None


def _as_parts(content: Any) -> Any:
    return [{"type": "input_text", "text": content}] if isinstance(content, str) else content


AnyPart = Annotated[
    Annotated[TextPart, Tag("text")]
    | Annotated[ImagePart, Tag("input_image")]
    | Annotated[RefusalPart, Tag("refusal")]
    | Annotated[OtherPart, Tag("other")],
    Discriminator(_part_kind),
]
Parts = Annotated[list[AnyPart], BeforeValidator(_as_parts, json_schema_input_type=str | list[AnyPart])]


class MessageItem(Part):
    type: Literal["message"] = "message"
    role: Literal["user", "assistant", "system", "developer"]
    content: Parts


class CallItem(Part):
    type: Literal["function_call"]
    call_id: str
    name: str
    arguments: str


class OutputItem(Part):
    type: Literal["function_call_output"]
    call_id: str
    output: Parts


class ReasoningItem(Part):
    type: Literal["reasoning"]


_KINDS = ("message", "function_call", "function_call_output", "reasoning")


class OtherItem(Part):
    type: str = Field(json_schema_extra={"not": {"enum": [*_KINDS]}})


def _item_kind(item: Any) -> str | None:
    kind = item.get("type", "message") if isinstance(item, dict) else getattr(item, "type", None)
    if kind in _KINDS:
        return str(kind)
    return "other" if isinstance(kind, str) else None


def _as_items(given: Any) -> Any:
    return [{"type": "message", "role": "user", "content": given}] if isinstance(given, str) else given


AnyItem = Annotated[
    Annotated[MessageItem, Tag("message")]
    | Annotated[CallItem, Tag("function_call")]
    | Annotated[OutputItem, Tag("function_call_output")]
    | Annotated[ReasoningItem, Tag("reasoning")]
    | Annotated[OtherItem, Tag("other")],
    Discriminator(_item_kind),
]
Items = Annotated[list[AnyItem], BeforeValidator(_as_items, json_schema_input_type=str | list[AnyItem])]


class ToolParam(Part):
    type: str
    name: str = ""
    description: str | None = None
    parameters: dict[str, Any] | None = None


class ToolChoice(Part):
    type: str
    name: str | None = None


class TextFormat(Part):
    type: Literal["text", "json_object", "json_schema"]
    name: str = "answer"
    description: str | None = None
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")
    strict: bool | None = None


class TextConfig(Part):
    format: TextFormat | None = None
    verbosity: str | None = None


class ResponsesBody(Body):
    """The body of a response."""

    model: str = Field(min_length=1)
    input: Items = Field(default=[], min_length=0)
    instructions: str | None = None
    stream: bool | None = None
    stream_options: dict[str, Any] | None = None
    max_output_tokens: int | None = Field(default=None, ge=16)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, ge=0, le=1)
    tools: list[ToolParam] | None = None
    tool_choice: Literal["auto", "none", "required"] | ToolChoice | None = None
    text: TextConfig | None = None
    previous_response_id: str | None = None
    parallel_tool_calls: bool | None = None
    store: bool | None = None
    # Taken, told back where the provider tells them, and without effect here.
    metadata: dict[str, str] | None = None
    user: str | None = None
    include: list[str] | None = None
    reasoning: dict[str, Any] | None = None
    truncation: Literal["auto", "disabled"] | None = None
    service_tier: str | None = None
    max_tool_calls: int | None = None
    top_logprobs: int | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: dict[str, Any] | None = None
    prompt_cache_retention: str | None = None
    safety_identifier: str | None = None
    context_management: Any = None
    moderation: Any = None
