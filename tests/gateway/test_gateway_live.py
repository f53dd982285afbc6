"""The live backend against a second local server that stands for the provider."""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import anthropic
import httpx
import openai
import pytest
from gateway_harness import House
from provider_harness import MESSAGE, REAL_KEY, Provider

from coreskills.gateway.live import LiveBackend, Upstream, upstreams_from_environment
from coreskills.gateway.serve import GatewayServer
from coreskills.ledger import Call


@pytest.fixture
def provider() -> Iterator[Provider]:
    """The stand-in, listening."""
    made = Provider()
    made.go_on.set()
    with GatewayServer(made.app()) as server:
        made.url = server.url
        yield made


@pytest.fixture
def live(open_house: Callable[..., House], provider: Provider) -> House:
    """A gateway that forwards to it."""
    upstreams: Any = {name: Upstream(provider.url, REAL_KEY) for name in ("anthropic", "openai")}
    return open_house(live=LiveBackend(upstreams))


def test_answer_comes_through_with_its_price(live: House, provider: Provider, ask: dict[str, Any]) -> None:
    """The provider's own words, ids and usage; cached tokens are priced as such."""
    key = live.key(backend="live", budget_usd=Decimal("0.50"))
    raw = live.anthropic(key).messages.with_raw_response.create(**ask)
    assert raw.parse().to_dict() == MESSAGE
    assert (raw.headers["request-id"], raw.headers["x-coreskills-source"]) == ("req_1", "live")
    (row,) = live.calls()
    assert (row.source, row.response_id, row.model_answered) == ("live", "msg_live", "claude-haiku-4-5-20251001")
    assert (row.input_tokens, row.cache_read_tokens, row.output_tokens, row.estimated) == (100, 90, 5, False)
    assert row.cost_usd == (10 * Decimal(1) + 90 * Decimal("0.1") + 5 * Decimal(5)) / 1_000_000


def test_only_the_gateway_shows_the_real_key(live: House, provider: Provider, ask: dict[str, Any]) -> None:
    """The learner's key stays here, the body goes out byte by byte."""
    key = live.key(backend="live")
    body = json.dumps(ask, indent=3).encode()
    live.http(key).post("/v1/messages", content=body, headers={"x-api-key": key, "cookie": "session=1"})
    (path, headers, sent) = provider.requests[0]
    assert (path, sent, headers["x-api-key"]) == ("/v1/messages", body, REAL_KEY)
    assert key not in str(headers)
    assert "cookie" not in headers


def test_first_token_is_not_held_back(live: House, provider: Provider, ask: dict[str, Any]) -> None:
    """It is here while the provider still thinks about the next."""
    provider.go_on.clear()
    with live.anthropic(live.key(backend="live")).messages.stream(**ask) as stream:
        pieces = iter(stream.text_stream)
        assert next(pieces) == "Bonjour"
        provider.go_on.set()
        assert "".join(pieces) == ", déjà vu"
    (row,) = live.calls()
    assert (row.input_tokens, row.output_tokens, row.estimated, row.stream, row.ended) == (100, 5, False, True, "whole")


def test_stream_is_passed_byte_by_byte(live: House, provider: Provider, ask: dict[str, Any]) -> None:
    """What the client reads is what the provider wrote."""
    body = {**ask, "stream": True}
    direct = httpx.post(f"{provider.url}/v1/messages", json=body, trust_env=False).content
    assert live.http(live.key(backend="live")).post("/v1/messages", json=body).content == direct


def test_errors_come_untouched(live: House, ask: dict[str, Any]) -> None:
    """Status, body and ``retry-after``; whose account it was stays here."""
    body = {**ask, "messages": [{"role": "user", "content": "overloaded"}]}
    with pytest.raises(anthropic.OverloadedError) as caught:
        live.anthropic(live.key(backend="live"), max_retries=0).messages.create(**body)
    headers = caught.value.response.headers
    assert (headers["retry-after"], headers["request-id"], caught.value.api_message) == ("7", "req_9", "Overloaded")
    assert "anthropic-organization-id" not in headers
    assert [(row.status, row.cost_usd, row.error_type) for row in live.calls()] == [(529, 0, "overloaded_error")]


def test_stream_without_usage_is_counted_and_marked(live: House) -> None:
    """tiktoken counts what OpenAI does not tell without ``include_usage``."""
    client = live.openai(live.key(backend="live"))
    asked: list[Any] = [{"role": "user", "content": "Say hello there"}]
    assert [
        c.choices[0].delta.content for c in client.chat.completions.create(model="gpt-5.4", messages=asked, stream=True)
    ]
    (row,) = live.calls()
    assert (row.input_tokens, row.output_tokens, row.estimated) == (3, 2, True)
    assert row.cost_usd is not None
    assert row.cost_usd > 0


def test_broken_stream_is_broken_for_the_client_too(live: House, ask: dict[str, Any]) -> None:
    """And the ledger says so, with the tokens that were told."""
    body = {**ask, "messages": [{"role": "user", "content": "break off"}]}
    stream = live.anthropic(live.key(backend="live"), max_retries=0).messages.create(**body, stream=True)
    with pytest.raises(Exception, match=r"(?i)peer closed|incomplete|protocol|connection"):
        list(stream)
    (row,) = live.calls()
    assert (row.ended, row.input_tokens) == ("broken", 100)


def test_client_that_leaves_is_in_the_ledger(live: House, provider: Provider, ask: dict[str, Any]) -> None:
    """What the provider has told by then is billed."""
    provider.go_on.clear()
    stream = live.anthropic(live.key(backend="live")).messages.create(**ask, stream=True)
    next(iter(stream))
    stream.close()
    end = time.monotonic() + 5
    while not live.calls() and time.monotonic() < end:
        time.sleep(0.02)
    provider.go_on.set()
    assert [(row.ended, row.input_tokens) for row in live.calls()] == [("left", 100)]


