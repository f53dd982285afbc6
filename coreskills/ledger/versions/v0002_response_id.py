"""A call names the provider's answer, so that a batch's result is billed once."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Calls from before have none."""
    op.add_column("calls", sa.Column("response_id", sa.Text))
