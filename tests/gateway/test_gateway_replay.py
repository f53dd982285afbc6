"""A replay key is answered from its cassettes, and from nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anthropic
import pytest
from gateway_harness import House

from coreskills.cassettes import Provenance, Recording, write
from coreskills.wire.http import WireRequest, WireResponse

HELLO: dict[str, Any] = {
    "model": "claude-haiku-4-5",
    "max_tokens": 64,
    "messages": [{"role": "user", "content": "Hello!"}],
}
ANSWER: dict[str, Any] = {
    "id": "msg_recorded",
    "type": "message",
    "role": "assistant",
    "model": "claude-haiku-4-5",
    "content": [{"type": "text", "text": "Recorded words."}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 9, "output_tokens": 4},
}


def recording(asked: dict[str, Any] = HELLO, *, latency_ms: int | None = 840, **more: Any) -> Recording:
    request = WireRequest("anthropic", "POST", "/v1/messages", body=json.dumps(asked).encode())
    response = WireResponse(200, {"content-type": "application/json"}, json.dumps(ANSWER).encode(), latency_ms)
    return Recording(request, response, **more)


@pytest.fixture
def cassette(tmp_path: Path) -> Callable[..., Path]:
    """Write a cassette of recordings."""

    def make(*recordings: Recording) -> Path:
        path = tmp_path / "b1-1.json"
        write(path, recordings, provenance=Provenance("offline", "2026-11-22"))
        return path

    return make


def test_recorded_answer_plays_as_recorded(house: House, cassette: Callable[..., Path]) -> None:
    """Its words, its latency as data, its place in the cassette; nothing is slept."""
    key = house.key(backend="replay", cassettes=[cassette(recording(latency_ms=500_000))])
    raw = house.anthropic(key, timeout=600).messages.with_raw_response.create(**HELLO)
    assert raw.parse().content[0].text == "Recorded words."
    assert (raw.headers["x-coreskills-source"], raw.headers["x-coreskills-latency-ms"]) == ("recorded", "500000")
    (row,) = house.calls()
    assert (row.source, row.cassette, row.interaction, row.tier) == ("recorded", "b1-1.json", 0, "exact")
    assert (row.latency_ms, row.input_tokens, row.output_tokens, row.estimated) == (500_000, 9, 4, False)


def test_recorded_answer_streams_when_asked(house: House, cassette: Callable[..., Path]) -> None:
    """A plain recording is played as a stream."""
    key = house.key(backend="replay", cassettes=[cassette(recording())])
    with house.anthropic(key).messages.stream(**HELLO) as stream:
        assert stream.get_final_text() == "Recorded words."


def test_miss_is_a_418_that_the_session_keeps(house: House, cassette: Callable[..., Path]) -> None:
    """The SDK does not try again, swallowing the error hides nothing, and it costs nothing."""
    key = house.key(backend="replay", cassettes=[cassette(recording())])
    asked: dict[str, Any] = {**HELLO, "messages": [{"role": "user", "content": "Something else entirely, please."}]}
    with pytest.raises(anthropic.APIStatusError) as caught:
        house.anthropic(key).messages.create(**asked)
    assert caught.value.status_code == 418
    assert len(house.session(key).misses) == 1
    assert [(row.status, row.cost_usd) for row in house.calls()] == [(418, 0)]
    trace = house.http(key).get("/coreskills/calls/1").json()
    assert trace["miss"]["message"] == house.session(key).misses[0].learner_message


def miss_of(house: House, cassette: Path, **changed: Any) -> dict[str, Any]:
    """Ask something that was not recorded; what the trace of it says."""
    key = house.key(backend="replay", cassettes=[cassette])
    with pytest.raises(anthropic.APIStatusError):
        house.anthropic(key).messages.create(**{**HELLO, **changed})
    trace: dict[str, Any] = house.http(key).get(f"/coreskills/calls/{house.calls()[-1].id}").json()
    miss: dict[str, Any] = trace["miss"]
    return miss


def test_a_miss_says_what_changed_and_what_was_ignored(house: House, cassette: Callable[..., Path]) -> None:
    """Words first, then other fields, each with both values; what stands in nobody's way is named apart."""
    miss = miss_of(
        house,
        cassette(recording(cell="t1-check")),
        messages=[{"role": "user", "content": "Good bye!"}],
        extra_body={"temperature": 0.2},
        max_tokens=128,
        metadata={"user_id": "ada"},
    )
    assert miss["nearest"] == {"file": "b1-1.json", "index": 0, "cell": "t1-check"}
    assert miss["changes"] == [
        {"field": "message 1 (user)", "before": "Hello!", "after": "Good bye!"},
        {"field": "temperature", "before": None, "after": "0.2"},
    ]
    assert miss["ignored"] == ["max_tokens", "metadata"]


def test_a_miss_tells_nothing_of_a_hidden_checks_recording(house: House, cassette: Callable[..., Path]) -> None:
    """Which fields differ, and no word of what was recorded."""
    hidden = cassette(recording()).rename(cassette(recording()).with_name("b1-1.hidden.json"))
    miss = miss_of(house, hidden, messages=[{"role": "user", "content": "Good bye!"}])
    assert (miss["nearest"], miss["changes"]) == (None, [{"field": "message text", "before": None, "after": None}])
    assert "Hello!" not in json.dumps(miss)


def test_free_form_lab_asks_the_offline_models(house: House, cassette: Callable[..., Path]) -> None:
    """Recordings first; what none fits is answered offline, and is no miss."""
    key = house.key(backend="replay", cassettes=[cassette(recording())], free_form=True)
    http = house.http(key)
    other = {**HELLO, "messages": [{"role": "user", "content": "Something else entirely, please."}]}
    sources = [http.post("/v1/messages", json=body).headers["x-coreskills-source"] for body in (HELLO, other)]
    assert sources == ["recorded", "offline"]
    assert house.session(key).misses == []


def test_cause_finds_the_recording_of_a_test_call(house: House, cassette: Callable[..., Path]) -> None:
    """Another prompt around the same input is answered while the same test call runs."""
    text = "the tent arrived torn"
    asked = {**HELLO, "messages": [{"role": "user", "content": f"Is this positive? {text}"}]}
    key = house.key(backend="replay", cassettes=[cassette(recording(asked, causes=(f"classify({text!r})",)))])
    mine = {**HELLO, "messages": [{"role": "user", "content": f"Say how the customer feels.\n\n{text}"}]}
    house.session(key).cause = f"classify({text!r})"
    assert house.http(key).post("/v1/messages", json=mine).status_code == 200
    assert house.calls()[0].tier == "cause"


def test_recorded_slowness_meets_a_short_time_out(house: House, cassette: Callable[..., Path]) -> None:
    """A client that would not have waited so long does not get the answer."""
    key = house.key(backend="replay", cassettes=[cassette(recording(latency_ms=5_000))])
    with pytest.raises(anthropic.APITimeoutError):
        house.anthropic(key, timeout=0.3, max_retries=0).messages.create(**HELLO)
    assert house.anthropic(key, timeout=10).messages.create(**HELLO).id == "msg_recorded"


def test_damaged_cassette_says_so(house: House, tmp_path: Path) -> None:
    """Grading must not go on as if the learner were wrong."""
    (tmp_path / "broken.json").write_text("{")
    key = house.key(backend="replay", cassettes=[tmp_path / "broken.json"])
    answer = house.http(key).post("/v1/messages", json=HELLO)
    assert (answer.status_code, answer.headers["x-should-retry"]) == (500, "false")
    assert "broken.json" in answer.text
