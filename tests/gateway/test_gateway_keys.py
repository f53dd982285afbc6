"""Keys: hashed, expiring, revocable, renewable; budgets and rates they carry."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
from gateway_harness import Clock, House

from coreskills.errors import GatewayError
from coreskills.gateway.budget import Budgets
from coreskills.gateway.keys import KeyStore
from coreskills.gateway.rates import Bucket
from coreskills.ledger import Ledger

CALL_USD = Decimal("0.000258")  # the small message of the fixture: 8 tokens in, at most 50 out


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    """A key store in a file, with a clock that stands still."""
    return KeyStore(f"sqlite:///{tmp_path}/keys.sqlite", clock=Clock())


def test_secret_is_stored_nowhere(keys: KeyStore, tmp_path: Path) -> None:
    """Whoever reads the database cannot call."""
    secret = keys.mint(learner="ada", lab="b1-1")
    keys.close()
    sqlite3.connect(tmp_path / "keys.sqlite").execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"ada" in stored
    assert secret.encode() not in stored
    assert secret.removeprefix("sk-coreskills-").encode() not in stored


def test_grant_is_what_was_minted(keys: KeyStore) -> None:
    """Nothing of a grant is lost on the way through the database."""
    cassettes = [Path("cassettes/b1-1/b1-1.json")]
    grant = keys.lookup(
        keys.mint(
            learner="ada",
            lab="b1-1",
            kernel="k1",
            backend="replay",
            budget_usd=Decimal("0.50"),
            ttl_s=60,
            requests_per_minute=30,
            cassettes=cassettes,
            free_form=True,
        )
    )
    assert grant is not None
    assert (grant.learner, grant.lab, grant.kernel, grant.backend) == ("ada", "b1-1", "k1", "replay")
    assert (grant.budget_usd, grant.requests_per_minute, grant.free_form) == (Decimal("0.50"), 30, True)
    assert grant.cassettes == tuple(cassettes)
    assert grant.expires - grant.created == timedelta(seconds=60)
    assert keys.grants(learner="ada") == [grant] == [keys.grant(grant.id)]


def test_unknown_key_id_is_an_error(keys: KeyStore) -> None:
    """Revoking nothing is not silently fine."""
    with pytest.raises(GatewayError, match="no key 'key_0'"):
        keys.revoke("key_0")


def call(house: House, key: str) -> int:
    http = house.http(key)
    body = {"model": "claude-haiku-4-5", "max_tokens": 50, "messages": [{"role": "user", "content": "hello"}]}
    return http.post("/v1/messages", json=body).status_code


def test_key_ends_is_renewed_and_is_revoked(house: House) -> None:
    """Expiry by the clock, a new end by renewal, the true end by revocation."""
    key = house.key(ttl_s=60)
    grant = house.gateway.keys.lookup(key)
    assert grant is not None
    assert call(house, key) == 200
    house.clock.pass_s(61)
    assert call(house, key) == 401
    house.gateway.keys.renew(grant.id, ttl_s=60)
    assert call(house, key) == 200
    house.gateway.keys.revoke(grant.id)
    assert call(house, key) == 401


@pytest.mark.parametrize("header", ["x-api-key", "authorization"])
def test_both_headers_carry_a_key(house: House, header: str, ask: dict[str, Any]) -> None:
    """Anthropic's own header and a bearer token, with either provider."""
    key = house.key()
    headers = {header: key if header == "x-api-key" else f"bearer {key}"}
    http = house.http("")
    http.headers.pop("authorization")
    assert http.post("/v1/messages", json=ask, headers=headers).status_code == 200
    chat = {"model": "gpt-5.4-mini", "messages": ask["messages"]}
    assert http.post("/v1/chat/completions", json=chat, headers=headers).status_code == 200


def test_no_key_says_where_it_belongs(house: House, ask: dict[str, Any]) -> None:
    """The provider's own words."""
    http = house.http("")
    http.headers.pop("authorization")
    assert "x-api-key header is required" in http.post("/v1/messages", json=ask).text
    assert "Authorization header" in http.post("/v1/chat/completions", json={}).text


def test_spent_budget_is_the_provider_s_own_error(house: House, ask: dict[str, Any]) -> None:
    """The SDKs raise their spend-limit errors, and do not try again."""
    key = house.key(budget_usd=CALL_USD)
    client = house.anthropic(key)
    client.messages.create(**{**ask, "max_tokens": 50})
    with pytest.raises(anthropic.RateLimitError, match="spent the") as caught:
        client.messages.create(**ask)
    assert type(caught.value).__name__ == "EnforcedSpendLimitReachedError"
    assert caught.value.error_code == "enforced_spend_limit_reached"
    assert "retry-after" not in caught.value.response.headers
    with pytest.raises(openai.RateLimitError) as also:
        house.openai(key).chat.completions.create(model="gpt-5.4-mini", messages=ask["messages"])
    assert also.value.code == "insufficient_quota"
    assert [(row.status, row.cost_usd) for row in house.calls()][1:] == [(429, 0), (429, 0)]


