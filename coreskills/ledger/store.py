"""The ledger's database: SQLite in a file by default, PostgreSQL by URL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from coreskills.database.engine import open_engine
from coreskills.database.migrations import Schema, open_store
from coreskills.errors import LedgerError
from coreskills.ledger.call import Call

PICO = Decimal("1e-12")
_FEW = 8  # calls
_IDS_AT_ONCE = 500  # a database takes only so many values in one statement

metadata = sa.MetaData()
# Money is kept in whole picodollars: sums stay exact in every database, and a token costs at least 1000 of them.
calls_table = sa.Table(
    "calls",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("time_us", sa.BigInteger, nullable=False, index=True),
    sa.Column("learner", sa.Text, nullable=False),
    sa.Column("lab", sa.Text, nullable=False),
    sa.Column("kernel", sa.Text, nullable=False),
    sa.Column("key_id", sa.Text, nullable=False, index=True),
    sa.Column("cell_id", sa.Text, nullable=False),
    sa.Column("cell_label", sa.Text, nullable=False),
    sa.Column("cell_order", sa.Integer),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("endpoint", sa.Text, nullable=False),
    sa.Column("model", sa.Text),
    sa.Column("model_answered", sa.Text),
    sa.Column("response_id", sa.Text),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("input_tokens", sa.BigInteger, nullable=False),
    sa.Column("output_tokens", sa.BigInteger, nullable=False),
    sa.Column("cache_read_tokens", sa.BigInteger, nullable=False),
    sa.Column("cache_write_tokens", sa.BigInteger, nullable=False),
    sa.Column("cost_pico", sa.BigInteger),
    sa.Column("estimated", sa.Boolean, nullable=False),
    sa.Column("batch", sa.Boolean, nullable=False),
    sa.Column("stream", sa.Boolean, nullable=False),
    sa.Column("latency_ms", sa.Integer, nullable=False),
    sa.Column("first_token_ms", sa.Integer),
    sa.Column("retries", sa.Integer, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("cassette", sa.Text),
    sa.Column("interaction", sa.Integer),
    sa.Column("tier", sa.Text),
    sa.Column("fault", sa.Text),
    sa.Column("error_type", sa.Text),
    sa.Column("ended", sa.Text, nullable=False),
    sa.Index("calls_by_learner_and_lab", "learner", "lab"),
)


def _guess(tables: sa.Inspector) -> str:
    return "0002" if any(column["name"] == "response_id" for column in tables.get_columns("calls")) else "0001"


SCHEMA = Schema("ledger", metadata, "0002", Path(__file__).parent / "versions", _guess)


class Ledger:
    """Every call that passed a gateway; safe to use from several threads.

    Args:
        url: SQLAlchemy's.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = open_store(url, SCHEMA)
        is_sqlite = self.engine.url.get_backend_name() == "sqlite"
        file_url = self.engine.url.render_as_string(hide_password=False)
        self._impatient = open_engine(file_url, patience_s=0) if is_sqlite else None

    def add(self, call: Call) -> int:
        """Write one call; durable when it returns."""
        return self.add_many([call])[0]

    def add_many(self, calls: Iterable[Call]) -> list[int]:
        """Write calls in one transaction; their ids, in order."""
        rows = [_row(call) for call in calls]
        if not rows:
            return []
        try:
            return _insert(self.engine, rows)
        except sa.exc.SQLAlchemyError as error:
            raise LedgerError(
                f"{len(rows)} calls could not be written to the ledger: {error}.",
                fix="check disk space and the database",
            ) from error

    def add_at_once(self, calls: Sequence[Call]) -> list[int] | None:
        """Write a few calls without waiting for anybody, in a fraction of a millisecond; fit for an event loop.

        Returns:
            Their ids; ``None``, and nothing is written, where another process is writing or the database is remote.
        """
        if self._impatient is None or len(calls) > _FEW:
            return None
        try:
            return _insert(self._impatient, [_row(call) for call in calls])
        except sa.exc.OperationalError:  # locked, or something that add_many will tell of
            return None

    def calls(
        self,
        *,
        after: int | None = None,
        learner: str | None = None,
        lab: str | None = None,
        cell_id: str | None = None,
        model: str | None = None,
        key_id: str | None = None,
        kernel: str | None = None,
        source: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> list[Call]:
        """Read calls, oldest first.

        Args:
            after: Only rows with a greater id.
            since: Inclusive.
            until: Exclusive.
        """
        query = sa.select(calls_table).order_by(calls_table.c.id)
        for condition in conditions(
            learner=learner, lab=lab, cell_id=cell_id, model=model, key_id=key_id, kernel=kernel, source=source,
            since=since, until=until,
        ):  # fmt: skip
            query = query.where(condition)
        if after is not None:
            query = query.where(calls_table.c.id > after)
        if limit is not None:
            query = query.limit(limit)
        with self.engine.connect() as connection:
            return [_call(row) for row in connection.execute(query).mappings()]

    def answered(self, response_ids: Sequence[str], *, learner: str, lab: str, key_id: str | None = None) -> set[str]:
        """Which answers are in the ledger already."""
        known: set[str] = set()
        table = calls_table.c
        for start in range(0, len(response_ids), _IDS_AT_ONCE):
            query = sa.select(table.response_id).where(
                table.response_id.in_(response_ids[start : start + _IDS_AT_ONCE]),
                *conditions(learner=learner, lab=lab, key_id=key_id),
            )
            with self.engine.connect() as connection:
                known.update(connection.execute(query).scalars())
        return known

    def spent(self, *, learner: str, lab: str) -> Decimal:
        """US dollars of all priced calls of a learner in a lab."""
        total = sa.select(sa.func.coalesce(sa.func.sum(calls_table.c.cost_pico), 0)).where(
            calls_table.c.learner == learner, calls_table.c.lab == lab
        )
        with self.engine.connect() as connection:
            return from_pico(int(connection.execute(total).scalar_one()))

    def close(self) -> None:
        """Give the connections back."""
        if self._impatient is not None:
            self._impatient.dispose()
        self.engine.dispose()


def conditions(*, since: datetime | None = None, until: datetime | None = None, **equals: Any) -> Iterator[Any]:
    """The WHERE clauses of a set of filters; ``None`` filters nothing."""
    for name, value in equals.items():
        if value is not None:
            yield calls_table.c[name] == value
    if since is not None:
        yield calls_table.c.time_us >= to_us(since)
    if until is not None:
        yield calls_table.c.time_us < to_us(until)


def to_us(moment: datetime) -> int:
    """Microseconds since 1970, exact."""
    delta = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def from_us(us: int) -> datetime:
    """The moment, in UTC."""
    return datetime.fromtimestamp(us // 1_000_000, UTC).replace(microsecond=us % 1_000_000)


def to_pico(amount: Decimal | None) -> int | None:
    """Whole picodollars; unknown stays unknown."""
    return None if amount is None else int((amount / PICO).to_integral_value(ROUND_HALF_EVEN))


def from_pico(pico: int) -> Decimal:
    """US dollars."""
    return Decimal(pico) * PICO


def _insert(engine: sa.Engine, rows: list[dict[str, Any]]) -> list[int]:
    insert = sa.insert(calls_table).returning(calls_table.c.id, sort_by_parameter_order=True)
    with engine.begin() as connection:
        return list(connection.execute(insert, rows).scalars())


def _row(call: Call) -> dict[str, Any]:
    row = {field.name: getattr(call, field.name) for field in fields(call) if field.name != "id"}
    row["time_us"] = to_us(row.pop("time_utc"))
    row["cost_pico"] = to_pico(row.pop("cost_usd"))
    return row


def _call(row: Any) -> Call:
    values = dict(row)
    cost = values.pop("cost_pico")
    return Call(time_utc=from_us(values.pop("time_us")), cost_usd=None if cost is None else from_pico(cost), **values)
