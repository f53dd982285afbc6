"""Stream and plain forms of one answer say the same, judged by the SDKs' own accumulators."""

from __future__ import annotations

import json
from typing import Any

import pytest
from anthropic.lib.streaming._messages import accumulate_event
from hypothesis import given
from hypothesis import strategies as st
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletionChunk

from coreskills.errors import ConversionError
from coreskills.wire.convert import can_convert, to_plain, to_stream
from coreskills.wire.http import WireRequest, WireResponse
from coreskills.wire.sse import Event, format_event, format_events, parse_events

MESSAGES = WireRequest("anthropic", "POST", "/v1/messages", body=b"{}")
CHAT = WireRequest(
    "openai", "POST", "/v1/chat/completions", body=json.dumps({"stream_options": {"include_usage": True}}).encode()
)
RESPONSES = WireRequest("openai", "POST", "/v1/responses", body=b"{}")
JSON = {"content-type": "application/json"}
STREAM = {"content-type": "text/event-stream"}


def message(*content: dict[str, Any], stop: str = "end_turn", **usage: Any) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-5-5",
        "content": list(content),
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {"input_tokens": 12, "output_tokens": 34, "cache_read_input_tokens": 0, **usage},
    }


def completion(*, finish: str = "stop", logprobs: Any = None, **fields: Any) -> dict[str, Any]:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": None, "refusal": None, "annotations": [], **fields},
    }
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-5.4-mini",
        "choices": [{**choice, "logprobs": logprobs, "finish_reason": finish}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
    }


def response(*output: dict[str, Any], status: str = "completed") -> dict[str, Any]:
    return {
        "id": "resp_1",
        "object": "response",
        "status": status,
        "output": list(output),
        "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
    }


def text_item(text: str) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}


def plain(document: Any) -> WireResponse:
    return WireResponse(200, JSON, json.dumps(document).encode(), latency_ms=7)


PLAINS = {
    "claude text": (MESSAGES, message({"type": "text", "text": "  Two  spaces,\nand a line. "})),
    "claude empty text": (MESSAGES, message({"type": "text", "text": ""})),
    "claude nothing": (MESSAGES, message()),
    "claude tool": (
        MESSAGES,
        message(
            {"type": "text", "text": "Let me look."},
            {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Zürich", "days": [1, 2]}},
            {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}},
            stop="tool_use",
        ),
    ),
    "claude thinking": (
        MESSAGES,
        message(
            {"type": "thinking", "thinking": "First, the city.", "signature": "c2ln"},
            {"type": "redacted_thinking", "data": "eHl6"},
            {"type": "text", "text": "Paris.", "citations": [{"type": "char_location", "cited_text": "Paris"}]},
        ),
    ),
    "claude server tool": (
        MESSAGES,
        message(
            {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "tents"}},
            {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
            server_tool_use={"web_search_requests": 1},
        ),
    ),
    "gpt text": (CHAT, completion(content=" One two\n\nthree ")),
    "gpt tools": (
        CHAT,
        completion(
            finish="tool_calls",
            tool_calls=[
                {"id": f"call_{n}", "type": "function", "function": {"name": "f", "arguments": '{"city":"Paris"}' * n}}
                for n in range(3)
            ],
        ),
    ),
    "gpt refusal": (CHAT, {**completion(), "choices": [{**completion(refusal="No, I will not.")["choices"][0]}]}),
    "gpt probabilities": (
        CHAT,
        completion(
            content="a b",
            logprobs={
                "content": [{"token": t, "logprob": -0.1, "bytes": None, "top_logprobs": []} for t in ("a", " b")],
                "refusal": None,
            },
        ),
    ),
    "responses text": (RESPONSES, response(text_item("Hello there, you."))),
    "responses cut": (RESPONSES, response(text_item("Hello"), status="incomplete")),
    "responses tool": (
        RESPONSES,
        response(
            {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "Think it over."}]},
            {
                "id": "fc_1",
                "type": "function_call",
                "call_id": "c",
                "name": "f",
                "arguments": "{}",
                "status": "completed",
            },
        ),
    ),
}


@pytest.mark.parametrize("name", PLAINS)
def test_streaming_and_collecting_gives_the_answer_back(name: str) -> None:
    """Nothing is lost on the way from plain to stream and back, and time is kept."""
    request, document = PLAINS[name]
    stream = to_stream(request, plain(document))
    assert stream.is_stream
    back = to_plain(request, stream)
    assert back.json == document
    assert back.latency_ms == stream.latency_ms == 7


@pytest.mark.parametrize("name", [name for name in PLAINS if name.startswith("claude")])
def test_anthropics_accumulator_reads_our_stream(name: str) -> None:
    """The SDK puts our events together to the very message."""
    request, document = PLAINS[name]
    snapshot: Any = None
    buffers: dict[int, bytes] = {}
    for event in parse_events(to_stream(request, plain(document)).body):
        if event.name != "ping":
            snapshot = accumulate_event(event=event.json, current_snapshot=snapshot, json_bufs=buffers)
    made = snapshot.to_dict(exclude_unset=True)
    assert [without_nulls(block) for block in made["content"]] == document["content"]
    assert made["stop_reason"] == document["stop_reason"]
    assert made["usage"] == document["usage"]


