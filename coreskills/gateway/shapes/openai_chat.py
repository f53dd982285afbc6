"""OpenAI's Chat Completions API: requests read into a prompt.

Source: the types of the openai SDK 3.54 (``completion_create_params``), and the provider's texts.
"""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from coreskills.gateway.shapes.capabilities import check_gpt, check_json_mode, offered
from coreskills.gateway.shapes.reading import Body, Part, read_base64
from coreskills.offline.prompt import (
    Block,
    Image,
    Prompt,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Turn,
)
from coreskills.wire.errors import WireError

_DATA_URL = re.compile(r"data:(image/(?:png|jpeg|gif|webp));base64,", re.ASCII)


def _as_parts(content: Any) -> Any:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


class TextPart(Part):
    type: Literal["text", "input_text", "output_text"]
    text: str


class ImageUrl(Part):
    url: str


class ImagePart(Part):
    type: Literal["image_url"]
    image_url: ImageUrl


class RefusalPart(Part):
    type: Literal["refusal"]
    refusal: str


class OtherPart(Part):
    type: Literal["input_audio", "file"]


def _kind(part: Any) -> str | None:
    kind = part.get("type") if isinstance(part, dict) else getattr(part, "type", None)
    return "other" if kind in ("input_audio", "file") else kind if isinstance(kind, str) else None


AnyPart = Annotated[
    Annotated[TextPart, Tag("text")]
    | Annotated[ImagePart, Tag("image_url")]
    | Annotated[RefusalPart, Tag("refusal")]
    | Annotated[OtherPart, Tag("other")],
    Discriminator(_kind),
]
Content = Annotated[list[AnyPart], BeforeValidator(_as_parts, json_schema_input_type=str | list[AnyPart])]


class FunctionCall(Part):
    name: str
    arguments: str


class ToolCallParam(Part):
    id: str
    type: Literal["function"] = "function"
    function: FunctionCall


class Message(Part):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Content | None = None
    tool_calls: list[ToolCallParam] | None = None
    tool_call_id: str | None = None
    name: str | None = None


class Function(Part):
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    description: str | None = None
    parameters: dict[str, Any] | None = None


class ToolParam(Part):
    type: Literal["function"]
    function: Function


class NamedFunction(Part):
    name: str


class ToolChoice(Part):
    type: Literal["function"]
    function: NamedFunction


class JsonSchema(Part):
    name: str
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")


class ResponseFormat(Part):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class StreamOptions(Part):
    include_usage: bool | None = None


def _as_list(stop: Any) -> Any:
    return [stop] if isinstance(stop, str) else stop


class ChatBody(Body):
    """The body of a chat completion."""

    model: str = Field(min_length=1)
    messages: list[Message] = Field(min_length=1)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, ge=0, le=1)
    n: int | None = Field(default=None, ge=1, le=128)
    seed: int | None = None
    stop: (
        Annotated[list[str], BeforeValidator(_as_list, json_schema_input_type=str | list[str]), Field(max_length=4)]
        | None
    ) = None
    tools: list[ToolParam] | None = None
    tool_choice: Literal["auto", "none", "required"] | ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    frequency_penalty: float | None = Field(default=None, ge=-2, le=2)
    presence_penalty: float | None = Field(default=None, ge=-2, le=2)
    # Taken, and without effect here.
    logit_bias: dict[str, Any] | None = None
    user: str | None = None
    store: bool | None = None
    metadata: dict[str, str] | None = None
    service_tier: str | None = None
    reasoning_effort: str | None = None
    verbosity: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: dict[str, Any] | None = None
    prompt_cache_retention: str | None = None
    safety_identifier: str | None = None
    prediction: dict[str, Any] | None = None
    modalities: list[str] | None = None
    moderation: Any = None


def to_prompt(body: ChatBody, *, repetition: int = 0) -> Prompt:
    """Turn a checked body into a prompt.

    Raises:
        WireError: 400; it asks for what the offline models cannot do, or its messages contradict each other.
    """
    if body.logprobs:
        raise WireError(400, "invalid_value", "The offline models have no log probabilities.", param="logprobs")
    info = offered(body.model, "openai")
    check_gpt(info, temperature=body.temperature, top_p=body.top_p, effort=body.reasoning_effort)
    turns = tuple(_turn(message, place) for place, message in enumerate(body.messages))
    _check_results(body.messages)
    if body.response_format and body.response_format.type == "json_object":
        message = (
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
        )
        check_json_mode(map(_flat, turns), message=message, param="messages")
    system = [_flat(turn) for turn in turns if turn.role == "system"]
    return Prompt(
        model=body.model,
        turns=tuple(turn for turn in turns if turn.role != "system"),
        system="\n\n".join(text for text in system if text),
        tools=tuple(_tool(tool) for tool in body.tools or []),
        tool_choice=_choice(body),
        output_schema=_schema(body.response_format),
        max_tokens=body.max_completion_tokens or body.max_tokens,
        stop=tuple(body.stop or ()),
        temperature=body.temperature or 0.0,
        top_p=body.top_p,
        seed=body.seed,
        repetition=repetition,
    )


