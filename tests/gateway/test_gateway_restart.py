"""What a provider would still know after the gateway was restarted: batches, and responses to go on from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import anthropic
import httpx
import openai
import pytest
from gateway_harness import House

from coreskills.bench.gateway import served
from coreskills.gateway.kept import store
from coreskills.gateway.kept.store import Kept, KeptBatch
from coreskills.ledger import Ledger
from coreskills.offline.prompt import Image, Text, ToolCall, ToolResult, Turn

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ADA, BOB = ("ada", "b1-1"), ("bob", "b1-1")


@pytest.fixture
def restarted(open_house: Callable[..., House], tmp_path: Path) -> Callable[[], House]:
    """Each call is the next service on the same database."""
    return lambda: open_house(ledger=Ledger(f"sqlite:///{tmp_path}/shared.sqlite"))


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    """A fresh database."""
    ledger = Ledger(f"sqlite:///{tmp_path}/kept.sqlite")
    yield Kept(ledger.engine, look_every=1)
    ledger.close()


def requests(*ids: str) -> list[Any]:
    params = {"model": "claude-haiku-4-5", "max_tokens": 30}
    return [
        {"custom_id": each, "params": {**params, "messages": [{"role": "user", "content": f"Hello from {each}!"}]}}
        for each in ids
    ]


def test_batch_goes_on_after_a_restart(restarted: Callable[[], House]) -> None:
    """In progress before, in progress after; at its end the results are those that the first service would give."""
    before = restarted()
    client = before.anthropic(before.key())
    batch = client.messages.batches.create(requests=requests("a", "b"))
    after = restarted()
    other = after.anthropic(after.key())
    assert other.messages.batches.retrieve(batch.id).processing_status == "in_progress"
    before.clock.pass_s(5)
    after.clock.pass_s(5)
    assert other.messages.batches.retrieve(batch.id).request_counts.succeeded == 2
    results = [each.to_dict() for each in other.messages.batches.results(batch.id)]
    assert results == [each.to_dict() for each in client.messages.batches.results(batch.id)]
    assert [each.id for each in other.messages.batches.list()] == [batch.id]


def test_end_of_a_batch_is_kept(restarted: Callable[[], House]) -> None:
    """A cancelled batch stays cancelled, a deleted one is gone, and a learner has none of another's."""
    before = restarted()
    client = before.anthropic(before.key())
    cancelled, deleted = (client.messages.batches.create(requests=requests(*names)) for names in ("abcd", "xy"))
    before.clock.pass_s(1)
    client.messages.batches.cancel(cancelled.id)
    before.clock.pass_s(4)
    client.messages.batches.delete(deleted.id)
    after = restarted()
    after.clock.pass_s(5)
    other = after.anthropic(after.key())
    counts = other.messages.batches.retrieve(cancelled.id).request_counts
    assert (counts.succeeded, counts.canceled) == (2, 2)
    assert [each.id for each in other.messages.batches.list()] == [cancelled.id]
    for key in (after.key(learner="bob"), after.key(lab="b1-2")):
        with pytest.raises(anthropic.NotFoundError):
            after.anthropic(key).messages.batches.retrieve(cancelled.id)


def test_response_is_gone_on_from_after_a_restart(restarted: Callable[[], House]) -> None:
    """Also from another kernel; not by another learner, and not where it was not to be stored."""
    before = restarted()
    client = before.openai(before.key())
    asked: dict[str, Any] = {"model": "gpt-5.4-mini"}
    first = client.responses.create(**asked, input="My name is Ada.")
    second = client.responses.create(**asked, input="Thanks!", previous_response_id=first.id)
    unkept = client.responses.create(**asked, input="Hello!", store=False)
    after = restarted()
    third = after.openai(after.key()).responses.create(
        **asked, input="What is my name?", previous_response_id=second.id
    )
    assert third.output_text == "Your name is Ada."
    for key, wanted in ((after.key(learner="bob"), second.id), (after.key(), unkept.id)):
        with pytest.raises(openai.BadRequestError, match="not found"):
            after.openai(key).responses.create(**asked, input="And?", previous_response_id=wanted)


