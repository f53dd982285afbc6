"""Database engines, set up in one place: SQLite in a file by default, PostgreSQL by URL."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa


def open_engine(url: str, *, patience_s: float = 30.0, is_strict: bool = False) -> sa.Engine:
    """An engine whose SQLite files take readers beside one writer, and survive a killed process.

    ``sqlite://`` is a file in a folder of its own that goes with the engine: a database in memory has one connection,
    and one thread's rollback there would undo another's insert.

    Args:
        patience_s: How long to wait while another process writes (SQLite only).
        is_strict: A commit is on the disk when it returns, foreign keys hold, and a transaction takes its lock at
            once, unless the connection says ``read_only`` (SQLite only; PostgreSQL keeps the first two anyway).
    """
    parsed = sa.engine.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(parsed, pool_pre_ping=True)
    folder = None
    if parsed.database in (None, "", ":memory:"):
        folder = tempfile.mkdtemp(prefix="coreskills-")
        parsed = parsed.set(database=f"{folder}/store.sqlite")
    engine = sa.create_engine(parsed, connect_args={"check_same_thread": False, "timeout": patience_s})
    if folder is not None:
        weakref.finalize(engine, shutil.rmtree, folder, ignore_errors=True)
    sa.event.listen(engine, "connect", _tuner(is_strict=is_strict))
    if is_strict:
        sa.event.listen(engine, "begin", _take_lock)
    return engine


def file_of(engine: sa.Engine) -> Path | None:
    """The file of an SQLite database; ``None`` for a server's."""
    is_file = engine.url.get_backend_name() == "sqlite" and engine.url.database
    return Path(str(engine.url.database)) if is_file else None


def _tuner(*, is_strict: bool) -> Callable[[Any, Any], None]:
    # NORMAL: a commit is in the file when it returns (SIGKILL loses nothing), flushed to disk at checkpoints.
    pragmas = ["journal_mode = WAL", f"synchronous = {'FULL' if is_strict else 'NORMAL'}"]
    if is_strict:
        pragmas.append("foreign_keys = ON")

    def tune(connection: Any, _record: Any) -> None:
        if is_strict:
            connection.isolation_level = None  # leaves BEGIN to _take_lock
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return tune


def _take_lock(connection: sa.Connection) -> None:
    # A read that becomes a write fails at once under WAL when another wrote between; taking the lock first waits.
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("read_only") else "BEGIN IMMEDIATE")
