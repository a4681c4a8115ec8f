"""What lies under an area is found by an index on buildings."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("building_scope_ids_idx", "building", ["scope_ids"], postgresql_using="gin")
