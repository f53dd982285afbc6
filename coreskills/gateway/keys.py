"""Keys: what a learner's code shows the gateway, and what each one may do."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

from coreskills.database.migrations import Schema, open_store
from coreskills.errors import GatewayError
from coreskills.ledger.store import from_us, to_us

BackendName = Literal["offline", "replay", "live"]

metadata = sa.MetaData()
keys_table = sa.Table(
    "keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("secret_sha256", sa.Text, nullable=False, unique=True),
    sa.Column("learner", sa.Text, nullable=False, index=True),
    sa.Column("lab", sa.Text, nullable=False),
    sa.Column("kernel", sa.Text, nullable=False),
    sa.Column("backend", sa.Text, nullable=False),
    sa.Column("budget", sa.Text),
    sa.Column("created_us", sa.BigInteger, nullable=False),
    sa.Column("expires_us", sa.BigInteger, nullable=False),
    sa.Column("revoked", sa.Boolean, nullable=False),
    sa.Column("settings", sa.Text, nullable=False),
)
SCHEMA = Schema("keys", metadata, "0001", Path(__file__).parent / "versions")


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a key stands for.

    Attributes:
        id: Names the key in the ledger; not the secret.
        budget_usd: For this learner and lab, over all their keys; ``None`` is no limit.
        requests_per_minute: A burst beyond it is answered with 429; ``None`` is no limit.
        cassettes: What a replay key answers from; course side only.
        free_form: A replay key may ask the offline models where no recording fits.
    """

    id: str
    learner: str
    lab: str
    kernel: str
    backend: BackendName
    budget_usd: Decimal | None
    created: datetime
    expires: datetime
    revoked: bool = False
    requests_per_minute: int | None = None
    cassettes: tuple[Path, ...] = ()
    free_form: bool = False

    def is_valid(self, now: datetime) -> bool:
        """Neither revoked nor past its time."""
        return not self.revoked and now < self.expires


class KeyStore:
    """Mints and looks up keys; only their hashes are stored. Safe to use from several threads.

    Args:
        url: SQLAlchemy's; several services may share one database.
        clock: Now, with a time zone.
        remember_s: How long a looked-up key is trusted without asking the database again: a key that another
            process revokes lives on for so long.
    """

    def __init__(
        self, url: str, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC), remember_s: float = 2.0
    ) -> None:
        self._clock, self._remember_s = clock, remember_s
        self._engine = open_store(url, SCHEMA)
        self._seen: dict[str, tuple[float, Grant]] = {}

    def mint(
        self,
        *,
        learner: str,
        lab: str,
        kernel: str = "",
        backend: BackendName = "offline",
        budget_usd: Decimal | None = None,
        ttl_s: float = 12 * 3600,
        requests_per_minute: int | None = None,
        cassettes: Sequence[Path] = (),
        free_form: bool = False,
    ) -> str:
        """Make a key.

        Args:
            ttl_s: Seconds until it expires.

        Returns:
            The secret, which nothing keeps; ``lookup`` tells what it stands for.
        """
        secret = f"sk-coreskills-{secrets.token_urlsafe(32)}"
        now = self._clock()
        settings = {
            "requests_per_minute": requests_per_minute,
            "cassettes": [str(path) for path in cassettes],
            "free_form": free_form,
        }
        row = {
            "id": f"key_{secrets.token_hex(8)}",
            "secret_sha256": _digest(secret),
            "learner": learner,
            "lab": lab,
            "kernel": kernel,
            "backend": backend,
            "budget": None if budget_usd is None else str(budget_usd),
            "created_us": to_us(now),
            "expires_us": to_us(now + timedelta(seconds=ttl_s)),
            "revoked": False,
            "settings": json.dumps(settings),
        }
        with self._engine.begin() as connection:
            connection.execute(sa.insert(keys_table), row)
        return secret

    def lookup(self, secret: str) -> Grant | None:
        """What a secret stands for, valid or not; ``None`` for one that was never minted here."""
        digest = _digest(secret)
        seen = self._seen.get(digest)
        if seen and seen[0] > time.monotonic():
            return seen[1]
        grant = self._read(keys_table.c.secret_sha256 == digest)
        if grant is None:
            self._seen.pop(digest, None)
            return None
        if len(self._seen) > 10_000:
            self._seen.clear()
        self._seen[digest] = (time.monotonic() + self._remember_s, grant)
        return grant

    def grant(self, key_id: str) -> Grant | None:
        """The grant of a key by its id."""
        return self._read(keys_table.c.id == key_id)

    def grants(self, *, learner: str | None = None, lab: str | None = None) -> list[Grant]:
        """All keys ever minted, newest first."""
        query = sa.select(keys_table).order_by(keys_table.c.created_us.desc())
        if learner is not None:
            query = query.where(keys_table.c.learner == learner)
        if lab is not None:
            query = query.where(keys_table.c.lab == lab)
        with self._engine.connect() as connection:
            return [_grant(row) for row in connection.execute(query).mappings()]

    def revoke(self, key_id: str) -> None:
        """End a key now; calls under way finish."""
        self._change(key_id, revoked=True)

    def revoke_all(self, *, learner: str) -> int:
        """End all keys of somebody who left; how many still lived."""
        mine = (keys_table.c.learner == learner, sa.not_(keys_table.c.revoked))
        with self._engine.begin() as connection:
            done = connection.execute(sa.update(keys_table).where(*mine).values(revoked=True))
        self._seen.clear()
        return int(done.rowcount)

    def renew(self, key_id: str, *, ttl_s: float) -> datetime:
        """Let a key live ``ttl_s`` from now, unless it was revoked; its new end."""
        expires = self._clock() + timedelta(seconds=ttl_s)
        self._change(key_id, expires_us=to_us(expires))
        return expires

    def set_budget(self, key_id: str, budget_usd: Decimal | None) -> None:
        """Give a key another budget; what was spent counts on."""
        self._change(key_id, budget=None if budget_usd is None else str(budget_usd))

    def set_backend(self, key_id: str, backend: BackendName) -> None:
        """Let a key be answered by another backend from its next call on."""
        self._change(key_id, backend=backend)

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def _change(self, key_id: str, **values: Any) -> None:
        with self._engine.begin() as connection:
            done = connection.execute(sa.update(keys_table).where(keys_table.c.id == key_id).values(**values))
        self._seen.clear()
        if not done.rowcount:
            raise GatewayError(f"There is no key {key_id!r}.", fix="list keys with `KeyStore.grants()`")

    def _read(self, condition: Any) -> Grant | None:
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(keys_table).where(condition)).mappings().first()
        return None if row is None else _grant(row)


def with_backend(grant: Grant, backend: BackendName) -> Grant:
    """The same grant, answered by another backend."""
    return replace(grant, backend=backend)


def _grant(row: Any) -> Grant:
    settings = json.loads(row["settings"])
    return Grant(
        id=row["id"],
        learner=row["learner"],
        lab=row["lab"],
        kernel=row["kernel"],
        backend=row["backend"],
        budget_usd=None if row["budget"] is None else Decimal(row["budget"]),
        created=from_us(row["created_us"]),
        expires=from_us(row["expires_us"]),
        revoked=row["revoked"],
        requests_per_minute=settings["requests_per_minute"],
        cassettes=tuple(Path(path) for path in settings["cassettes"]),
        free_form=settings["free_form"],
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
