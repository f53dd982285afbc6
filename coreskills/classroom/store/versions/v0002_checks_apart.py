"""Checks lie apart from grades, so that reading a whole class's scores stays quick; changes are found by time."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
_GRADES = sa.table("grades", sa.column("submission_id", sa.Integer), sa.column("checks", sa.JSON))


def upgrade() -> None:
    """Move each grade's checks into a row of its own.

    A database that newer code opened before revisions were written down has the new table already, still empty.
    """
    checks = op.create_table(
        "checks",
        sa.Column("submission_id", sa.Integer, sa.ForeignKey("submissions.id"), primary_key=True),
        sa.Column("failed", sa.String, nullable=False),
        sa.Column("checks", sa.JSON, nullable=False),
        if_not_exists=True,
    )
    connection = op.get_bind()
    there = set(connection.scalars(sa.select(checks.c.submission_id)))
    rows = [row for row in connection.execute(sa.select(_GRADES)).mappings() if row["submission_id"] not in there]
    if rows:
        connection.execute(checks.insert(), [{**row, "failed": _failed(row["checks"])} for row in rows])
    op.drop_column("grades", "checks")
    op.create_index("by_change", "submissions", ["state_utc"], if_not_exists=True)


def _failed(checks: list[dict[str, object]]) -> str:
    return " ".join(str(check["id"]) for check in checks if check["status"] != "passed")
