"""Bringing a store's database from the form an older release left it in to the form this one reads.

Each store keeps its revisions (Alembic's) in a folder ``versions`` beside its tables. A new database gets today's
tables at once; an older one is copied first (SQLite), then changed in one transaction: all of it, or nothing.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from coreskills.database.engine import file_of, open_engine
from coreskills.errors import DatabaseError

_ONE_AT_A_TIME = threading.Lock()  # Alembic keeps its context in a global
log = logging.getLogger("coreskills.database")


@dataclass(frozen=True)
class Schema:
    """One store's tables.

    Attributes:
        name: Names its row of versions: several stores may share a database.
        head: The revision that ``metadata`` is.
        versions: The folder of its revisions.
        guess: The revision of a database that was made before versions were written down; the first by default.
    """

    name: str
    metadata: sa.MetaData
    head: str
    versions: Path
    guess: Callable[[sa.Inspector], str] = lambda _tables: "0001"

    @property
    def version_table(self) -> sa.Table:
        """As Alembic makes it."""
        column = sa.Column("version_num", sa.String(32), primary_key=True)
        return sa.Table(f"{self.name}_version", sa.MetaData(), column)


def open_store(url: str, schema: Schema, *, is_strict: bool = False) -> sa.Engine:
    """Connect to a store's database, its tables as this release has them.

    Args:
        url: SQLAlchemy's: ``sqlite:///path``, ``sqlite://`` (gone at the end), ``postgresql+psycopg://...``.
        is_strict: See ``open_engine``.

    Raises:
        DatabaseError: It cannot be opened, or not be brought up to date.
    """
    try:
        engine = open_engine(url, is_strict=is_strict)
    except (sa.exc.ArgumentError, ImportError) as error:
        raise DatabaseError(
            f"The address of the {schema.name} database cannot be used: {_first_line(error)}.",
            fix="write it as sqlite:///PATH or postgresql+psycopg://USER:PASSWORD@HOST/NAME",
        ) from error
    try:
        bring_up_to_date(engine, schema)
    except sa.exc.SQLAlchemyError as error:
        raise DatabaseError(
            f"The {schema.name} database at {engine.url!r} cannot be opened: {_first_line(error)}.",
            fix="check that its folder is there and writable, or that the database server is up",
        ) from error
    return engine


def bring_up_to_date(engine: sa.Engine, schema: Schema) -> None:
    """Make or change a store's tables, if need be; safe with several threads and processes starting at once.

    Raises:
        DatabaseError: A newer release wrote this database, or the change failed; then nothing was changed.
    """
    with engine.execution_options(read_only=True).connect() as connection:
        if _version(connection, schema) == schema.head:
            return
    with _ONE_AT_A_TIME, _alone(engine, schema) as connection:
        before = _version(connection, schema)  # again: another process may have been quicker
        if before == schema.head:
            return
        tables = sa.inspect(connection)
        if before is None and not set(tables.get_table_names()) & set(schema.metadata.tables):
            schema.metadata.create_all(connection)
            _write_version(connection, schema, schema.head)
            return
        if before is None:
            before = schema.guess(tables)
            _write_version(connection, schema, before)
        if before != schema.head:
            _upgrade(connection, schema, before, copy=_copy(engine, before))


def _version(connection: sa.Connection, schema: Schema) -> str | None:
    if not sa.inspect(connection).has_table(schema.version_table.name):
        return None
    return connection.scalar(sa.select(schema.version_table.c.version_num))


def _write_version(connection: sa.Connection, schema: Schema, revision: str) -> None:
    schema.version_table.create(connection)
    connection.execute(schema.version_table.insert().values(version_num=revision))


@contextmanager
def _alone(engine: sa.Engine, schema: Schema) -> Iterator[sa.Connection]:
    """One transaction that no other process's migration of this store runs beside."""
    if file_of(engine) is None:
        with engine.begin() as connection:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(zlib.crc32(schema.name.encode()))))
            yield connection
        return
    strict = open_engine(str(engine.url), is_strict=True)
    try:
        with strict.begin() as connection:
            yield connection
    finally:
        strict.dispose()


def _copy(engine: sa.Engine, revision: str) -> Path | None:
    """Copy an SQLite file as it is, beside it; a server's database is the operator's to back up."""
    path = file_of(engine)
    if path is None:
        return None
    copy = path.with_name(f"{path.stem}.before-change-of-{revision}{path.suffix}")
    copy.touch(mode=0o600)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _upgrade(connection: sa.Connection, schema: Schema, before: str, *, copy: Path | None) -> None:
    from alembic import command  # half a second, needed once in the life of a database
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("version_locations", str(schema.versions))
    config.set_main_option("path_separator", "newline")
    config.attributes.update(connection=connection, version_table=schema.version_table.name)
    try:
        command.upgrade(config, schema.head)
    except CommandError as error:
        raise DatabaseError(
            f"The {schema.name} database is of revision {before!r}, which this release does not know: {error}.",
            fix="a newer release wrote it: install that one again, or restore the backup from before",
        ) from error
    except sa.exc.SQLAlchemyError as error:
        raise DatabaseError(
            f"The {schema.name} database could not be brought from revision {before} to {schema.head}: "
            f"{_first_line(error)}. Nothing was changed.",
            fix="install the former release again and tell its authors",
        ) from error
    log.warning("the %s database went from revision %s to %s; as it was: %s", schema.name, before, schema.head, copy)
