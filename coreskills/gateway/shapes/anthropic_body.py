"""Anthropic's Messages API: what a request may hold.

Source: the types of the anthropic SDK 2.12 (``message_create_params``).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Discriminator, Field, Tag

from coreskills.gateway.shapes.reading import Body, Part

# Answered by a provider's own servers; nothing here can stand in for them.
ServerKind = Literal[
    "server_tool_use",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "container_upload",
]
_SERVER_KINDS = frozenset(get_args(ServerKind))


def _as_blocks(content: Any) -> Any:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


class TextBlock(Part):
    type: Literal["text"]
    text: str


class Source(Part):
    type: Literal["base64", "url", "file", "text", "content"]
    media_type: str = ""
    data: str = ""
    url: str = ""
    content: str | list[dict[str, Any]] = ""


class ImageBlock(Part):
    type: Literal["image"]
    source: Source


class DocumentBlock(Part):
    type: Literal["document"]
    source: Source
    title: str | None = None
    context: str | None = None


class SearchResultBlock(Part):
    type: Literal["search_result"]
    title: str = ""
    source: str = ""
    content: list[TextBlock]


class ThinkingBlock(Part):
    type: Literal["thinking", "redacted_thinking"]


class ToolUseBlock(Part):
    type: Literal["tool_use"]
    id: str
    name: str
    input: dict[str, Any]


ResultPart = Annotated[TextBlock | ImageBlock | DocumentBlock | SearchResultBlock, Field(discriminator="type")]


class ToolResultBlock(Part):
    type: Literal["tool_result"]
    tool_use_id: str
    content: Annotated[
        list[ResultPart], BeforeValidator(_as_blocks, json_schema_input_type=str | list[ResultPart])
    ] = []
    is_error: bool = False


class ServerBlock(Part):
    type: ServerKind


def _kind(block: Any) -> str | None:
    kind = block.get("type") if isinstance(block, dict) else getattr(block, "type", None)
    if not isinstance(kind, str):
        return None
    if kind in _SERVER_KINDS:
        return "server"
    return "thinking" if kind == "redacted_thinking" else kind


AnyBlock = Annotated[
    Annotated[TextBlock, Tag("text")]
    | Annotated[ImageBlock, Tag("image")]
    | Annotated[DocumentBlock, Tag("document")]
    | Annotated[SearchResultBlock, Tag("search_result")]
    | Annotated[ThinkingBlock, Tag("thinking")]
    | Annotated[ToolUseBlock, Tag("tool_use")]
    | Annotated[ToolResultBlock, Tag("tool_result")]
    | Annotated[ServerBlock, Tag("server")],
    Discriminator(_kind),
]
Content = Annotated[list[AnyBlock], BeforeValidator(_as_blocks, json_schema_input_type=str | list[AnyBlock])]


class Message(Body):
    role: Literal["user", "assistant", "system"]
    content: Content


class ToolParam(Part):
    name: str = Field(min_length=1, max_length=128)
    type: str | None = None
    description: str = ""
    input_schema: dict[str, Any] | None = None


class ToolChoice(Part):
    type: Literal["auto", "any", "tool", "none"]
    name: str | None = None


class Thinking(Part):
    type: Literal["enabled", "disabled", "adaptive"]


class OutputFormat(Part):
    type: Literal["json_schema"]
    schema_: dict[str, Any] = Field(alias="schema")


class OutputConfig(Part):
    format: OutputFormat | None = None
    effort: str | None = None


class CountTokensBody(Body):
    """The body of ``count_tokens``, and what it shares with a message."""

    model: str = Field(min_length=1)
    messages: list[Message] = Field(min_length=1)
    system: Annotated[list[TextBlock], BeforeValidator(_as_blocks, json_schema_input_type=str | list[TextBlock])] = []
    tools: list[ToolParam] = []
    tool_choice: ToolChoice | None = None
    thinking: Thinking | None = None
    output_config: OutputConfig | None = None
    output_format: OutputFormat | None = None
    # Taken and without effect here; the beta ones come from older SDKs and third-party clients.
    cache_control: dict[str, Any] | None = None
    speed: Any = None
    user_profile_id: str | None = None
    workspace_id: str | None = None
    betas: list[str] | None = None
    context_management: dict[str, Any] | None = None
    mcp_servers: list[Any] | None = None


class MessageBody(CountTokensBody):
    """The body of a message."""

    max_tokens: int = Field(ge=1)
    stream: bool = False
    stop_sequences: list[str] = []
    temperature: float | None = Field(default=None, ge=0, le=1)
    top_p: float | None = Field(default=None, ge=0, le=1)
    top_k: int | None = Field(default=None, ge=0)
    metadata: dict[str, Any] | None = None
    service_tier: Literal["auto", "standard_only"] | None = None
    container: Any = None
    diagnostics: Any = None
    inference_geo: str | None = None
