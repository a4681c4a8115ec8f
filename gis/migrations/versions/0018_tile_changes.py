"""What tells which tiles have changed: functions alone, of which two have other shapes now."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP FUNCTION IF EXISTS who_is(text)")
    op.execute("DROP FUNCTION IF EXISTS layer_version(text)")
