"""Drafts of boundaries, their operations, and the rules they are held to."""

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
