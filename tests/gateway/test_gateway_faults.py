"""Scripted faults do what they say, to the byte, and the ledger tells."""

from __future__ import annotations

import json
import time
from typing import Any

import anthropic
import httpx
import pytest
from gateway_harness import House

from coreskills.wire.sse import parse_events


def scripted(house: House, *faults: dict[str, Any]) -> tuple[str, httpx.Client]:
    key = house.key()
    house.session(key).faults.set(faults)
    return key, house.http(key)


def test_faults_come_in_order_and_run_out(house: House, ask: dict[str, Any]) -> None:
    """Two 429, one 500, then all is well; ``skip`` lets some pass first."""
    _, http = scripted(
        house,
        {"kind": "error", "status": 429, "times": 2},
        {"kind": "error", "status": 500},
        {"kind": "error", "status": 529, "skip": 1, "times": None},
    )
    assert [http.post("/v1/messages", json=ask).status_code for _ in range(6)] == [429, 429, 500, 200, 529, 529]


def test_faults_choose_by_text_and_endpoint(house: House, ask: dict[str, Any]) -> None:
    """Only what matches is hit, also when JSON escapes the text."""
    _, http = scripted(
        house,
        {"kind": "error", "status": 500, "contains": "déjà", "times": None},
        {"kind": "error", "status": 404, "endpoint": "messages/count_tokens"},
    )
    said = {**ask, "messages": [{"role": "user", "content": "déjà vu"}]}
    assert http.post("/v1/messages", json=ask).status_code == 200
    assert http.post("/v1/messages", content=json.dumps(said)).status_code == 500
    assert http.post("/v1/messages", content=json.dumps(said, ensure_ascii=False)).status_code == 500
    counted = {name: value for name, value in ask.items() if name != "max_tokens"}
    assert http.post("/v1/messages/count_tokens", json=counted).status_code == 404


def test_retry_after_and_words_are_the_script_s(house: House, ask: dict[str, Any]) -> None:
    """Headers, type and message as scripted; without ``retry_after_s`` there is none."""
    fault = {
        "kind": "error",
        "status": 429,
        "retry_after_s": 7,
        "message": "Slow down",
        "error_type": "rate_limit_error",
    }
    _, http = scripted(house, {**fault, "should_retry": False}, {"kind": "error", "status": 429})
    first, second = (http.post("/v1/messages", json=ask) for _ in range(2))
    assert (first.headers["retry-after"], first.headers["x-should-retry"]) == ("7", "false")
    assert first.json()["error"] == {"type": "rate_limit_error", "message": "Slow down"}
    assert "retry-after" not in second.headers
    assert "x-should-retry" not in second.headers


def test_spend_limit_is_the_sdk_s_own_class(house: House, ask: dict[str, Any]) -> None:
    """A 429 that waiting does not mend: a subclass of ``RateLimitError``, which is the trap."""
    key, _ = scripted(house, {"kind": "spend_limit"})
    with pytest.raises(anthropic.RateLimitError) as caught:
        house.anthropic(key, max_retries=0).messages.create(**ask)
    assert caught.value.error_code == "enforced_spend_limit_reached"
    assert "retry-after" not in caught.value.response.headers


def test_malformed_json_is_cut_in_half(house: House, ask: dict[str, Any]) -> None:
    """Status 200 and a body that does not parse."""
    _, http = scripted(house, {"kind": "malformed"})
    answer = http.post("/v1/messages", json=ask)
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_malformed_stream_has_a_broken_event(house: House, ask: dict[str, Any]) -> None:
    """The SDK cannot decode it."""
    key, _ = scripted(house, {"kind": "malformed", "after_events": 2})
    stream = house.anthropic(key, max_retries=0).messages.create(**ask, stream=True)
    with pytest.raises(ValueError, match=r"(?i)json|expect|unterminated|delimiter"):
        list(stream)


def test_truncated_stream_ends_in_good_order(house: House, ask: dict[str, Any]) -> None:
    """No error on the wire: only the last events are missing."""
    _, http = scripted(house, {"kind": "truncate", "after_events": 4})
    answer = http.post("/v1/messages", json={**ask, "stream": True})
    events = [event.name for event in parse_events(answer.content)]
    assert len(events) == 4
    assert "message_stop" not in events
    assert [row.ended for row in house.calls()] == ["broken"]


def test_dropped_plain_answer_breaks_the_connection(house: House, ask: dict[str, Any]) -> None:
    """Half of the promised bytes."""
    _, http = scripted(house, {"kind": "drop"})
    with pytest.raises(httpx.RemoteProtocolError):
        http.post("/v1/messages", json=ask)
    assert [(row.status, row.ended, row.fault) for row in house.calls()] == [(200, "broken", "drop")]


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_slow_answer_trickles(house: House, ask: dict[str, Any], stream: bool) -> None:
    """All bytes come, in their time."""
    key = house.key()
    http = house.http(key)
    body = {**ask, "max_tokens": 5, "stream": stream}
    fast = http.post("/v1/messages", json=body).content
    house.session(key).faults.set([{"kind": "slow", "bytes_per_s": len(fast) / 0.5}])
    start = time.perf_counter()
    assert http.post("/v1/messages", json=body).content == fast
    assert time.perf_counter() - start > 0.35
    assert [row.ended for row in house.calls()] == ["whole", "whole"]


def test_batch_results_are_mixed_and_doubled(house: House, ask: dict[str, Any]) -> None:
    """Another order, then one of them twice; both billed once."""
    key = house.key()
    client = house.anthropic(key)
    requests: list[Any] = [{"custom_id": f"r{place}", "params": ask} for place in range(5)]
    batch = client.messages.batches.create(requests=requests)
    house.clock.pass_s(5)
    house.session(key).faults.set([{"kind": "shuffle", "endpoint": "messages/batches/results"}])
    mixed = [each.custom_id for each in client.messages.batches.results(batch.id)]
    ordered = [f"r{place}" for place in range(5)]
    assert mixed != ordered
    assert sorted(mixed) == ordered
    house.session(key).faults.set([{"kind": "duplicate", "endpoint": "messages/batches/results"}])
    doubled = [each.custom_id for each in client.messages.batches.results(batch.id)]
    assert doubled[:5] == ordered
    assert doubled[5] in ordered
    assert len([row for row in house.calls() if row.endpoint == "messages/batches/result"]) == 5


def test_faults_hit_one_key_only(house: House, ask: dict[str, Any]) -> None:
    """A learner's experiment does not reach their neighbour."""
    scripted(house, {"kind": "error", "status": 500, "times": None})
    assert house.http(house.key(learner="bob")).post("/v1/messages", json=ask).status_code == 200
