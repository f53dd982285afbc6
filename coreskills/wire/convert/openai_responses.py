"""OpenAI ``/v1/responses``: response and ``response.created`` ... ``response.completed``.

Source: ``openai.lib.streaming.responses._responses`` of openai 3.54, and recorded streams.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from coreskills.errors import ConversionError
from coreskills.wire.convert.pieces import fragments, words
from coreskills.wire.sse import Event, format_events

Json = dict[str, Any]
Step = tuple[str, Json]

_LAST = ("completed", "incomplete", "failed")


def to_stream(response: Json, request: Json) -> bytes:
    """Render a finished response as its events."""
    if response.get("status") not in _LAST:
        raise ConversionError(f"A response that is {response.get('status')!r} cannot be streamed to its end.")
    events = [
        (kind, {"type": kind, "sequence_number": number, **data})
        for number, (kind, data) in enumerate(_steps(response))
    ]
    return format_events(events)


def _steps(response: Json) -> Iterator[Step]:
    begun = {**response, "status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
    if "completed_at" in response:
        begun["completed_at"] = None
    yield "response.created", {"response": begun}
    yield "response.in_progress", {"response": begun}
    for index, item in enumerate(response.get("output") or []):
        start, inner = _item(item)
        yield "response.output_item.added", {"output_index": index, "item": start}
        for kind, data in inner:
            yield kind, {"item_id": item.get("id"), "output_index": index, **data}
        yield "response.output_item.done", {"output_index": index, "item": item}
    yield f"response.{response['status']}", {"response": response}


def _item(item: Json) -> tuple[Json, list[Step]]:
    """What an item starts as, and the events that fill it; an item without them arrives whole."""
    waiting = {"status": "in_progress"} if "status" in item else {}
    if item["type"] == "message":
        parts = [step for number, part in enumerate(item["content"]) for step in _part(part, number)]
        return {**item, **waiting, "content": []}, parts
    if item["type"] == "function_call":
        steps: list[Step] = [
            ("response.function_call_arguments.delta", {"delta": piece}) for piece in fragments(item["arguments"])
        ]
        done = ("response.function_call_arguments.done", {"arguments": item["arguments"]})
        return {**item, **waiting, "arguments": ""}, [*steps, done]
    if item["type"] == "reasoning" and item.get("summary"):
        steps = [step for number, part in enumerate(item["summary"]) for step in _summary(part, number)]
        return {**item, **waiting, "summary": []}, steps
    return item, []


def _part(part: Json, number: int) -> Iterator[Step]:
    place = {"content_index": number}
    if part["type"] == "output_text":
        name, start, text = "output_text", {**part, "text": "", "annotations": []}, part["text"]
        extra: Json = {"logprobs": []}
    elif part["type"] == "refusal":
        name, start, text, extra = "refusal", {**part, "refusal": ""}, part["refusal"], {}
    else:
        raise ConversionError(f"A part of the kind {part['type']!r} has no known events.")
    yield "response.content_part.added", {**place, "part": start}
    for piece in words(text):
        yield f"response.{name}.delta", {**place, "delta": piece, **extra}
    for index, annotation in enumerate(part.get("annotations") or []):
        yield "response.output_text.annotation.added", {**place, "annotation_index": index, "annotation": annotation}
    yield f"response.{name}.done", {**place, "text" if name == "output_text" else "refusal": text, **extra}
    yield "response.content_part.done", {**place, "part": part}


def _summary(part: Json, number: int) -> Iterator[Step]:
    place = {"summary_index": number}
    yield "response.reasoning_summary_part.added", {**place, "part": {**part, "text": ""}}
    for piece in words(part["text"]):
        yield "response.reasoning_summary_text.delta", {**place, "delta": piece}
    yield "response.reasoning_summary_text.done", {**place, "text": part["text"]}
    yield "response.reasoning_summary_part.done", {**place, "part": part}


def to_plain(events: Iterable[Event]) -> Json:
    """Take the response that the last event carries."""
    items: dict[int, Json] = {}
    for event in events:
        data = event.json
        kind = data["type"]
        if kind == "response.output_item.done":
            items[data["output_index"]] = data["item"]
        elif kind == "error":
            raise ConversionError(f"The recorded stream carries an error: {data.get('message')!r}.")
        elif kind.removeprefix("response.") in _LAST:
            response: Json = data["response"]
            if response.get("output") is None:
                response = {**response, "output": [items[index] for index in sorted(items)]}
            return response
    raise ConversionError("The recorded stream breaks off before response.completed.")
