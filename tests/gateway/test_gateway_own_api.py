"""What a key's holder reads about their own calls, and sets for those to come."""

from __future__ import annotations

import json
import re
import threading
from decimal import Decimal
from typing import Any

import pytest
from gateway_harness import House


def test_status_adds_up(house: House, ask: dict[str, Any]) -> None:
    """Spent and counted over all the learner's kernels in the lab."""
    key = house.key(budget_usd=Decimal("0.50"))
    house.anthropic(key).messages.create(**ask)
    house.anthropic(house.key(kernel="other")).messages.create(**ask)
    status = house.http(key).get("/coreskills/status").json()
    rows = house.calls()
    assert status["spent_usd"] == f"{sum(row.cost_usd or 0 for row in rows):f}".rstrip("0")
    assert (status["n_calls"], status["n_estimated"], status["sources"]) == (2, 2, {"offline": 2})
    assert (status["lab"], status["learner"], status["backend"], status["mode"]) == (
        "b1-1",
        "ada",
        "offline",
        "offline",
    )
    assert (status["budget_usd"], status["expires_utc"]) == ("0.5", "2026-11-23T00:00:00.000Z")
    assert [each["model"] for each in status["by_model"]] == ["claude-haiku-4-5"]


def test_calls_belong_to_the_cell_that_runs(house: House, ask: dict[str, Any]) -> None:
    """The kernel names the cell; calls before it have none."""
    key = house.key()
    http, client = house.http(key), house.anthropic(key)
    client.messages.create(**ask)
    assert http.post("/coreskills/cell", json={"cell_id": "b1-t1", "label": "Task 1", "order": 4}).status_code == 204
    client.messages.create(**ask)
    rows = http.get("/coreskills/calls").json()["calls"]
    assert [(row["cell_id"], row["cell_label"], row["cell_order"]) for row in rows] == [
        ("", "", None),
        ("b1-t1", "Task 1", 4),
    ]
    assert [row["rowid"] for row in http.get(f"/coreskills/calls?after={rows[0]['rowid']}").json()["calls"]] == [
        rows[1]["rowid"]
    ]
    assert len(http.get("/coreskills/calls?cell_id=b1-t1").json()["calls"]) == 1


def test_others_calls_are_hidden(house: House, ask: dict[str, Any]) -> None:
    """Neither rows nor traces of another learner, nor of another kernel unless asked."""
    mine, twin, other = house.key(), house.key(kernel="k2"), house.key(learner="bob")
    for key in (mine, twin, other):
        house.anthropic(key).messages.create(**ask)
    assert len(house.http(mine).get("/coreskills/calls").json()["calls"]) == 1
    assert len(house.http(mine).get("/coreskills/calls?scope=lab").json()["calls"]) == 2
    assert [house.http(mine).get(f"/coreskills/calls/{number}").status_code for number in (1, 2, 3)] == [200, 404, 404]


def test_polling_counts_only_when_asked(house: House) -> None:
    """Listing models is no call to a model."""
    key = house.key()
    list(house.openai(key).models.list())
    http = house.http(key)
    assert http.get("/coreskills/calls").json()["calls"] == []
    assert [row["endpoint"] for row in http.get("/coreskills/calls?all=1").json()["calls"]] == ["models"]


def test_trace_shows_both_sides_and_no_key(house: House, ask: dict[str, Any]) -> None:
    """Bodies as they went over the wire; the key is hidden."""
    key = house.key()
    message = house.anthropic(key).messages.create(**ask)
    answer = house.http(key).get("/coreskills/calls/1")
    trace = answer.json()
    assert trace["request"]["body"]["messages"] == ask["messages"]
    assert trace["response"]["body"]["id"] == message.id == trace["response_id"]
    assert trace["request"]["headers"]["authorization"] == "hidden"
    assert key not in answer.text


