"""What offline answers keep of a request: caches, conversations, tokens, repeatability, sockets."""

from __future__ import annotations

import base64
import socket
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest
import tiktoken
from gateway_harness import House
from starlette.applications import Starlette
from starlette.routing import Mount

from coreskills.gateway.app import create_app
from coreskills.gateway.serve import GatewayServer
from coreskills.offline.tokens import encoding

HANDBOOK = "Tents may be returned within thirty days if they are unused. " * 120  # well over 1,024 tokens


def test_same_request_same_bytes_in_every_gateway(open_house: Callable[..., House], ask: dict[str, Any]) -> None:
    """Recording twice changes nothing: ids, times and modelled latency are the request's."""
    chat = {"model": "gpt-5.4-mini", "messages": ask["messages"]}
    requests = [
        ("/v1/messages", ask),
        ("/v1/messages", {**ask, "stream": True}),
        ("/v1/chat/completions", chat),
        ("/v1/responses", {"model": "gpt-5.4-mini", "input": "Hello!"}),
        ("/v1/embeddings", {"model": "text-embedding-3-small", "input": "Hello!"}),
    ]
    answers = []
    for house in (open_house(), open_house()):
        http = house.http(house.key())
        got = [http.post(path, json=body) for path, body in requests]
        kept = ("request-id", "x-request-id", "x-coreskills-latency-ms")
        answers.append([(each.content, [each.headers.get(name) for name in kept]) for each in got])
    assert answers[0] == answers[1]


def test_prompt_cache_is_written_then_read_then_forgotten(house: House) -> None:
    """A marked prefix costs more once, a tenth for five minutes, then again."""
    key = house.key()
    client = house.anthropic(key)
    system: list[Any] = [{"type": "text", "text": HANDBOOK, "cache_control": {"type": "ephemeral"}}]

    def usage(question: str) -> tuple[int, int, int]:
        told = client.messages.create(
            model="claude-haiku-4-5", max_tokens=10, system=system, messages=[{"role": "user", "content": question}]
        ).usage
        return told.input_tokens, told.cache_creation_input_tokens or 0, told.cache_read_input_tokens or 0

    _, written, read = usage("How long may I return a tent?")
    assert written > 1024
    assert read == 0
    fresh, again, read = usage("Is thirty days enough?")
    assert (again, read) == (0, pytest.approx(written, rel=0.02))
    assert fresh < 50
    house.clock.pass_s(301)
    assert usage("Is thirty days enough?")[2] == 0
    first, second, _ = house.calls()
    assert first.cost_usd is not None
    assert second.cost_usd is not None
    assert second.cost_usd < first.cost_usd / 5
    assert second.cache_read_tokens == read
    plain = (first.input_tokens - written) * Decimal(1) + written * Decimal("1.25") + first.output_tokens * Decimal(5)
    assert first.cost_usd == plain / 1_000_000


def test_unmarked_and_short_prompts_are_not_cached(house: House, ask: dict[str, Any]) -> None:
    """No mark, or under 1,024 tokens: nothing is cached."""
    client = house.anthropic(house.key())
    marked: list[Any] = [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]
    for system in (HANDBOOK, marked):
        for _ in range(2):
            usage = client.messages.create(**ask, system=system).usage
            assert (usage.cache_creation_input_tokens, usage.cache_read_input_tokens) == (0, 0)


def test_response_goes_on_from_the_one_before(house: House) -> None:
    """``previous_response_id`` brings the earlier turns along; ``store=False`` keeps none."""
    client = house.openai(house.key())
    first = client.responses.create(model="gpt-5.4-mini", input="My dog is called Rex. What is my dog called?")
    alone = client.responses.create(model="gpt-5.4-mini", input="And now?")
    second = client.responses.create(model="gpt-5.4-mini", input="And now?", previous_response_id=first.id)
    assert second.usage is not None
    assert alone.usage is not None
    assert second.usage.input_tokens > alone.usage.input_tokens + 8
    forgotten = client.responses.create(model="gpt-5.4-mini", input="Hello!", store=False)
    with pytest.raises(Exception, match="not found"):
        client.responses.create(model="gpt-5.4-mini", input="And now?", previous_response_id=forgotten.id)


