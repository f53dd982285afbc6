"""OpenAI ``/v1/chat/completions``: completion and chunks.

Source: ``openai.lib.streaming._deltas.accumulate_delta`` and ``ChatCompletionStreamState`` of openai 3.54.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from coreskills.errors import ConversionError
from coreskills.wire.convert.pieces import fragments, words
from coreskills.wire.sse import Event, format_events

Json = dict[str, Any]

# Said once or said again, never continued.
_WHOLE = ("index", "type", "role", "id")


def to_stream(completion: Json, request: Json) -> bytes:
    """Render a completion as its chunks; the usage only where ``stream_options.include_usage`` asks for it."""
    wants_usage = bool((request.get("stream_options") or {}).get("include_usage"))
    head = {k: v for k, v in completion.items() if k not in ("choices", "usage", "object")}
    head["object"] = "chat.completion.chunk"
    chunks: list[tuple[str | None, Any]] = []
    for choice in completion["choices"]:
        for part in _choice(choice):
            chunks.append((None, {**head, "choices": [part], **({"usage": None} if wants_usage else {})}))
    if wants_usage:
        chunks.append((None, {**head, "choices": [], "usage": completion.get("usage")}))
    return format_events([*chunks, (None, "[DONE]")])


def _choice(choice: Json) -> Iterator[Json]:
    index, message = choice["index"], choice["message"]

    def part(delta: Json, *, logprobs: Any = None, finish: Any = None) -> Json:
        return {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}

    content = message.get("content")
    tools = message.get("tool_calls") or []
    # An empty ``annotations`` is in every plain answer and in no stream.
    extras = {k: v for k, v in message.items() if k not in ("role", "content", "tool_calls", "refusal") and v}
    refusal = message.get("refusal")
    yield part({"role": message.get("role", "assistant"), "content": "" if content else content, "refusal": None})
    if extras:
        yield part(extras)
    for text, logprobs in _pieces(content or "", choice.get("logprobs")):
        yield part({"content": text}, logprobs=logprobs)
    for text, logprobs in _pieces(refusal or "", choice.get("logprobs"), kind="refusal"):
        yield part({"refusal": text}, logprobs=logprobs)
    for number, tool in enumerate(tools):
        yield from (part({"tool_calls": [{"index": number, **piece}]}) for piece in _tool(tool))
    yield part({}, finish=choice.get("finish_reason"))


def _pieces(text: str, logprobs: Json | None, *, kind: str = "content") -> list[tuple[str, Json | None]]:
    """The text word by word, or token by token with each token's probability where those were recorded."""
    tokens = (logprobs or {}).get(kind) or []
    if tokens and "".join(token["token"] for token in tokens) == text:
        empty = {"content": None, "refusal": None}
        return [(token["token"], {**empty, kind: [token]}) for token in tokens]
    return [(piece, None) for piece in words(text)]


def _tool(tool: Json) -> list[Json]:
    function = tool.get("function")
    if function is None:
        return [tool]
    start = {**tool, "function": {**function, "arguments": ""}}
    return [start, *({"function": {"arguments": piece}} for piece in fragments(function.get("arguments") or ""))]


def to_plain(events: Iterable[Event]) -> Json:
    """Collect the completion of a stream."""
    head: Json = {}
    choices: dict[int, Json] = {}
    usage: Json | None = None
    for event in events:
        if event.data == "[DONE]":
            break
        chunk = event.json
        if "error" in chunk:
            raise ConversionError(f"The recorded stream carries an error: {chunk['error'].get('message')!r}.")
        for key, value in chunk.items():
            if key not in ("choices", "usage", "object", "obfuscation") and value is not None:
                head[key] = value
        usage = chunk.get("usage") or usage
        for choice in chunk.get("choices") or []:
            _add(choices.setdefault(choice["index"], {"message": {}, "logprobs": None, "finish_reason": None}), choice)
    if not choices or any(choice["finish_reason"] is None for choice in choices.values()):
        raise ConversionError("The recorded stream breaks off before its finish_reason.")
    if usage is None:
        raise ConversionError("The stream was recorded without its usage, which a plain answer always carries.")
    listed = [{"index": index, **_finish(choices[index])} for index in sorted(choices)]
    return {**head, "object": "chat.completion", "choices": listed, "usage": usage}


def _add(choice: Json, part: Json) -> None:
    accumulate(choice["message"], part.get("delta") or {})
    choice["finish_reason"] = part.get("finish_reason") or choice["finish_reason"]
    for kind, tokens in (part.get("logprobs") or {}).items():
        choice["logprobs"] = choice["logprobs"] or {"content": None, "refusal": None}
        if tokens:
            choice["logprobs"][kind] = [*(choice["logprobs"].get(kind) or []), *tokens]


def _finish(choice: Json) -> Json:
    message = {"role": "assistant", "content": None, "refusal": None, "annotations": [], **choice["message"]}
    if tools := message.get("tool_calls"):
        message["tool_calls"] = [{k: v for k, v in tool.items() if k != "index"} for tool in tools]
    return {**choice, "message": message}


def accumulate(whole: Json, delta: Json) -> None:
    """Add one delta: texts continue, entries with an ``index`` merge, anything else is appended or replaced."""
    for key, value in delta.items():
        if value is None:
            whole.setdefault(key, None)
        elif key in _WHOLE or whole.get(key) is None or not isinstance(value, (str, list, dict)):
            whole[key] = _merged([], value) if isinstance(value, list) else value
        elif isinstance(value, str):
            whole[key] += value
        elif isinstance(value, list):
            whole[key] = _merged(whole[key], value)
        else:
            accumulate(whole[key], value)


def _merged(whole: list[Any], entries: list[Any]) -> list[Any]:
    out = list(whole)
    for entry in entries:
        index = entry.get("index") if isinstance(entry, dict) else None
        if index is None:
            out.append(entry)
            continue
        place = next((known for known in out if known.get("index") == index), None)
        if place is None:
            out.append({**entry, **({"function": dict(entry["function"])} if "function" in entry else {})})
        else:
            accumulate(place, entry)
    return out