def test_trace_of_a_stream_has_its_events(house: House, ask: dict[str, Any]) -> None:
    """Each event with its milliseconds."""
    key = house.key()
    for _ in house.anthropic(key).messages.create(**ask, stream=True):
        pass
    events = house.http(key).get("/coreskills/calls/1").json()["response"]["events"]
    assert json.loads(events[0]["data"])["type"] == "message_start"
    assert json.loads(events[-1]["data"])["type"] == "message_stop"
    assert [event["at_ms"] for event in events] == sorted(event["at_ms"] for event in events)


def test_trace_of_an_error_names_it(house: House) -> None:
    """Type and message of the provider's shape."""
    key = house.key()
    assert house.http(key).post("/v1/messages", content=b"{").status_code == 400
    trace = house.http(key).get("/coreskills/calls/1").json()
    assert trace["error"]["type"] == "invalid_request_error"
    assert trace["request"]["body"] == "{"


def test_events_tell_of_finished_calls(house: House, ask: dict[str, Any]) -> None:
    """A listener gets each row as it is written."""
    key = house.key()
    got: list[dict[str, Any]] = []
    listening = threading.Event()

    def listen() -> None:
        with house.http(key).stream("GET", "/coreskills/events") as stream:
            for line in stream.iter_lines():
                listening.set()
                if line.startswith("data: "):
                    got.append(json.loads(line[6:]))
                    return

    listener = threading.Thread(target=listen)
    listener.start()
    assert listening.wait(5)
    message = house.anthropic(key).messages.create(**ask)
    listener.join(5)
    assert [row["response_id"] for row in got] == [message.id]


def test_faults_are_set_hit_and_ended(house: House, ask: dict[str, Any]) -> None:
    """The script says how often each was hit; an empty one ends them; the ledger is the evidence."""
    key = house.key()
    http = house.http(key)
    script = [{"kind": "error", "status": 529, "times": 2}, {"kind": "error", "status": 400, "contains": "forbidden"}]
    assert http.post("/coreskills/faults", json={"faults": script}).status_code == 200
    assert [http.post("/v1/messages", json=ask).status_code for _ in range(3)] == [529, 529, 200]
    assert [fault["hits"] for fault in http.get("/coreskills/faults").json()["faults"]] == [2, 0]
    http.post("/coreskills/faults", json={"faults": []})
    forbidden = {**ask, "messages": [{"role": "user", "content": "forbidden"}]}
    assert http.post("/v1/messages", json=forbidden).status_code == 200
    assert [row.fault for row in house.calls()] == ["error", "error", None, None]


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("faults", {"faults": [{"kind": "explode"}]}, "Fault 0"),
        ("faults", {"faults": [{"kind": "error"}]}, "needs a status"),
        ("faults", {"faults": [{"kind": "error", "status": 200}]}, "status"),
        ("faults", {"faults": "all"}, "faults"),
        ("cell", {}, "cell_id"),
        ("cell", {"cell_id": 5}, "cell_id"),
        ("mode", {"mode": "live"}, "only a new key can work live"),
    ],
)
def test_wrong_settings_are_refused(house: House, path: str, body: dict[str, Any], said: str) -> None:
    """With a message that names the field."""
    answer = house.http(house.key()).post(f"/coreskills/{path}", json=body)
    assert 400 <= answer.status_code < 500
    assert said in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", ["status", "calls", "calls/1", "faults", "events"])
def test_own_api_needs_a_key(house: House, path: str) -> None:
    """Nobody reads without one."""
    assert house.http("forged").get(f"/coreskills/{path}").status_code == 401


def test_page_says_what_it_is(house: House) -> None:
    """Stand-ins, by name, with the price that the ledger counts; the page needs no key and loads nothing."""
    answer = house.http("nobody's").get("/")
    assert answer.headers["content-type"].startswith("text/html")
    assert "stand-ins" in answer.text
    row = answer.text.split("claude-haiku-5-5</th>")[1].split("</tr>")[0]
    assert re.findall(r"[$]?[\d.,]+", re.sub("<[^>]*>", " ", row)) == ["1,000,000", "$0.10", "$0.50"]
    assert f"ANTHROPIC_BASE_URL={house.url}" in answer.text
    assert "<script" not in answer.text
