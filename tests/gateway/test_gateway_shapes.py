"""Every answer parses into the SDKs' own types, strictly, and says nothing that the types do not know."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from anthropic import types as claude
from anthropic.pagination import SyncPage
from anthropic.types import messages as claude_batches
from anthropic.types.shared import ErrorResponse
from gateway_harness import House
from openai import types as gpt
from openai.types import chat as gpt_chat
from openai.types import responses as gpt_responses
from pydantic import BaseModel, TypeAdapter

from coreskills.wire.sse import parse_events

# The provider sends these and the SDK's types do not name them; recorded traffic has them.
UNNAMED = {"frequency_penalty", "presence_penalty", "billing", "store"}
WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
QUESTION = "What is the weather in Paris?"
CLAUDE_TOOL = {"name": "weather", "description": "The weather in a city", "input_schema": WEATHER}
MESSAGES: dict[str, dict[str, Any]] = {
    "text": {},
    "cut short": {"max_tokens": 3},
    "stop sequence": {"stop_sequences": ["stand-in"]},
    "tool": {
        "messages": [{"role": "user", "content": QUESTION}],
        "tools": [CLAUDE_TOOL],
        "tool_choice": {"type": "any"},
    },
    "structured": {
        "messages": [{"role": "user", "content": "Classify as happy or sad: I love this tent!"}],
        "output_config": {
            "format": {
                "type": "json_schema",
                "schema": {"type": "object", "properties": {"label": {"type": "string"}}, "required": ["label"]},
            }
        },
    },
}
CHATS: dict[str, dict[str, Any]] = {
    "text": {},
    "cut short": {"max_completion_tokens": 3},
    "three choices": {"n": 3},
    "tool": {
        "messages": [{"role": "user", "content": QUESTION}],
        "tools": [{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}],
        "tool_choice": "required",
    },
    "json": {
        "messages": [{"role": "user", "content": "Answer in JSON: is 'I love this tent' happy or sad?"}],
        "response_format": {"type": "json_object"},
    },
}
RESPONSES: dict[str, dict[str, Any]] = {
    "text": {},
    "cut short": {"max_output_tokens": 16},
    "instructions": {"instructions": "Be brief.", "metadata": {"cell": "1"}, "user": "ada"},
    "tool": {
        "input": QUESTION,
        "tools": [{"type": "function", "name": "weather", "parameters": WEATHER, "strict": True}],
        "tool_choice": {"type": "function", "name": "weather"},
    },
    "structured": {
        "input": [{"role": "user", "content": "Classify as happy or sad: I love this tent!"}],
        "text": {
            "format": {
                "type": "json_schema",
                "name": "mood",
                "schema": {"type": "object", "properties": {"label": {"type": "string"}}, "required": ["label"]},
            }
        },
    },
}


def strictly(model: Any, raw: str | bytes) -> Any:
    """Parse without any coercion, and without fields the model does not have."""
    made = TypeAdapter(model).validate_json(raw, strict=True)
    assert unknown_fields(made) == set()
    return made


def unknown_fields(value: Any) -> set[str]:
    if isinstance(value, BaseModel):
        here = set(value.model_extra or {}) - UNNAMED
        return here.union(*(unknown_fields(getattr(value, name)) for name in type(value).model_fields))
    if isinstance(value, list | tuple):
        return set().union(*(unknown_fields(part) for part in value))
    if isinstance(value, dict):
        return set().union(*(unknown_fields(part) for part in value.values()))
    return set()


def message(**more: Any) -> dict[str, Any]:
    return {
        "model": "claude-haiku-4-5",
        "max_tokens": 200,
        "messages": [{"role": "user", "content": "Hello!"}],
        **more,
    }


def chat(**more: Any) -> dict[str, Any]:
    return {"model": "gpt-5.4-mini", "messages": [{"role": "user", "content": "Hello!"}], **more}


@pytest.mark.parametrize("form", MESSAGES)
def test_message_fits_its_type(house: House, form: str) -> None:
    """A plain message is the SDK's ``Message``."""
    answer = house.http(house.key()).post("/v1/messages", json=message(**MESSAGES[form]))
    made = strictly(claude.Message, answer.content)
    expected = {"text": "end_turn", "cut short": "max_tokens", "stop sequence": "stop_sequence", "tool": "tool_use"}
    assert made.stop_reason == expected.get(form, "end_turn")
    assert (made.stop_sequence is not None) == (form == "stop sequence")