def without_nulls(block: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in block.items() if value is not None}


@pytest.mark.parametrize("name", [name for name in PLAINS if name.startswith("gpt")])
def test_openais_accumulator_reads_our_chunks(name: str) -> None:
    """The SDK puts our chunks together to the very completion."""
    request, document = PLAINS[name]
    state = ChatCompletionStreamState()
    for event in parse_events(to_stream(request, plain(document)).body):
        if event.data != "[DONE]":
            state.handle_chunk(ChatCompletionChunk.model_validate(event.json))
    made = state.get_final_completion().to_dict()
    theirs, ours = made["choices"][0]["message"], document["choices"][0]["message"]
    assert (theirs.get("content") or None, theirs.get("refusal")) == (ours["content"], ours["refusal"])
    called = [(each["id"], each["function"]["arguments"]) for each in theirs.get("tool_calls") or []]
    assert called == [(each["id"], each["function"]["arguments"]) for each in ours.get("tool_calls") or []]
    assert made["usage"] == document["usage"]


def test_usage_is_streamed_only_when_asked_for() -> None:
    """Without include_usage no chunk speaks of usage, and such a stream has no plain form."""
    quiet = WireRequest("openai", "POST", "/v1/chat/completions", body=b'{"stream": true}')
    stream = to_stream(quiet, plain(completion(content="a")))
    assert b"usage" not in stream.body
    with pytest.raises(ConversionError, match="without its usage"):
        to_plain(quiet, stream)


@pytest.mark.parametrize(
    ("request_", "body", "words"),
    [
        (MESSAGES, format_event({"type": "message_start", "message": message()}, name="message_start"), "breaks off"),
        (MESSAGES, format_event({"type": "error", "error": {"message": "Overloaded"}}, name="error"), "'Overloaded'"),
        (MESSAGES, b"data: {not json\n\n", "malformed"),
        (MESSAGES, b"", "breaks off"),
        (CHAT, b'data: {"choices": [{"index": 0, "delta": {"content": "a"}}]}\n\n', "breaks off"),
        (CHAT, b'data: {"error": {"message": "no"}}\n\n', "'no'"),
        (RESPONSES, b'data: {"type": "error", "message": "no"}\n\n', "'no'"),
        (RESPONSES, b'data: {"type": "response.created", "response": {}}\n\n', "breaks off"),
    ],
    ids=["start only", "claude error", "no json", "empty", "gpt cut", "gpt error", "responses error", "responses cut"],
)
def test_a_stream_that_failed_has_no_plain_form(request_: WireRequest, body: bytes, words: str) -> None:
    """Half an answer is never passed off as a whole one."""
    with pytest.raises(ConversionError, match=words):
        to_plain(request_, WireResponse(200, STREAM, body))


def test_errors_and_other_endpoints_have_one_form() -> None:
    """An error stays as it is in both directions; embeddings do not stream."""
    error = WireResponse(429, JSON, b'{"type": "error"}')
    assert to_stream(MESSAGES, error) is error
    assert to_plain(MESSAGES, error) is error
    embeddings = WireRequest("openai", "POST", "/v1/embeddings", body=b"{}")
    assert not can_convert(embeddings)
    with pytest.raises(ConversionError, match="no streamed form"):
        to_stream(embeddings, plain({"data": []}))


def test_an_unfinished_response_cannot_be_streamed() -> None:
    """A queued response has no last event."""
    with pytest.raises(ConversionError, match="'queued'"):
        to_stream(RESPONSES, plain(response(status="queued")))


@given(st.text())
def test_any_text_survives(text: str) -> None:
    """Cutting into pieces loses no character, whatever the text."""
    for request, document in (
        (MESSAGES, message({"type": "text", "text": text})),
        (CHAT, completion(content=text)),
        (RESPONSES, response(text_item(text))),
    ):
        assert to_plain(request, to_stream(request, plain(document))).json == document


def test_events_are_read_as_the_standard_says() -> None:
    """All three line ends, comments, several data lines, a mark at the start; an unfinished event is dropped."""
    body = b"\xef\xbb\xbf: hi\r\nevent: a\r\ndata: 1\r\n\r\ndata:2\ndata: 3\n\nevent: c\rdata: 4\r\rdata: lost\n"
    assert list(parse_events(body)) == [Event("1", "a"), Event("2\n3"), Event("4", "c")]


@given(st.lists(st.tuples(st.sampled_from([None, "a", "b.c"]), st.dictionaries(st.text(), st.text())), max_size=4))
def test_written_events_are_read_back(events: list[tuple[str | None, dict[str, str]]]) -> None:
    """What is written is read."""
    assert [(event.name, event.json) for event in parse_events(format_events(events))] == events
