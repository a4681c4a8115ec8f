"""What the search over addresses needs, and what was understood of a report's words."""

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
