"""The classroom's tables as they first were, before revisions were written down."""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Where the others begin: nothing to do."""