def test_model_without_a_price_is_not_sent_on_a_budget(live: House, provider: Provider, ask: dict[str, Any]) -> None:
    """Nobody could say what it costs; without a budget it goes, and costs unknown."""
    body = {**ask, "model": "claude-of-tomorrow"}
    answer = live.http(live.key(backend="live", budget_usd=Decimal(1))).post("/v1/messages", json=body)
    assert (answer.status_code, provider.requests) == (400, [])
    assert "No price is known for model 'claude-of-tomorrow'" in answer.text
    live.http(live.key(backend="live")).post("/v1/messages", json=body)
    assert len(provider.requests) == 1
    assert live.calls()[-1].model == "claude-of-tomorrow"


def test_unreachable_provider_is_a_502(open_house: Callable[..., House], ask: dict[str, Any]) -> None:
    """A provider-shaped error that may be tried again."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
        house = open_house(live=LiveBackend({"anthropic": Upstream(nowhere, REAL_KEY)}))
        answer = house.http(house.key(backend="live")).post("/v1/messages", json=ask)
    assert (answer.status_code, answer.json()["error"]["type"]) == (502, "api_error")
    assert house.calls()[0].cost_usd == 0


def test_no_provider_key_says_so(house: House, open_house: Callable[..., House], ask: dict[str, Any]) -> None:
    """Neither for the classroom nor for one provider."""
    assert "no provider key" in house.http(house.key(backend="live")).post("/v1/messages", json=ask).text
    only_openai = open_house(live=LiveBackend({"openai": Upstream("http://127.0.0.1:1", REAL_KEY)}))
    assert (
        "no key for anthropic" in only_openai.http(only_openai.key(backend="live")).post("/v1/messages", json=ask).text
    )


def test_live_key_may_work_offline_for_a_while(live: House, provider: Provider, ask: dict[str, Any]) -> None:
    """And back; nothing reaches the provider meanwhile."""
    key = live.key(backend="live")
    http = live.http(key)
    assert http.post("/coreskills/mode", json={"mode": "offline"}).status_code == 200
    assert http.post("/v1/messages", json=ask).headers["x-coreskills-source"] == "offline"
    assert (http.get("/coreskills/status").json()["mode"], provider.requests) == ("offline", [])
    http.post("/coreskills/mode", json={"mode": "live"})
    assert http.post("/v1/messages", json=ask).headers["x-coreskills-source"] == "live"


def test_nothing_is_logged_of_prompts_and_keys(
    live: House, ask: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Not even at the chattiest level, by our own loggers or the HTTP libraries'."""
    key = live.key(backend="live")
    body = {**ask, "messages": [{"role": "user", "content": "my secret diary"}]}
    with caplog.at_level(logging.DEBUG):
        live.http(key).post("/v1/messages", json=body)
    # The test's own client logs its own requests at DEBUG, in this same process: only names matter here.
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("httpcore")]
    assert not [line for line in ours if "diary" in line or REAL_KEY in line or key in line]


def test_keys_come_from_the_environment() -> None:
    """Only what the operator set; a key never shows in a representation."""
    upstreams = upstreams_from_environment({"CORESKILLS_OPENAI_API_KEY": "sk-real", "OPENAI_API_KEY": "sk-other"})
    assert set(upstreams) == {"openai"}
    assert (upstreams["openai"].base_url, upstreams["openai"].api_key) == ("https://api.openai.com", "sk-real")
    assert "sk-real" not in repr(upstreams)


@pytest.mark.parametrize("told", ["http://proxy.example", "http://proxy.example/", "http://proxy.example/v1"])
def test_operator_s_own_proxy_is_asked_instead(told: str) -> None:
    """Written with or without the version that the SDKs want."""
    environment = {"CORESKILLS_OPENAI_API_KEY": "sk-real", "CORESKILLS_OPENAI_BASE_URL": told}
    assert upstreams_from_environment(environment)["openai"].base_url == "http://proxy.example"


def _half_price(row: Call) -> Decimal:
    return (row.input_tokens * Decimal(1) + row.output_tokens * Decimal(5)) / 2 / 1_000_000


def test_gateway_may_stand_behind_a_gateway(open_house: Callable[..., House], ask: dict[str, Any]) -> None:
    """Its answers say that they are offline; that is how recording works without a provider."""
    behind = open_house()
    upstream = Upstream(behind.url, behind.key())
    front = open_house(live=LiveBackend({"anthropic": upstream, "openai": upstream}))
    key = front.key(backend="live")
    assert front.http(key).post("/v1/messages", json=ask).headers["x-coreskills-source"] == "offline"
    batch = front.anthropic(key).messages.batches.create(requests=[{"custom_id": "a", "params": ask}])  # type: ignore[typeddict-item]
    behind.clock.pass_s(5)
    done = front.anthropic(key).messages.batches.retrieve(batch.id)
    assert str(done.results_url).startswith(front.url)
    for _ in range(2):  # reading results twice bills them once
        assert [each.custom_id for each in front.anthropic(key).messages.batches.results(batch.id)] == ["a"]
    billed = [row for row in front.calls() if row.endpoint == "messages/batches/result"]
    assert [(row.batch, row.source, row.cost_usd) for row in billed] == [(True, "offline", _half_price(billed[0]))]
    with pytest.raises(openai.NotFoundError):
        front.openai(key).models.retrieve("gpt-99")
