"""Calls as they were first written down, before revisions were."""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Where the others begin: nothing to do."""
