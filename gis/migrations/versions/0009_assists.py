"""Areas that only share in a matter: they have it in their lists, and it counts once."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("assessment_fact", sa.Column(
        "assist_ids", postgresql.ARRAY(sa.BigInteger()), server_default="{}", nullable=False))
    # Matters that are shared already are counted anew as any that has changed.
    op.execute(
        "INSERT INTO event_pending (kind, scope_ids, payload)"
        " SELECT 'incident', '{}', json_build_object('id', e.incident_id)::text FROM extent AS e")
