"""41 ways in which code calls the two SDKs, each giving back all that it saw."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import anthropic
import httpx2
import openai
import pydantic
from anthropic import Anthropic, AsyncAnthropic
from openai import AsyncOpenAI, OpenAI

CLAUDE, GPT = "claude-haiku-5-5", "gpt-5.4-mini"
SOON = 0.05  # seconds: what the provider asks to wait, and the SDK does wait when it is no replay


@dataclass(frozen=True)
class Case:
    """One way to call.

    Attributes:
        faults: What the provider does meanwhile.
    """

    run: Callable[[], Any]
    faults: tuple[dict[str, Any], ...] = ()


CASES: dict[str, Case] = {}


def case(*faults: dict[str, Any]) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    def add(function: Callable[[], Any]) -> Callable[[], Any]:
        CASES[function.__name__] = Case(function, faults)
        return function

    return add


def claude(text: str) -> dict[str, Any]:
    return {"model": CLAUDE, "max_tokens": 64, "messages": [{"role": "user", "content": text}]}


def gpt(text: str) -> dict[str, Any]:
    return {"model": GPT, "messages": [{"role": "user", "content": text}]}


def failed(error: Exception) -> list[Any]:
    return [type(error).__name__, getattr(error, "status_code", None), str(error)[:160]]


def failure_of(call: Callable[[], Any]) -> list[Any]:
    try:
        call()
    except (anthropic.AnthropicError, openai.OpenAIError, httpx2.TransportError) as error:
        return failed(error)
    raise AssertionError("the call did not fail")


LIMIT = {"kind": "error", "status": 429, "retry_after_s": SOON}
BUSY = {"kind": "error", "status": 529, "retry_after_s": SOON}
LATE = {"kind": "delay", "seconds": 1.2, "times": None}
WEATHER = {
    "name": "weather",
    "description": "The weather in a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@case()
def claude_plain() -> Any:
    return Anthropic().messages.create(**claude("one")).model_dump()


@case()
def claude_async_plain() -> Any:
    async def call() -> Any:
        async with AsyncAnthropic() as client:
            return (await client.messages.create(**claude("one"))).model_dump()

    return asyncio.run(call())


@case()
def claude_stream_events() -> Any:
    return [event.model_dump() for event in Anthropic().messages.create(**claude("stream me"), stream=True)]


@case()
def claude_stream_helper() -> Any:
    with Anthropic().messages.stream(**claude("stream me")) as stream:
        return list(stream.text_stream), stream.get_final_message().model_dump()


@case()
def claude_async_stream_helper() -> Any:
    async def call() -> Any:
        async with AsyncAnthropic() as client, client.messages.stream(**claude("stream me")) as stream:
            return [text async for text in stream.text_stream], (await stream.get_final_message()).model_dump()

    return asyncio.run(call())


@case()
def claude_raw_response() -> Any:
    raw = Anthropic().messages.with_raw_response.create(**claude("raw"))
    return raw.status_code, raw.headers.get("request-id"), raw.http_response.http_version, raw.parse().model_dump()


@case()
def claude_with_streaming_response() -> Any:
    with Anthropic().messages.with_streaming_response.create(**claude("lines")) as response:
        return response.status_code, list(response.iter_lines())


@case()
def claude_with_streaming_response_of_events() -> Any:
    with Anthropic().messages.with_streaming_response.create(**claude("lines"), stream=True) as response:
        return list(response.iter_lines())


@case()
def claude_request_id() -> Any:
    return Anthropic().messages.create(**claude("rid"))._request_id


@case()
def claude_tool_in_a_stream() -> Any:
    with Anthropic().messages.stream(
        **claude("What is the weather in Paris?"), tools=[WEATHER], tool_choice={"type": "any"}
    ) as stream:
        return stream.get_final_message().model_dump()


@case()
def claude_wrong_key() -> Any:
    # The gateway refuses this itself, with a request id of the moment.
    kind, status, text = failure_of(lambda: Anthropic(api_key="bad").messages.create(**claude("x")))
    return kind, status, text.partition("'request_id'")[0]


@case()
def claude_bad_request() -> Any:
    return failure_of(lambda: Anthropic().messages.create(model=CLAUDE, max_tokens=0, messages=[]))


@case({**LIMIT, "times": 2})
def claude_limited_twice_then_answered() -> Any:
    return Anthropic().messages.create(**claude("limited twice")).content[0].text


@case({**BUSY, "times": 1})
def claude_overloaded_then_answered() -> Any:
    return Anthropic().messages.create(**claude("overloaded once")).content[0].text


@case({**LIMIT, "times": None})
def claude_limited_for_good() -> Any:
    return failure_of(lambda: Anthropic().messages.create(**claude("limited for good")))


@case({**BUSY, "times": None})
def claude_async_overloaded_for_good() -> Any:
    async def call() -> Any:
        async with AsyncAnthropic(max_retries=1) as client:
            try:
                return await client.messages.create(**claude("overloaded for good"))
            except anthropic.APIStatusError as error:
                return failed(error)

    return asyncio.run(call())


@case({**LIMIT, "times": 1})
def claude_stream_limited_first() -> Any:
    with Anthropic().messages.stream(**claude("limited, then a stream")) as stream:
        return stream.get_final_text()


@case({"kind": "midstream_error", "after_events": 3})
def claude_error_in_midstream() -> Any:
    seen: list[str] = []

    def call() -> None:
        for event in Anthropic().messages.create(**claude("breaks with an error"), stream=True):
            seen.append(event.type)

    return failure_of(call), seen


@case({"kind": "drop", "after_events": 3})
def claude_connection_drop() -> Any:
    seen: list[str] = []

    def call() -> None:
        for event in Anthropic(max_retries=0).messages.create(**claude("breaks off"), stream=True):
            seen.append(event.type)

    return failure_of(call)[0], seen


@case(LATE)
def claude_timeout() -> Any:
    return failure_of(lambda: Anthropic(max_retries=0, timeout=0.3).messages.create(**claude("late")))


@case(LATE)
def claude_timeout_on_each_attempt() -> Any:
    return failure_of(lambda: Anthropic(max_retries=1, timeout=0.3).messages.create(**claude("late again")))


@case()
def claude_stream_left_early() -> Any:
    stream = Anthropic().messages.create(**claude("a long story please, of many words"), stream=True)
    seen = [event.type for event, _ in zip(stream, range(4), strict=False)]
    stream.close()
    return seen


@case()
def claude_count_tokens() -> Any:
    counted = Anthropic().messages.count_tokens(model=CLAUDE, messages=[{"role": "user", "content": "count me please"}])
    return counted.model_dump()


@case()
def claude_batches() -> Any:
    client = Anthropic()
    requests = [{"custom_id": f"r{number}", "params": claude(f"batch {number}")} for number in range(3)]
    batch = client.messages.batches.create(requests=requests)
    states = []
    while not states or states[-1] != "ended":
        states.append(client.messages.batches.retrieve(batch.id).processing_status)
    results = [result.model_dump() for result in client.messages.batches.results(batch.id)]
    return states, results, [each.id for each in client.messages.batches.list()]


@case()
def claude_middleware() -> Any:
    seen = []

    def middleware(request: Any, following: Any) -> Any:
        response = following(request)
        seen.append(response.status_code)
        return response

    Anthropic(middleware=[middleware]).messages.create(**claude("mw"))
    return seen


@case()
def claude_own_http_client() -> Any:
    with httpx2.Client(timeout=5) as http:
        return Anthropic(http_client=http).messages.create(**claude("own client")).content[0].text


class Verdict(pydantic.BaseModel):
    sentiment: Literal["positive", "negative"]


@case()
def claude_parsed() -> Any:
    text = "Classify the review as positive or negative.\n\nReview: I love this tent, it kept us dry."
    return Anthropic().messages.parse(**{**claude(text), "max_tokens": 400}, output_format=Verdict).model_dump()


@case()
def gpt_plain() -> Any:
    return OpenAI().chat.completions.create(**gpt("one")).model_dump()


@case()
def gpt_async_plain() -> Any:
    async def call() -> Any:
        async with AsyncOpenAI() as client:
            return (await client.chat.completions.create(**gpt("one"))).model_dump()

    return asyncio.run(call())


@case()
def gpt_stream() -> Any:
    return [chunk.model_dump() for chunk in OpenAI().chat.completions.create(**gpt("s"), stream=True)]


@case()
def gpt_stream_with_usage() -> Any:
    options = {"include_usage": True}
    stream = OpenAI().chat.completions.create(**gpt("s"), stream=True, stream_options=options)
    return [chunk.model_dump() for chunk in stream]


@case()
def gpt_stream_helper() -> Any:
    with OpenAI().chat.completions.stream(**gpt("helper")) as stream:
        for _ in stream:
            pass
        return stream.get_final_completion().model_dump()


@case()
def gpt_async_stream() -> Any:
    async def call() -> Any:
        async with AsyncOpenAI() as client:
            stream = await client.chat.completions.create(**gpt("s"), stream=True)
            return [chunk.model_dump() async for chunk in stream]

    return asyncio.run(call())


@case()
def gpt_raw_response() -> Any:
    raw = OpenAI().chat.completions.with_raw_response.create(**gpt("raw"))
    return raw.headers.get("x-request-id"), raw.parse().model_dump()


@case()
def responses_plain() -> Any:
    return OpenAI().responses.create(model=GPT, input="hello").model_dump()


@case()
def responses_stream() -> Any:
    return [event.model_dump() for event in OpenAI().responses.create(model=GPT, input="hello", stream=True)]


@case()
def responses_stream_helper() -> Any:
    with OpenAI().responses.stream(model=GPT, input="hello") as stream:
        for _ in stream:
            pass
        return stream.get_final_response().model_dump()


@case()
def gpt_embeddings() -> Any:
    return OpenAI().embeddings.create(model="text-embedding-3-small", input=["a", "b"]).model_dump()


@case()
def gpt_wrong_key() -> Any:
    return failure_of(lambda: OpenAI(api_key="bad").chat.completions.create(**gpt("x")))


@case({**LIMIT, "times": 2})
def gpt_limited_twice_then_answered() -> Any:
    return OpenAI().chat.completions.create(**gpt("limited twice")).choices[0].message.content


@case(LATE)
def gpt_timeout() -> Any:
    return failure_of(lambda: OpenAI(max_retries=0, timeout=0.3).chat.completions.create(**gpt("late")))
