"""OpenAI's Responses API: requests read into a prompt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from coreskills.gateway.shapes.capabilities import check_gpt, check_json_mode, offered
from coreskills.gateway.shapes.openai_chat import read_arguments, read_image
from coreskills.gateway.shapes.openai_responses_body import (
    CallItem,
    ImagePart,
    MessageItem,
    OtherItem,
    OtherPart,
    OutputItem,
    RefusalPart,
    ResponsesBody,
    TextFormat,
    TextPart,
    ToolChoice,
    ToolParam,
)
from coreskills.offline.prompt import Block, Completion, Prompt, Text, Tool, ToolCall, ToolResult, Turn
from coreskills.wire.errors import WireError


def to_prompt(body: ResponsesBody, *, earlier: tuple[Turn, ...] = (), repetition: int = 0) -> Prompt:
    """Turn a checked body into a prompt.

    Args:
        earlier: The turns of ``previous_response_id``.

    Raises:
        WireError: 400; it asks for what the offline models cannot do, or its items contradict each other.
    """
    if not body.input and not earlier and not body.instructions:
        raise WireError(400, "missing", "Missing required parameter: 'input'.", param="input")
    info = offered(body.model, "openai")
    check_gpt(info, temperature=body.temperature, top_p=body.top_p, effort=(body.reasoning or {}).get("effort"))
    turns = [*earlier, *turns_of(body)]
    _check_results(turns)
    system = [body.instructions or "", *(_flat(turn) for turn in turns if turn.role == "system")]
    if body.text and body.text.format and body.text.format.type == "json_object":
        message = (
            "Response input messages must contain the word 'json' in some form to use 'text.format' of type "
            "'json_object'."
        )
        check_json_mode([*system, *map(_flat, turns)], message=message, param="input")
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
