"""Anthropic's Messages API: requests read into a prompt, with the provider's own words where one is refused."""

from __future__ import annotations

from typing import Any

from coreskills.gateway.shapes.anthropic_body import (
    CountTokensBody,
    DocumentBlock,
    ImageBlock,
    Message,
    MessageBody,
    SearchResultBlock,
    Source,
    TextBlock,
    ThinkingBlock,
    ToolParam,
    ToolResultBlock,
    ToolUseBlock,
)
from coreskills.gateway.shapes.capabilities import check_claude, offered
from coreskills.gateway.shapes.reading import read_base64
from coreskills.offline.prompt import Block, Image, Prompt, Text, Tool, ToolCall, ToolResult, Turn
from coreskills.wire.errors import WireError


def to_prompt(body: CountTokensBody, *, repetition: int = 0) -> Prompt:
    """Turn a checked body into a prompt.

    Raises:
        WireError: 400; it asks for what the offline models cannot do, or its turns contradict each other.
    """
    info = offered(body.model, "anthropic")
    _check_content(body.messages)
    turns = tuple(_turn(message, place) for place, message in enumerate(body.messages))
    _check_results(turns)
    system = [*(block.text for block in body.system), *(_flat(turn) for turn in turns if turn.role == "system")]
    generation: dict[str, Any] = {}
    if isinstance(body, MessageBody):
        check_claude(info, turns, temperature=body.temperature, top_p=body.top_p, top_k=body.top_k)
        generation = {
            "max_tokens": body.max_tokens,
            "stop": tuple(body.stop_sequences),
            "temperature": body.temperature or 0.0,
            "top_p": body.top_p,
        }
    return Prompt(
        model=body.model,
        turns=tuple(turn for turn in turns if turn.role != "system"),
        system="\n\n".join(text for text in system if text),
        tools=tuple(_tool(tool, place) for place, tool in enumerate(body.tools)),
        tool_choice=_choice(body),
        output_schema=_schema(body),
        repetition=repetition,
        **generation,
    )


def _turn(message: Message, place: int) -> Turn:
    blocks: list[Block] = []
    for number, block in enumerate(message.content):
        blocks.extend(_blocks(block, f"messages.{place}.content.{number}"))
    return Turn(message.role, tuple(blocks))


def _blocks(block: Any, where: str) -> list[Block]:
    match block:
        case TextBlock():
            return [Text(block.text)]
        case ImageBlock():
            return [_image(block.source, where)]
        case DocumentBlock():
            text = _document(block.source, where)
            return [Text(f"{block.context}\n{text}" if block.context else text, title=block.title or "document")]
        case SearchResultBlock():
            return [Text("\n".join(part.text for part in block.content), title=block.title or block.source)]
        case ToolUseBlock():
            return [ToolCall(block.id, block.name, block.input)]
        case ToolResultBlock():
            parts = [part for number, inner in enumerate(block.content) for part in _blocks(inner, f"{where}.{number}")]
            text = "\n".join(part.text for part in parts if isinstance(part, Text))
            images: list[Block] = [part for part in parts if isinstance(part, Image)]
            return [ToolResult(block.tool_use_id, text, block.is_error), *images]
        case ThinkingBlock():
            return []
    raise _refused(
        f"{where}: a block of type {block.type!r} belongs to a tool that runs on the provider's servers; this gateway "
        f"has none. Use a client tool of your own."
    )


def _image(source: Source, where: str) -> Image:
    if source.type != "base64":
        raise _refused(
            f"{where}.image.source: this gateway fetches nothing from {source.type!r} sources; send base64 data."
        )
    if source.media_type not in ("image/png", "image/jpeg", "image/gif", "image/webp"):
        raise _refused(
            f"{where}.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or "
            f"'image/webp'"
        )
    return Image(source.media_type, read_base64(source.data, f"{where}.image.source.base64"))


def _document(source: Source, where: str) -> str:
    if source.type == "text":
        return source.data
    if source.type == "content":
        if isinstance(source.content, str):
            return source.content
        return "\n".join(str(part.get("text", "")) for part in source.content if part.get("type") == "text")
    raise _refused(
        f"{where}.document.source: the offline models read text documents only; extract the text first (pypdf) and "
        f"send it as a `text` source."
    )


def _tool(tool: ToolParam, place: int) -> Tool:
    if tool.input_schema is None:
        if tool.type not in (None, "custom"):
            raise _refused(
                f"tools.{place}: {tool.type!r} runs on the provider's servers; this gateway has no server tools. "
                f"Define a tool with a name, a description and an input_schema."
            )
        raise _refused(f"tools.{place}.custom.input_schema: Field required")
    return Tool(tool.name, tool.description, tool.input_schema)


def _choice(body: CountTokensBody) -> str:
    choice = body.tool_choice
    if choice is None or choice.type != "tool":
        return choice.type if choice else "auto"
    names = [tool.name for tool in body.tools]
    if choice.name not in names:
        raise _refused(f"tool_choice: Tool {choice.name!r} not found in provided tools")
    return choice.name


def _schema(body: CountTokensBody) -> dict[str, Any] | None:
    wanted = (body.output_config.format if body.output_config else None) or body.output_format
    return wanted.schema_ if wanted else None


def _check_content(messages: list[Message]) -> None:
    """No message is empty, and no text in one."""
    for place, message in enumerate(messages):
        is_optional = message.role == "assistant" and place == len(messages) - 1
        if not is_optional and (not message.content or message.content == [TextBlock(type="text", text="")]):
            raise _refused(
                f"messages.{place}: all messages must have non-empty content except for the optional final assistant "
                f"message"
            )
        if len(message.content) > 1 and any(isinstance(part, TextBlock) and not part.text for part in message.content):
            raise _refused(f"messages.{place}: text content blocks must be non-empty")


def _check_results(turns: tuple[Turn, ...]) -> None:
    """Every tool result answers a call of the turn before it, and every call is answered."""
    for place, turn in enumerate(turns):
        asked = {block.id for block in turns[place - 1].blocks if isinstance(block, ToolCall)} if place else set()
        answered = {block.call_id for block in turn.blocks if isinstance(block, ToolResult)}
        if unknown := sorted(answered - asked):
            raise _refused(
                f"messages.{place}.content.0: unexpected `tool_use_id` found in `tool_result` blocks: {unknown[0]}. "
                f"Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
            )
        if missing := sorted(asked - answered):
            raise _refused(
                f"messages.{place - 1}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                f"{', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block in the "
                f"next message."
            )


def _flat(turn: Turn) -> str:
    return "\n".join(block.text for block in turn.blocks if isinstance(block, Text))


def _refused(message: str) -> WireError:
    return WireError(400, "invalid_request", message)
