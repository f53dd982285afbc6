"""The ways of calling Anthropic's SDK that a lab may use, each against the offline models."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import anthropic
import httpx2
import pydantic
import pytest
from gateway_harness import House

CASES: dict[str, Callable[[House, str], Any]] = {}
TOOLS: list[Any] = [
    {
        "name": "weather",
        "description": "The weather in a city",
        "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
]


def case(function: Callable[[House, str], Any]) -> Callable[[House, str], Any]:
    CASES[function.__name__] = function
    return function


def user(text: str, **more: Any) -> dict[str, Any]:
    return {
        "model": "claude-haiku-4-5",
        "max_tokens": 64,
        "messages": [{"role": "user", "content": text}],
        **more,
    }


@case
def a_sync_plain(house: House, key: str) -> None:
    message = house.anthropic(key).messages.create(**user("Hello!"))
    assert message.content[0].type == "text"
    assert message.content[0].text
    assert message.stop_reason == "end_turn" or message.usage.output_tokens == 64


@case
def a_async_plain(house: House, key: str) -> None:
    async def run() -> anthropic.types.Message:
        async with anthropic.AsyncAnthropic(base_url=house.url, api_key=key) as client:
            return await client.messages.create(**user("Hello!"))

    assert asyncio.run(run()) == house.anthropic(key).messages.create(**user("Hello!"))


@case
def a_sync_stream_raw(house: House, key: str) -> None:
    events = [event.type for event in house.anthropic(key).messages.create(**user("Hello!"), stream=True)]
    assert events[0] == "message_start"
    assert events[-2:] == ["message_delta", "message_stop"]
    assert events.count("content_block_start") == events.count("content_block_stop") == 1


@case
def a_sync_stream_helper(house: House, key: str) -> None:
    with house.anthropic(key).messages.stream(**user("Hello!")) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert final.content[0].text == text == house.anthropic(key).messages.create(**user("Hello!")).content[0].text


@case
def a_async_stream_helper(house: House, key: str) -> None:
    async def run() -> tuple[str, Any]:
        async with (
            anthropic.AsyncAnthropic(base_url=house.url, api_key=key) as client,
            client.messages.stream(**user("Hello!")) as stream,
        ):
            return "".join([piece async for piece in stream.text_stream]), await stream.get_final_message()

    text, final = asyncio.run(run())
    assert final.content[0].text == text


@case
def a_raw_response(house: House, key: str) -> None:
    raw = house.anthropic(key).messages.with_raw_response.create(**user("Hello!"))
    assert raw.status_code == 200
    assert raw.headers["x-coreskills-source"] == "offline"
    assert raw.headers["request-id"].startswith("req_")
    assert raw.parse().role == "assistant"


@case
def a_with_streaming_response(house: House, key: str) -> None:
    with house.anthropic(key).messages.with_streaming_response.create(**user("Hello!")) as response:
        assert response.status_code == 200
        assert "".join(response.iter_lines()).startswith("{")


@case
def a_with_streaming_response_sse(house: House, key: str) -> None:
    with house.anthropic(key).messages.with_streaming_response.create(**user("Hello!"), stream=True) as response:
        lines = list(response.iter_lines())
    assert lines[0] == "event: message_start"
    assert "event: message_stop" in lines


@case
def a_request_id(house: House, key: str) -> None:
    request_id = house.anthropic(key).messages.create(**user("Hello!"))._request_id
    assert request_id is not None
    assert request_id.startswith("req_")


@case
def a_tool_stream(house: House, key: str) -> None:
    wanted = user("What is the weather in Paris?", tools=TOOLS, tool_choice={"type": "tool", "name": "weather"})
    with house.anthropic(key).messages.stream(**wanted) as stream:
        final = stream.get_final_message()
    call = next(block for block in final.content if block.type == "tool_use")
    assert (call.name, call.input) == ("weather", {"city": "Paris"})
    assert final.stop_reason == "tool_use"


@case
def a_401(house: House, key: str) -> None:
    with pytest.raises(anthropic.AuthenticationError, match="invalid x-api-key"):
        house.anthropic("bad").messages.create(**user("Hello!"))


@case
def a_400(house: House, key: str) -> None:
    with pytest.raises(anthropic.BadRequestError, match="at least 1 item"):
        house.anthropic(key).messages.create(model="claude-haiku-4-5", max_tokens=1, messages=[])


@case
def a_429_retry_ok(house: House, key: str) -> None:
    house.fail(key, {"kind": "error", "status": 429, "times": 2, "retry_after_s": 0.01})
    assert house.anthropic(key).messages.create(**user("Hello!")).content
    assert [(call.status, call.retries) for call in house.calls()] == [(429, 0), (429, 1), (200, 2)]


@case
def a_529_retry_ok(house: House, key: str) -> None:
    house.fail(key, {"kind": "error", "status": 529, "retry_after_s": 0.01})
    assert house.anthropic(key).messages.create(**user("Hello!")).content
    assert [(call.status, call.error_type) for call in house.calls()] == [(529, "overloaded_error"), (200, None)]


@case
def a_429_exhausted(house: House, key: str) -> None:
    house.fail(key, {"kind": "error", "status": 429, "times": None, "retry_after_s": 0.01})
    with pytest.raises(anthropic.RateLimitError):
        house.anthropic(key).messages.create(**user("Hello!"))
    assert [call.status for call in house.calls()] == [429, 429, 429]


@case
def a_529_async_exhausted(house: House, key: str) -> None:
    house.fail(key, {"kind": "error", "status": 529, "times": None, "retry_after_s": 0.01})

    async def run() -> None:
        async with anthropic.AsyncAnthropic(base_url=house.url, api_key=key, max_retries=1) as client:
            await client.messages.create(**user("Hello!"))

    with pytest.raises(anthropic.OverloadedError):
        asyncio.run(run())
    assert len(house.calls()) == 2


@case
def a_stream_429_first(house: House, key: str) -> None:
    house.fail(key, {"kind": "error", "status": 429, "retry_after_s": 0.01})
    with house.anthropic(key).messages.stream(**user("Hello!")) as stream:
        assert stream.get_final_text()


@case
def a_midstream_error(house: House, key: str) -> None:
    house.fail(key, {"kind": "midstream_error", "after_events": 4})
    seen: list[str] = []
    stream = house.anthropic(key).messages.create(**user("Hello!"), stream=True)
    with pytest.raises(anthropic.APIStatusError, match="Overloaded"):
        seen.extend(event.type for event in stream)
    assert seen[0] == "message_start"
    assert "message_stop" not in seen


@case
def a_connection_drop(house: House, key: str) -> None:
    house.fail(key, {"kind": "drop", "after_events": 3})
    seen: list[str] = []
    stream = house.anthropic(key, max_retries=0).messages.create(**user("Hello!"), stream=True)
    with pytest.raises((anthropic.APIConnectionError, httpx2.RemoteProtocolError)):
        seen.extend(event.type for event in stream)
    assert len(seen) <= 3
    assert [call.ended for call in house.calls()] == ["broken"]


@case
def a_timeout(house: House, key: str) -> None:
    house.fail(key, {"kind": "delay", "seconds": 1.0})
    with pytest.raises(anthropic.APITimeoutError):
        house.anthropic(key, max_retries=0, timeout=0.2).messages.create(**user("Hello!"))


@case
def a_timeout_then_retry(house: House, key: str) -> None:
    house.fail(key, {"kind": "delay", "seconds": 3.0})
    assert house.anthropic(key, max_retries=1, timeout=1.5).messages.create(**user("Hello!")).content


@case
def a_early_break(house: House, key: str) -> None:
    stream = house.anthropic(key).messages.create(**user("Hello!"), stream=True)
    for place, _ in enumerate(stream):
        if place == 4:
            break
    stream.close()


@case
def a_count_tokens(house: House, key: str) -> None:
    asked = {"model": "claude-haiku-4-5", "messages": [{"role": "user", "content": "count me please"}]}
    counted = house.anthropic(key).messages.count_tokens(**asked).input_tokens
    assert counted == house.anthropic(key).messages.create(**asked, max_tokens=10).usage.input_tokens


@case
def a_batches(house: House, key: str) -> None:
    client = house.anthropic(key)
    batch = client.messages.batches.create(
        requests=[{"custom_id": f"r{place}", "params": user(f"Hello {place}!")} for place in range(3)]
    )
    assert client.messages.batches.retrieve(batch.id).processing_status == "in_progress"
    house.clock.pass_s(3)
    ended = client.messages.batches.retrieve(batch.id)
    assert (ended.processing_status, ended.request_counts.succeeded) == ("ended", 3)
    results = list(client.messages.batches.results(batch.id))
    assert [result.custom_id for result in results] == ["r0", "r1", "r2"]
    assert [each.id for each in client.messages.batches.list()] == [batch.id]


@case
def a_middleware(house: House, key: str) -> None:
    seen = []

    def note(request: Any, following: Callable[[Any], Any]) -> Any:
        response = following(request)
        seen.append(response.status_code)
        return response

    house.anthropic(key, middleware=[note]).messages.create(**user("Hello!"))
    assert seen == [200]


@case
def a_custom_httpclient(house: House, key: str) -> None:
    with httpx2.Client(timeout=5) as client:
        assert house.anthropic(key, http_client=client).messages.create(**user("Hello!")).content


class Mood(pydantic.BaseModel):
    """What is asked for in structured output."""

    label: str


@case
def a_parse_structured(house: House, key: str) -> None:
    wanted = user("Classify as happy or sad: I love this tent!", output_format=Mood)
    assert isinstance(house.anthropic(key).messages.parse(**wanted).parsed_output, Mood)


@pytest.mark.parametrize("name", CASES)
def test_anthropic_sdk_call_works(name: str, house: House) -> None:
    """Each way of calling the SDK works as it does against the provider."""
    CASES[name](house, house.key())


def test_there_are_27_cases() -> None:
    """With those of OpenAI's SDK, the 41 that a lab may use."""
    assert len(CASES) == 27