@pytest.mark.parametrize("wanted", ["", "\0", "resp_\0", "resp_" + "a" * 5000, "'; drop table calls", "resp_é"])
def test_id_that_is_none_is_not_found(house: House, wanted: str) -> None:
    """Whatever stands where an id should be, the database is not asked for it."""
    http = house.http(house.key())
    body = {"model": "gpt-5.4-mini", "input": "And?", "previous_response_id": wanted}
    assert http.post("/v1/responses", json=body).status_code == 400
    assert http.get(f"/v1/messages/batches/{quote(wanted or 'x')}").status_code == 404


@pytest.mark.slow
def test_killed_service_forgets_neither_batch_nor_response(tmp_path: Path) -> None:
    """SIGKILL right after the answers, then a new process on the same folder."""
    with served(tmp_path) as (url, key, _):
        patient: dict[str, Any] = {"headers": {"authorization": f"Bearer {key}"}, "trust_env": False, "timeout": 120}
        body: dict[str, Any] = {"model": "gpt-5.4-mini", "input": "My name is Ada."}
        said = httpx.post(f"{url}/v1/responses", json=body, **patient).json()["id"]
        batch = {"requests": requests("a")}
        sent = httpx.post(f"{url}/v1/messages/batches", json=batch, **patient).json()["id"]
    with served(tmp_path) as (url, _, _), httpx.Client(base_url=url, **patient) as http:
        body = {"model": "gpt-5.4-mini", "input": "What is my name?", "previous_response_id": said}
        assert "Your name is Ada." in http.post("/v1/responses", json=body).text
        assert http.get(f"/v1/messages/batches/{sent}").json()["id"] == sent


def test_turns_come_back_whole(kept: Kept) -> None:
    """Every kind of block, and text that databases do not like."""
    first = [Turn("user", (Text("a\0b \u2028 déjà 🦉", title="Zoë"), Image("image/png", b"\x89PNG\0")))]
    answer = Turn("assistant", (Text("", None), ToolCall("c1", "look", {"where": ["x", 1.5, None]})))
    second = [Turn("tool", (ToolResult("c1", "gone", is_error=True),))]
    kept.add_response("resp_a", [*first, answer], owner=ADA, previous_id=None, now=NOON)
    kept.add_response("resp_b", second, owner=ADA, previous_id="resp_a", now=NOON)
    assert kept.conversation("resp_b", ADA) == (*first, answer, *second)
    assert kept.conversation("resp_b", BOB) is None


def test_conversation_without_its_beginning_is_none(kept: Kept) -> None:
    """Half a conversation would be answered wrongly."""
    kept.add_response("resp_b", [Turn("user", (Text("And?"),))], owner=ADA, previous_id="resp_a", now=NOON)
    assert kept.conversation("resp_b", ADA) is None


def test_what_is_old_is_forgotten(kept: Kept) -> None:
    """After a month, unless it was asked for again."""
    turns = [Turn("user", (Text("Hello!"),))]
    for name in ("resp_old", "resp_again"):
        kept.add_response(name, turns, owner=ADA, previous_id=None, now=NOON)
    later = NOON + timedelta(days=29)
    kept.add_response("resp_again", turns, owner=ADA, previous_id=None, now=later)
    kept.add_response("resp_new", turns, owner=BOB, previous_id=None, now=NOON + timedelta(days=31))
    known = [name for name in ("resp_old", "resp_again") if kept.conversation(name, ADA)]
    assert known == ["resp_again"]


def test_who_keeps_too_much_loses_the_oldest(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """A learner's share is bounded, and nobody else's is touched."""
    size = len(json.dumps(requests("a")))
    monkeypatch.setattr(store, "MOST_CHARACTERS", 2 * size)
    kept.add_batch(KeptBatch("msgbatch_bob", BOB, requests("a"), NOON, NOON))
    for place in range(4):
        created = NOON + timedelta(seconds=place)
        kept.add_batch(KeptBatch(f"msgbatch_{place}", ADA, requests("a"), created, created))
    assert kept.batch_ids(ADA) == ["msgbatch_3", "msgbatch_2"]
    assert kept.batch_ids(BOB) == ["msgbatch_bob"]
