"""OpenAI's Responses API: requests read into a prompt, completions written as answers.

Source: the types of the openai SDK 3.54 (``response_create_params``, ``Response``), and recorded traffic.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from coreskills.gateway.shapes.openai_chat import read_arguments, read_image
from coreskills.gateway.shapes.reading import Body, Part
from coreskills.offline.prompt import Block, Completion, Prompt, Text, Tool, ToolCall, ToolResult, Turn
from coreskills.wire.errors import WireError

_MESSAGE_ROLES = ("user", "assistant", "system", "developer")


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


Parts = Annotated[
    list[
        Annotated[
            Annotated[TextPart, Tag("text")]
            | Annotated[ImagePart, Tag("input_image")]
            | Annotated[RefusalPart, Tag("refusal")]
            | Annotated[OtherPart, Tag("other")],
            Discriminator(_part_kind),
        ]
    ],
    BeforeValidator(_as_parts),
]


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


class OtherItem(Part):
    type: str


def _item_kind(item: Any) -> str | None:
    kind = item.get("type", "message") if isinstance(item, dict) else getattr(item, "type", None)
    if kind in ("message", "function_call", "function_call_output", "reasoning"):
        return str(kind)
    return "other" if isinstance(kind, str) else None


def _as_items(given: Any) -> Any:
    return [{"type": "message", "role": "user", "content": given}] if isinstance(given, str) else given


Items = Annotated[
    list[
        Annotated[
            Annotated[MessageItem, Tag("message")]
            | Annotated[CallItem, Tag("function_call")]
            | Annotated[OutputItem, Tag("function_call_output")]
            | Annotated[ReasoningItem, Tag("reasoning")]
            | Annotated[OtherItem, Tag("other")],
            Discriminator(_item_kind),
        ]
    ],
    BeforeValidator(_as_items),
]


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


def to_prompt(body: ResponsesBody, *, earlier: tuple[Turn, ...] = (), repetition: int = 0) -> Prompt:
    """Turn a checked body into a prompt.

    Args:
        earlier: The turns of ``previous_response_id``.

    Raises:
        WireError: 400; it asks for what the offline models cannot do, or its items contradict each other.
    """
    if not body.input and not earlier and not body.instructions:
        raise WireError(400, "missing", "Missing required parameter: 'input'.", param="input")
    turns = [*earlier, *turns_of(body)]
    _check_results(turns)
    system = [body.instructions or "", *(_flat(turn) for turn in turns if turn.role == "system")]
    return Prompt(
        model=body.model,
        turns=tuple(turn for turn in turns if turn.role != "system"),
        system="\n\n".join(text for text in system if text),
        tools=tuple(_tool(tool, place) for place, tool in enumerate(body.tools or [])),
        tool_choice=_choice(body),
        output_schema=_schema(body.text.format if body.text else None),
        max_tokens=body.max_output_tokens,
        temperature=body.temperature or 0.0,
        top_p=body.top_p,
        repetition=repetition,
    )


def answered(completion: Completion) -> Turn:
    """The turn that an answer adds to a conversation."""
    return Turn("assistant", completion.blocks)


def response_document(
    completion: Completion, body: ResponsesBody, *, answer_id: str, created: int, cached_tokens: int = 0
) -> dict[str, Any]:
    """One response, plain."""
    is_whole = completion.stop_reason != "max_tokens"
    chosen = body.tool_choice.model_dump(exclude_none=True) if isinstance(body.tool_choice, ToolChoice) else None
    format_ = (body.text.format if body.text else None) or TextFormat(type="text")
    reasoning = body.reasoning or {}
    return {
        "id": f"resp_{answer_id}",
        "object": "response",
        "created_at": created,
        "status": "completed" if is_whole else "incomplete",
        "background": False,
        "completed_at": created if is_whole else None,
        "error": None,
        "frequency_penalty": 0.0,
        "incomplete_details": None if is_whole else {"reason": "max_output_tokens"},
        "instructions": body.instructions,
        "max_output_tokens": body.max_output_tokens,
        "max_tool_calls": body.max_tool_calls,
        "model": body.model,
        "moderation": None,
        "output": _output(completion, answer_id, is_whole=is_whole),
        "parallel_tool_calls": body.parallel_tool_calls is not False,
        "presence_penalty": 0.0,
        "previous_response_id": body.previous_response_id,
        "prompt_cache_key": body.prompt_cache_key,
        "prompt_cache_retention": None,
        "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
        "safety_identifier": body.safety_identifier,
        "service_tier": "default",
        "store": body.store is not False,
        "temperature": 1.0 if body.temperature is None else body.temperature,
        "text": {
            "format": _format_document(format_),
            "verbosity": (body.text.verbosity if body.text else None) or "medium",
        },
        "tool_choice": chosen or body.tool_choice or "auto",
        "tools": [_tool_document(tool) for tool in body.tools or []],
        "top_logprobs": body.top_logprobs or 0,
        "top_p": 1.0 if body.top_p is None else body.top_p,
        "truncation": body.truncation or "disabled",
        "usage": {
            "input_tokens": completion.input_tokens,
            "input_tokens_details": {"cached_tokens": cached_tokens, "cache_write_tokens": 0},
            "output_tokens": completion.output_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": completion.input_tokens + completion.output_tokens,
        },
        "user": body.user,
        "metadata": body.metadata or {},
    }


def _output(completion: Completion, answer_id: str, *, is_whole: bool) -> list[dict[str, Any]]:
    status = "completed" if is_whole else "incomplete"
    items: list[dict[str, Any]] = []
    text = "".join(block.text for block in completion.blocks if isinstance(block, Text))
    calls = [block for block in completion.blocks if isinstance(block, ToolCall)]
    if text or not calls:
        items.append(
            {
                "id": f"msg_{answer_id}",
                "type": "message",
                "status": status,
                "content": [{"type": "output_text", "annotations": [], "logprobs": [], "text": text}],
                "role": "assistant",
            }
        )
    for place, call in enumerate(calls):
        items.append(
            {
                "id": f"fc_{answer_id}{place}",
                "type": "function_call",
                "status": status,
                "arguments": json.dumps(dict(call.arguments), ensure_ascii=False),
                "call_id": call.id,
                "name": call.name,
            }
        )
    return items


def _format_document(wanted: TextFormat) -> dict[str, Any]:
    if wanted.type != "json_schema":
        return {"type": wanted.type}
    return {
        "type": "json_schema",
        "description": wanted.description,
        "name": wanted.name,
        "schema": wanted.schema_ or {},
        "strict": wanted.strict is not False,
    }


def _tool_document(tool: ToolParam) -> dict[str, Any]:
    return {
        "type": "function",
        "description": tool.description,
        "name": tool.name,
        "parameters": tool.parameters,
        "strict": True,
    }


def turns_of(body: ResponsesBody) -> list[Turn]:
    """The turns of a request's own input.

    Raises:
        WireError: 400; an item that no offline model can read.
    """
    turns: list[Turn] = []
    for place, item in enumerate(body.input):
        where = f"input[{place}]"
        match item:
            case MessageItem():
                role = {"developer": "system"}.get(item.role, item.role)
                turns.append(Turn(role, tuple(_blocks(item.content, where))))  # type: ignore[arg-type]  # checked above
            case CallItem():
                call = ToolCall(item.call_id, item.name, read_arguments(item.arguments))
                # Calls that were made at once stand in one turn, as in the other APIs.
                if turns and turns[-1].role == "assistant":
                    turns[-1] = Turn("assistant", (*turns[-1].blocks, call))
                else:
                    turns.append(Turn("assistant", (call,)))
            case OutputItem():
                text = "\n".join(block.text for block in _blocks(item.output, where) if isinstance(block, Text))
                turns.append(Turn("tool", (ToolResult(item.call_id, text),)))
            case OtherItem():
                raise WireError(
                    400,
                    "invalid_value",
                    f"Invalid value: '{item.type}'. Tools that run on the provider's servers do not work offline.",
                    param=f"{where}.type",
                )
    return turns


def _blocks(parts: list[Any], where: str) -> list[Block]:
    blocks: list[Block] = []
    for number, part in enumerate(parts):
        place = f"{where}.content[{number}]"
        match part:
            case TextPart():
                blocks.append(Text(part.text))
            case RefusalPart():
                blocks.append(Text(part.refusal))
            case ImagePart():
                blocks.append(read_image(part.image_url or "", place))
            case OtherPart():
                raise WireError(
                    400,
                    "invalid_value",
                    f"Invalid value: '{part.type}'. The offline models read text and pictures; extract the text first.",
                    param=f"{place}.type",
                )
    return blocks


def _tool(tool: ToolParam, place: int) -> Tool:
    if tool.type != "function":
        raise WireError(
            400,
            "invalid_value",
            f"Invalid value: '{tool.type}'. Only 'function' tools work here: the others run on the provider's servers.",
            param=f"tools[{place}].type",
        )
    if not tool.name:
        where = f"tools[{place}].name"
        raise WireError(400, "missing", f"Missing required parameter: '{where}'.", param=where)
    return Tool(tool.name, tool.description or "", tool.parameters or {"type": "object", "properties": {}})


def _choice(body: ResponsesBody) -> str:
    choice = body.tool_choice
    if isinstance(choice, ToolChoice):
        if choice.type != "function" or choice.name not in [tool.name for tool in body.tools or []]:
            raise WireError(
                400,
                "invalid_value",
                f"Tool choice '{choice.name or choice.type}' not found in 'tools' parameter.",
                param="tool_choice",
            )
        return str(choice.name)
    return {"required": "any", None: "auto"}.get(choice, str(choice))


def _schema(wanted: TextFormat | None) -> dict[str, Any] | None:
    if wanted is None or wanted.type == "text":
        return None
    return {} if wanted.type == "json_object" else wanted.schema_ or {}


def _check_results(turns: list[Turn]) -> None:
    """An output answers a call that was made, and a call is answered before the conversation goes on."""
    asked = _ids(turns, lambda block: block.id if isinstance(block, ToolCall) else None)
    given = _ids(turns, lambda block: block.call_id if isinstance(block, ToolResult) else None)
    if unknown := sorted(given - asked):
        raise WireError(
            400,
            "invalid_value",
            f"No tool call found for function call output with call_id {unknown[0]}.",
            param="input",
        )
    if missing := sorted(asked - given):
        raise WireError(400, "invalid_value", f"No tool output found for function call {missing[0]}.", param="input")


def _ids(turns: list[Turn], pick: Callable[[Block], str | None]) -> set[str]:
    return {found for turn in turns for block in turn.blocks if (found := pick(block)) is not None}


def _flat(turn: Turn) -> str:
    return "\n".join(block.text for block in turn.blocks if isinstance(block, Text))
