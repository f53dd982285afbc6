"""Batches and responses, kept for the first time."""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Where the others begin: nothing to do."""