@pytest.mark.parametrize("form", MESSAGES)
def test_message_stream_fits_its_types(house: House, form: str) -> None:
    """Each event of a message's stream is one of the SDK's raw events, under its own name."""
    answer = house.http(house.key()).post("/v1/messages", json=message(**MESSAGES[form], stream=True))
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    events = list(parse_events(answer.content))
    for event in events:
        assert event.name == event.json["type"]
        if event.name != "ping":
            strictly(claude.RawMessageStreamEvent, event.data)
    assert {event.name for event in events} >= {"message_start", "content_block_start", "message_delta", "message_stop"}


@pytest.mark.parametrize("form", CHATS)
def test_chat_completion_fits_its_type(house: House, form: str) -> None:
    """A plain chat completion is the SDK's ``ChatCompletion``."""
    answer = house.http(house.key()).post("/v1/chat/completions", json=chat(**CHATS[form]))
    made = strictly(gpt_chat.ChatCompletion, answer.content)
    assert made.choices[0].finish_reason == {"cut short": "length", "tool": "tool_calls"}.get(form, "stop")
    assert len(made.choices) == (3 if form == "three choices" else 1)


@pytest.mark.parametrize("form", CHATS)
def test_chat_stream_fits_its_type(house: House, form: str) -> None:
    """Each event but the last is the SDK's ``ChatCompletionChunk``; the last is ``[DONE]``."""
    wanted = chat(**CHATS[form], stream=True, stream_options={"include_usage": True})
    events = list(parse_events(house.http(house.key()).post("/v1/chat/completions", json=wanted).content))
    assert events[-1].data == "[DONE]"
    for event in events[:-1]:
        strictly(gpt_chat.ChatCompletionChunk, event.data)


@pytest.mark.parametrize("form", RESPONSES)
def test_response_fits_its_type(house: House, form: str) -> None:
    """A plain response is the SDK's ``Response``."""
    body = {"model": "gpt-5.4-mini", "input": "Hello!", **RESPONSES[form]}
    made = strictly(gpt_responses.Response, house.http(house.key()).post("/v1/responses", json=body).content)
    assert made.status == ("incomplete" if form == "cut short" else "completed")
    assert [item.type for item in made.output] == (["function_call"] if form == "tool" else ["message"])


@pytest.mark.parametrize("form", RESPONSES)
def test_response_stream_fits_its_types(house: House, form: str) -> None:
    """Each event of a response's stream is one of the SDK's, under its own name."""
    body = {"model": "gpt-5.4-mini", "input": "Hello!", **RESPONSES[form], "stream": True}
    events = list(parse_events(house.http(house.key()).post("/v1/responses", json=body).content))
    for event in events:
        assert event.name == event.json["type"]
        strictly(get_args(gpt_responses.ResponseStreamEvent)[0], event.data)


def test_embeddings_fit_their_type(house: House) -> None:
    """Vectors as numbers parse as they are; in base64 they are the same numbers."""
    http = house.http(house.key())
    body = {"model": "text-embedding-3-small", "input": ["a tent", "a stove"], "dimensions": 64}
    made = strictly(gpt.CreateEmbeddingResponse, http.post("/v1/embeddings", json=body).content)
    decoded = house.openai(house.key()).embeddings.create(**body)
    assert [row.embedding for row in decoded.data] == [pytest.approx(row.embedding) for row in made.data]
    assert made.usage.prompt_tokens > 0


def test_token_counts_fit_their_types(house: House) -> None:
    """Both providers' counters."""
    http = house.http(house.key())
    counted = http.post("/v1/messages/count_tokens", json={k: v for k, v in message().items() if k != "max_tokens"})
    assert strictly(claude.MessageTokensCount, counted.content).input_tokens > 0
    counted = http.post("/v1/responses/input_tokens", json={"model": "gpt-5.4-mini", "input": "Hello!"})
    assert strictly(gpt_responses.InputTokenCountResponse, counted.content).input_tokens > 0