def test_budget_is_the_learner_s_in_a_lab_not_the_key_s(house: House, ask: dict[str, Any]) -> None:
    """A new kernel does not bring new money, another lab or learner has its own."""
    first = house.key(budget_usd=CALL_USD, kernel="k1")
    assert call(house, first) == 200
    assert call(house, house.key(budget_usd=CALL_USD, kernel="k2")) == 429
    assert call(house, house.key(budget_usd=CALL_USD, lab="b1-2")) == 200
    assert call(house, house.key(budget_usd=CALL_USD, learner="bob")) == 200


def test_budget_survives_a_restart(open_house: Callable[..., House], tmp_path: Path) -> None:
    """The ledger knows what was spent."""
    url = f"sqlite:///{tmp_path}/shared.sqlite"
    before = open_house(ledger=Ledger(url))
    assert call(before, before.key(budget_usd=CALL_USD)) == 200
    after = open_house(ledger=Ledger(url))
    assert call(after, after.key(budget_usd=CALL_USD)) == 429


def test_concurrent_spending_stops_at_the_budget(house: House) -> None:
    """Forty calls at once, money for ten: never more than the calls under way pass it."""
    budget = CALL_USD * 10
    key = house.key(budget_usd=budget)
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: call(house, key), range(40)))
    spent = house.gateway.ledger.spent(learner="ada", lab="b1-1")
    assert set(statuses) == {200, 429}
    assert statuses.count(200) * CALL_USD == spent
    assert spent <= budget + 8 * CALL_USD
    while call(house, key) == 200:
        pass
    assert house.gateway.ledger.spent(learner="ada", lab="b1-1") >= budget


def test_held_money_is_given_back(tmp_path: Path) -> None:
    """What calls under way hold blocks others only until they end, however they end."""
    budgets = Budgets(Ledger(f"sqlite:///{tmp_path}/l.sqlite"))
    account: dict[str, Any] = {"learner": "ada", "lab": "b1-1"}

    def ask_for(usd: str) -> str:
        return budgets.reserve(**account, budget_usd=Decimal(1), estimate_usd=Decimal(usd))

    assert ask_for("1.5") == "go"  # the first may always go: its estimate is a guess
    assert ask_for("0.1") == "busy"
    budgets.settle(**account, estimate_usd=Decimal("1.5"), cost_usd=Decimal(0))
    assert ask_for("0.1") == "go"
    budgets.settle(**account, estimate_usd=Decimal("0.1"), cost_usd=Decimal(1))
    assert ask_for("0.1") == "spent"


def test_budgets_count_right_from_many_threads(tmp_path: Path) -> None:
    """A thousand settlements of a cent are ten dollars."""
    budgets = Budgets(Ledger(f"sqlite:///{tmp_path}/l.sqlite"))
    account: dict[str, Any] = {"learner": "ada", "lab": "b1-1"}

    def spend() -> None:
        for _ in range(125):
            budgets.reserve(**account, budget_usd=None, estimate_usd=Decimal("0.01"))
            budgets.settle(**account, estimate_usd=Decimal("0.01"), cost_usd=Decimal("0.01"))

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert budgets.spent_usd("ada", "b1-1") == Decimal(10)


def test_burst_is_told_when_to_come_back(house: House, ask: dict[str, Any]) -> None:
    """The third of two requests a minute waits; its ``retry-after`` is honest."""
    key = house.key(requests_per_minute=2)
    assert [call(house, key) for _ in range(3)] == [200, 200, 429]
    answer = house.http(key).post("/v1/messages", json=ask)
    assert answer.json()["error"]["type"] == "rate_limit_error"
    assert 1 <= int(answer.headers["retry-after"]) <= 31


def test_bucket_fills_with_time() -> None:
    """One request each 60/n seconds after a full minute's burst."""
    now = [0.0]
    bucket = Bucket(clock=lambda: now[0])
    assert [bucket.take(2) for _ in range(2)] == [0.0, 0.0]
    assert bucket.take(2) == 30.0
    now[0] = 29.0
    assert bucket.take(2) == pytest.approx(1.0)
    now[0] = 30.0
    assert bucket.take(2) == 0.0