def _turn(message: Message, place: int) -> Turn:
    where = f"messages[{place}]"
    blocks: list[Block] = []
    for number, part in enumerate(message.content or []):
        blocks.append(_block(part, f"{where}.content[{number}]"))
    if message.role in ("tool", "function"):
        if message.tool_call_id is None:
            raise WireError(
                400, "missing", f"Missing required parameter: '{where}.tool_call_id'.", param=f"{where}.tool_call_id"
            )
        text = "\n".join(block.text for block in blocks if isinstance(block, Text))
        return Turn("tool", (ToolResult(message.tool_call_id, text),))
    for call in message.tool_calls or []:
        blocks.append(ToolCall(call.id, call.function.name, read_arguments(call.function.arguments)))
    if message.role in ("system", "developer"):
        return Turn("system", tuple(blocks))
    return Turn("assistant" if message.role == "assistant" else "user", tuple(blocks))


def read_arguments(text: str) -> dict[str, Any]:
    """A tool call's arguments; what a model wrote may be no JSON at all, and is then kept as text."""
    try:
        arguments = json.loads(text)
    except (ValueError, RecursionError):
        return {"arguments": text}
    return arguments if isinstance(arguments, dict) else {"arguments": arguments}


def _block(part: Any, where: str) -> Block:
    match part:
        case TextPart():
            return Text(part.text)
        case RefusalPart():
            return Text(part.refusal)
        case ImagePart():
            return read_image(part.image_url.url, where)
    raise WireError(
        400,
        "invalid_value",
        f"Invalid value: '{part.type}'. The offline models read text and pictures.",
        param=f"{where}.type",
    )


def read_image(url: str, where: str) -> Image:
    """Decode a data URL; nothing is fetched from elsewhere.

    Raises:
        WireError: 400; another kind of URL, or not base64.
    """
    found = _DATA_URL.match(url)
    if found is None:
        raise WireError(
            400,
            "invalid_value",
            "This gateway fetches no pictures; send a data URL: 'data:image/png;base64,...' (png, jpeg, gif or webp).",
            param=f"{where}.image_url.url",
        )
    return Image(found[1], read_base64(url[found.end() :], f"{where}.image_url.url"))


def _tool(tool: ToolParam) -> Tool:
    function = tool.function
    return Tool(function.name, function.description or "", function.parameters or {"type": "object", "properties": {}})


def _choice(body: ChatBody) -> str:
    choice = body.tool_choice
    if isinstance(choice, ToolChoice):
        names = [tool.function.name for tool in body.tools or []]
        if choice.function.name not in names:
            raise WireError(
                400,
                "invalid_value",
                f"Invalid value for 'tool_choice': no function named '{choice.function.name}' in 'tools'.",
                param="tool_choice",
            )
        return choice.function.name
    if choice is not None and not body.tools:
        raise WireError(
            400,
            "invalid_value",
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
            param="tool_choice",
        )
    return {"required": "any", None: "auto"}.get(choice, str(choice))


def _schema(wanted: ResponseFormat | None) -> dict[str, Any] | None:
    if wanted is None or wanted.type == "text":
        return None
    if wanted.type == "json_object":
        return {}
    if wanted.json_schema is None:
        raise WireError(
            400,
            "missing",
            "Missing required parameter: 'response_format.json_schema'.",
            param="response_format.json_schema",
        )
    return wanted.json_schema.schema_ or {}


def _check_results(messages: list[Message]) -> None:
    """Tool messages follow the assistant message that asked for them."""
    asked: set[str] = set()
    for place, message in enumerate(messages):
        if message.role == "assistant":
            asked = {call.id for call in message.tool_calls or []}
        elif message.role == "tool" and message.tool_call_id not in asked:
            raise WireError(
                400,
                "invalid_value",
                "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                "'tool_calls'.",
                param=f"messages[{place}].role",
            )


def _flat(turn: Turn) -> str:
    return "\n".join(block.text for block in turn.blocks if isinstance(block, Text))