def test_openai_tokens_are_exact(house: House) -> None:
    """What tiktoken says, in the answer and in the ledger, and not marked as an estimate."""
    pieces: tiktoken.Encoding | None = encoding("o200k_base")
    assert pieces is not None
    answer = house.openai(house.key()).chat.completions.create(
        model="gpt-5.4-mini", messages=[{"role": "user", "content": "Hello!"}]
    )
    assert answer.usage is not None
    assert answer.usage.completion_tokens == len(pieces.encode(str(answer.choices[0].message.content)))
    (row,) = house.calls()
    assert (row.output_tokens, row.estimated) == (answer.usage.completion_tokens, False)


def test_token_numbers_embed_as_their_text(house: House) -> None:
    """Some clients send tokens in place of text."""
    pieces = encoding("cl100k_base")
    assert pieces is not None
    client = house.openai(house.key())
    text = "a light tent for two"
    by_text, by_tokens = (
        client.embeddings.create(model="text-embedding-3-small", input=each, dimensions=64).data[0].embedding
        for each in (text, pieces.encode(text))
    )
    assert by_tokens == by_text


def test_picture_reaches_the_model(house: House) -> None:
    """Base64 in both providers' shapes; addresses are not fetched."""
    dot = base64.b64encode(
        base64.b64decode(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
        )
    ).decode()
    source: Any = {"type": "base64", "media_type": "image/png", "data": dot}
    picture: list[Any] = [{"type": "image", "source": source}, {"type": "text", "text": "What is in this picture?"}]
    http = house.http(house.key())
    body = {"model": "claude-haiku-4-5", "max_tokens": 50, "messages": [{"role": "user", "content": picture}]}
    assert http.post("/v1/messages", json=body).status_code == 200
    url = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{dot}"}}
    chat = {"model": "gpt-5.4-mini", "messages": [{"role": "user", "content": [url]}]}
    assert http.post("/v1/chat/completions", json=chat).status_code == 200
    source.update(type="url", url="https://example.com/x.png")
    refused = http.post("/v1/messages", json=body)
    assert (refused.status_code, "fetches nothing" in refused.text) == (400, True)


def test_server_takes_sockets_while_it_runs(house: House, ask: dict[str, Any]) -> None:
    """As the examiner hands over one from a candidate's own network; closed again, it answers no more."""
    with GatewayServer(create_app(house.gateway)) as server:
        listening = socket.create_server(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        server.add_socket(listening)
        url = f"http://127.0.0.1:{port}/v1/messages"
        headers = {"x-api-key": house.key()}
        assert httpx.post(url, json=ask, headers=headers, trust_env=False).status_code == 200
        server.remove_socket(listening)
        with pytest.raises(httpx.ConnectError):
            httpx.post(url, json=ask, headers=headers, trust_env=False)
        own = f"{server.url}/v1/messages"
        assert httpx.post(own, json=ask, headers=headers, trust_env=False).status_code == 200


def test_gateway_works_below_a_prefix(house: House, ask: dict[str, Any]) -> None:
    """As the course service mounts it: paths, results of batches and the page find their way."""
    app = Starlette(routes=[Mount("/services/course/gateway", create_app(house.gateway))])
    key = house.key()
    with GatewayServer(app) as server:
        base = f"{server.url}/services/course/gateway"
        client = house.anthropic(key, base_url=base)
        assert client.messages.create(**ask).content
        requests: list[Any] = [{"custom_id": "a", "params": ask}]
        batch = client.messages.batches.create(requests=requests)
        house.clock.pass_s(5)
        assert str(client.messages.batches.retrieve(batch.id).results_url).startswith(f"{base}/v1/")
        assert [each.custom_id for each in client.messages.batches.results(batch.id)] == ["a"]
        headers = {"authorization": f"Bearer {key}"}
        assert httpx.get(f"{base}/coreskills/status", headers=headers, trust_env=False).status_code == 200
        assert base in httpx.get(f"{base}/", trust_env=False).text
        assert (
            httpx.get(f"{base}/nothing", trust_env=False)
            .json()["error"]["message"]
            .startswith("Not found: GET /nothing")
        )
