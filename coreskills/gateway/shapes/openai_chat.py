"""OpenAI's Chat Completions API: requests read into a prompt, with the provider's own words where one is refused."""

from __future__ import annotations

import json
import re
from typing import Any

from coreskills.gateway.shapes.capabilities import check_gpt, check_json_mode, offered
from coreskills.gateway.shapes.openai_chat_body import (
    ChatBody,
    ImagePart,
    Message,
    RefusalPart,
    ResponseFormat,
    TextPart,
    ToolChoice,
    ToolParam,
)
from coreskills.gateway.shapes.reading import read_base64
from coreskills.offline.prompt import Block, Image, Prompt, Text, Tool, ToolCall, ToolResult, Turn
from coreskills.wire.errors import WireError

_LACKING = {"logprobs": "log probabilities", "audio": "voice", "web_search_options": "web search"}
_DATA_URL = re.compile(r"data:(image/(?:png|jpeg|gif|webp));base64,", re.ASCII)


def to_prompt(body: ChatBody, *, repetition: int = 0) -> Prompt:
    """Turn a checked body into a prompt.

    Raises:
        WireError: 400; it asks for what the offline models cannot do, or its messages contradict each other.
    """
    for name, lack in _LACKING.items():
        if getattr(body, name):
            raise WireError(400, "invalid_value", f"The offline models have no {lack}.", param=name)
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
