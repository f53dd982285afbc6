"""The database of what is kept: beside the ledger's tables, bounded, and forgotten after a month."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from coreskills.database.migrations import Schema, bring_up_to_date
from coreskills.gateway.kept.turns import dumped, loaded
from coreskills.ledger.store import from_us, to_us
from coreskills.offline.prompt import Turn

KEPT_FOR = timedelta(days=30)
# Characters a learner may have kept in a lab, of batches and of responses each; beyond it the oldest go.
MOST_CHARACTERS = 64_000_000
_LONGEST_CHAIN = 2_000  # responses that follow one another
Owner = tuple[str, str]  # learner, lab: a restarted kernel finds its things again

metadata = sa.MetaData()
batches_table = sa.Table(
    "kept_batches",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("learner", sa.Text, nullable=False),
    sa.Column("lab", sa.Text, nullable=False),
    sa.Column("created_us", sa.BigInteger, nullable=False),
    sa.Column("ends_us", sa.BigInteger, nullable=False),
    sa.Column("cancelled_us", sa.BigInteger),
    sa.Column("requests", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Index("kept_batches_by_owner", "learner", "lab", "created_us"),
)
responses_table = sa.Table(
    "kept_responses",
    metadata,
    # A response's id is made from its request: two learners who ask the same have the same.
    sa.Column("learner", sa.Text, primary_key=True),
    sa.Column("lab", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("previous_id", sa.Text),
    sa.Column("created_us", sa.BigInteger, nullable=False),
    sa.Column("turns", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Index("kept_responses_by_age", "created_us"),
)
SCHEMA = Schema("kept", metadata, "0001", Path(__file__).parent / "versions")


@dataclass(frozen=True)
class KeptBatch:
    """A batch as it was sent; its answers are made again from its requests, and are the same."""

    id: str
    owner: Owner
    requests: list[dict[str, Any]]
    created: datetime
    ends: datetime
    cancelled: datetime | None = None


class Kept:
    """Batches and responses of all learners; safe to use from several threads.

    Args:
        engine: The ledger's; tables are made when something is first kept.
        look_every: Additions between two looks for what is too old or too much.
    """

    def __init__(self, engine: sa.Engine, *, look_every: int = 50) -> None:
        self._given, self._look_every = engine, look_every
        self._lock = threading.Lock()
        self._n_added = 0

    @cached_property
    def _engine(self) -> sa.Engine:
        bring_up_to_date(self._given, SCHEMA)
        return self._given

    def add_batch(self, batch: KeptBatch) -> None:
        """Keep a batch."""
        requests = json.dumps(batch.requests)
        row = {
            "id": batch.id,
            "learner": batch.owner[0],
            "lab": batch.owner[1],
            "created_us": to_us(batch.created),
            "ends_us": to_us(batch.ends),
            "requests": requests,
            "size": len(requests),
        }
        with self._engine.begin() as connection:
            connection.execute(sa.insert(batches_table), row)
        self._tidy(batches_table, batch.owner, now=batch.created)

    def batch(self, batch_id: str, owner: Owner) -> KeptBatch | None:
        """A learner's batch, if it is kept."""
        query = sa.select(batches_table).where(batches_table.c.id == batch_id, *_of(batches_table, owner))
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else _batch(row)

    def batch_ids(self, owner: Owner) -> list[str]:
        """A learner's batches, newest first."""
        query = sa.select(batches_table.c.id).where(*_of(batches_table, owner))
        with self._engine.connect() as connection:
            return list(connection.scalars(query.order_by(batches_table.c.created_us.desc(), batches_table.c.id)))

    def cancel_batch(self, batch_id: str, *, at: datetime) -> None:
        """Note that a batch was stopped."""
        with self._engine.begin() as connection:
            connection.execute(
                sa.update(batches_table).where(batches_table.c.id == batch_id).values(cancelled_us=to_us(at))
            )

    def delete_batch(self, batch_id: str) -> None:
        """Forget a batch."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(batches_table).where(batches_table.c.id == batch_id))

    def add_response(
        self, response_id: str, turns: Sequence[Turn], *, owner: Owner, previous_id: str | None, now: datetime
    ) -> None:
        """Keep what a request and its answer add to the conversation that ``previous_id`` ends."""
        text = dumped(turns)
        row = {"learner": owner[0], "lab": owner[1], "id": response_id, "created_us": to_us(now)}
        try:
            with self._engine.begin() as connection:
                connection.execute(
                    sa.insert(responses_table), {**row, "previous_id": previous_id, "turns": text, "size": len(text)}
                )
        except sa.exc.IntegrityError:  # the same request once more: the same answer, asked for later
            with self._engine.begin() as connection:
                connection.execute(
                    sa.update(responses_table)
                    .where(responses_table.c.id == response_id, *_of(responses_table, owner))
                    .values(created_us=to_us(now))
                )
        self._tidy(responses_table, owner, now=now)

    def conversation(self, response_id: str, owner: Owner) -> tuple[Turn, ...] | None:
        """All turns up to a response, oldest first; ``None`` where it, or one before it, is not kept."""
        table = responses_table.c
        first = sa.select(table.previous_id, table.turns, sa.literal(0).label("depth")).where(
            table.id == response_id, *_of(responses_table, owner)
        )
        chain = first.cte("chain", recursive=True)
        before = sa.select(table.previous_id, table.turns, chain.c.depth + 1).where(
            table.id == chain.c.previous_id, *_of(responses_table, owner), chain.c.depth < _LONGEST_CHAIN
        )
        chain = chain.union_all(before)
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(chain).order_by(chain.c.depth.desc())).all()
        if not rows or rows[0].previous_id is not None:
            return None
        return tuple(turn for row in rows for turn in loaded(row.turns))

    def _tidy(self, table: sa.Table, owner: Owner, *, now: datetime) -> None:
        """Now and then: forget what is too old, and the oldest of an owner who keeps too much."""
        with self._lock:
            self._n_added += 1
            if (self._n_added - 1) % self._look_every:
                return
        sizes = sa.select(table.c.id, table.c.size).where(*_of(table, owner)).order_by(table.c.created_us.desc())
        with self._engine.begin() as connection:
            connection.execute(sa.delete(table).where(table.c.created_us < to_us(now - KEPT_FOR)))
            total, too_much = 0, []
            for row_id, size in connection.execute(sizes):
                total += size
                if total > MOST_CHARACTERS:
                    too_much.append(row_id)
            for row_id in too_much:
                connection.execute(sa.delete(table).where(table.c.id == row_id, *_of(table, owner)))


def _of(table: sa.Table, owner: Owner) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return table.c.learner == owner[0], table.c.lab == owner[1]


def _batch(row: Any) -> KeptBatch:
    return KeptBatch(
        id=row["id"],
        owner=(row["learner"], row["lab"]),
        requests=json.loads(row["requests"]),
        created=from_us(row["created_us"]),
        ends=from_us(row["ends_us"]),
        cancelled=None if row["cancelled_us"] is None else from_us(row["cancelled_us"]),
    )
