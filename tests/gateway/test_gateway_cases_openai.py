"""The ways of calling OpenAI's SDK that a lab may use, each against the offline models."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import openai
import pytest
from gateway_harness import House

CASES: dict[str, Callable[[House, str], Any]] = {}


def case(function: Callable[[House, str], Any]) -> Callable[[House, str], Any]:
    CASES[function.__name__] = function
    return function


def chat(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "gpt-5.4-mini", "messages": [{"role": "user", "content": text}], **more}


@case
def o_chat_plain(house: House, key: str) -> None:
    answer = house.openai(key).chat.completions.create(**chat("Hello!"))
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"


@case
def o_chat_async(house: House, key: str) -> None:
    async def run() -> Any:
        async with openai.AsyncOpenAI(base_url=f"{house.url}/v1", api_key=key) as client:
            return await client.chat.completions.create(**chat("Hello!"))

    assert asyncio.run(run()).choices == house.openai(key).chat.completions.create(**chat("Hello!")).choices


@case
def o_chat_stream(house: House, key: str) -> None:
    chunks = list(house.openai(key).chat.completions.create(**chat("Hello!"), stream=True))
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert all(chunk.usage is None for chunk in chunks)
    told = house.openai(key).chat.completions.create(**chat("Hello!"))
    assert told.usage is not None
    assert house.calls()[0].output_tokens == told.usage.completion_tokens


@case
def o_chat_stream_usage(house: House, key: str) -> None:
    wanted = chat("Hello!", stream=True, stream_options={"include_usage": True})
    last = list(house.openai(key).chat.completions.create(**wanted))[-1]
    assert last.choices == []
    assert last.usage is not None
    assert last.usage.completion_tokens > 0


@case
def o_chat_stream_helper(house: House, key: str) -> None:
    with house.openai(key).chat.completions.stream(**chat("Hello!")) as stream:
        for _ in stream:
            pass
        final = stream.get_final_completion()
    plain = house.openai(key).chat.completions.create(**chat("Hello!"))
    assert final.choices[0].message.content == plain.choices[0].message.content


@case
def o_chat_async_stream(house: House, key: str) -> None:
    async def run() -> list[Any]:
        async with openai.AsyncOpenAI(base_url=f"{house.url}/v1", api_key=key) as client:
            return [chunk async for chunk in await client.chat.completions.create(**chat("Hello!"), stream=True)]

    assert asyncio.run(run())[-1].choices[0].finish_reason == "stop"


@case
def o_raw(house: House, key: str) -> None:
    raw = house.openai(key).chat.completions.with_raw_response.create(**chat("Hello!"))
    assert raw.headers["x-request-id"].startswith("req_")
    assert raw.parse().object == "chat.completion"


@case
def o_responses(house: House, key: str) -> None:
    answer = house.openai(key).responses.create(model="gpt-5.4-mini", input="Hello!")
    assert answer.status == "completed"
    assert answer.output_text


@case
def o_responses_stream(house: House, key: str) -> None:
    events = list(house.openai(key).responses.create(model="gpt-5.4-mini", input="Hello!", stream=True))
    assert events[0].type == "response.created"
    assert events[-1].type == "response.completed"
    assert [event.sequence_number for event in events] == list(range(len(events)))


@case
def o_responses_helper(house: House, key: str) -> None:
    with house.openai(key).responses.stream(model="gpt-5.4-mini", input="Hello!") as stream:
        for _ in stream:
            pass
        final = stream.get_final_response()
    assert final.output_text == house.openai(key).responses.create(model="gpt-5.4-mini", input="Hello!").output_text


@case
def o_embeddings(house: House, key: str) -> None:
    answer = house.openai(key).embeddings.create(model="text-embedding-3-small", input=["a tent", "a stove"])
    assert [len(row.embedding) for row in answer.data] == [1536, 1536]
    assert sum(x * x for x in answer.data[0].embedding) == pytest.approx(1, abs=1e-4)


@case
def o_401(house: House, key: str) -> None:
    with pytest.raises(openai.AuthenticationError, match="Incorrect API key"):
        house.openai("bad").chat.completions.create(**chat("Hello!"))


@case
def o_429_retry(house: House, key: str) -> None:
    house.fail(key, {"kind": "error", "status": 429, "times": 2, "retry_after_s": 0.01})
    assert house.openai(key).chat.completions.create(**chat("Hello!")).choices


@case
def o_timeout(house: House, key: str) -> None:
    house.fail(key, {"kind": "delay", "seconds": 1.0})
    with pytest.raises(openai.APITimeoutError):
        house.openai(key, max_retries=0, timeout=0.2).chat.completions.create(**chat("Hello!"))


@pytest.mark.parametrize("name", CASES)
def test_openai_sdk_call_works(name: str, house: House) -> None:
    """Each way of calling the SDK works as it does against the provider."""
    CASES[name](house, house.key())


def test_there_are_14_cases() -> None:
    """With those of Anthropic's SDK, the 41 that a lab may use."""
    assert len(CASES) == 14