def test_models_fit_their_types(house: House) -> None:
    """Lists and single models, of each provider; the retired are not among them."""
    http = house.http(house.key())
    version = {"anthropic-version": "2023-06-01"}
    listed = http.get("/v1/models?limit=1000", headers=version)
    page = strictly(SyncPage[claude.ModelInfo], listed.content)
    assert "claude-haiku-5-5" in {info.id for info in page.data}
    assert "claude-3-5-sonnet-20241022" not in {info.id for info in page.data}
    strictly(claude.ModelInfo, http.get("/v1/models/claude-haiku-5-5", headers=version).content)
    strictly(gpt.Model, http.get("/v1/models/gpt-5.4-mini").content)
    assert {info.id for info in house.openai(house.key()).models.list()} >= {"gpt-5.4-nano", "text-embedding-3-small"}
    assert len(list(house.anthropic(house.key()).models.list(limit=2))) == len(page.data)


def test_batches_fit_their_types(house: House) -> None:
    """A batch at every stage, its list, its results of each kind, and its end."""
    http = house.http(house.key())
    requests = [
        {"custom_id": "good", "params": message()},
        {"custom_id": "retired", "params": message(model="claude-3-5-sonnet-20241022")},
        {"custom_id": "wrong", "params": {"model": "claude-haiku-4-5"}},
    ]
    created = http.post("/v1/messages/batches", json={"requests": requests})
    batch = strictly(claude_batches.MessageBatch, created.content)
    assert (batch.processing_status, batch.request_counts.processing) == ("in_progress", 3)
    house.clock.pass_s(5)
    batch = strictly(claude_batches.MessageBatch, http.get(f"/v1/messages/batches/{batch.id}").content)
    assert (batch.request_counts.succeeded, batch.request_counts.errored) == (1, 2)
    strictly(SyncPage[claude_batches.MessageBatch], http.get("/v1/messages/batches").content)
    lines = http.get(str(batch.results_url)).content.splitlines()
    results = [strictly(claude_batches.MessageBatchIndividualResponse, line) for line in lines]
    assert [(each.custom_id, each.result.type) for each in results] == [
        ("good", "succeeded"),
        ("retired", "errored"),
        ("wrong", "errored"),
    ]
    deleted = http.delete(f"/v1/messages/batches/{batch.id}")
    assert strictly(claude_batches.DeletedMessageBatch, deleted.content).id == batch.id
    assert http.get(f"/v1/messages/batches/{batch.id}").status_code == 404


def test_cancelled_batch_keeps_what_was_done(house: House) -> None:
    """Half of the time means half of the results; the others are cancelled and cost nothing."""
    http, client = house.http(house.key()), house.anthropic(house.key())
    requests: list[Any] = [{"custom_id": f"r{place}", "params": message()} for place in range(4)]
    batch = client.messages.batches.create(requests=requests)
    house.clock.pass_s(1)
    cancelled = http.post(f"/v1/messages/batches/{batch.id}/cancel")
    assert strictly(claude_batches.MessageBatch, cancelled.content).processing_status == "canceling"
    house.clock.pass_s(1)
    counts = client.messages.batches.retrieve(batch.id).request_counts
    assert (counts.succeeded, counts.canceled) == (2, 2)
    assert len(list(client.messages.batches.results(batch.id))) == 4
    assert len([call for call in house.calls() if call.endpoint == "messages/batches/result"]) == 2


def test_rerank_orders_documents(house: House) -> None:
    """Cohere's shape: places and scores, best first."""
    body = {"model": "rerank-v3.5", "query": "How long may I return a tent?", "top_n": 2}
    documents = ["Stoves burn gas.", "Tents may be returned for thirty days.", "We sell maps."]
    answer = house.http(house.key()).post("/v2/rerank", json={**body, "documents": documents}).json()
    assert answer["results"][0]["index"] == 1
    assert len(answer["results"]) == 2
    scores = [result["relevance_score"] for result in answer["results"]]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 429, 500, 529])
def test_anthropic_errors_fit_their_type(house: House, status: int) -> None:
    """Errors are the SDK's ``ErrorResponse``, with a request id in body and header."""
    key = house.key()
    house.session(key).faults.set([{"kind": "error", "status": status}])
    answer = house.http(key).post("/v1/messages", json=message())
    assert answer.status_code == status
    if status != 413:  # the API answers request_too_large, which the SDK's types do not list
        assert strictly(ErrorResponse, answer.content).request_id == answer.headers["request-id"]
    assert answer.json()["type"] == "error"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 429, 500, 503])
def test_openai_errors_fit_their_type(house: House, status: int) -> None:
    """Errors have OpenAI's four fields."""
    key = house.key()
    house.session(key).faults.set([{"kind": "error", "status": status}])
    answer = house.http(key).post("/v1/chat/completions", json=chat())
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
