"""The audit log tells from where, is searched by whom and what, and names each report."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("audit", "origin", server_default=sa.text(
        "NULLIF(current_setting('gridwall.origin', true), '')"))
    op.create_index("audit_at_idx", "audit", ["at"])
    op.create_index("audit_account_id_id_idx", "audit", ["account_id", "id"])
    op.create_index("audit_action_id_idx", "audit", ["action", "id"])
    op.create_index("audit_subject_idx", "audit", ["subject"], postgresql_using="gin",
                    postgresql_ops={"subject": "gin_trgm_ops"})
    op.add_column("report", sa.Column("origin", sa.Text(), nullable=True))
    op.add_column("report", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("person", sa.Column(
        "confirmed_at", sa.DateTime(timezone=True),
        server_default=sa.text("clock_timestamp()"), nullable=False))
    op.create_table(
        "retention",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("category_code", sa.Text(collation="C"), server_default="", nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('report', 'person', 'event', 'notice', 'credential')",
                           name=op.f("retention_kind_check")),
        sa.CheckConstraint("keep_days > 0", name=op.f("retention_keep_days_check")),
        sa.PrimaryKeyConstraint("kind", "category_code", name=op.f("retention_pkey")))
    op.execute("ALTER TABLE retention ENABLE ROW LEVEL SECURITY")
    # They have another form now; of two forms a call could mean either.
    op.execute("DROP FUNCTION IF EXISTS enter(text)")
    op.execute("DROP FUNCTION IF EXISTS unmask_person(uuid, text, text[], text)")
    op.execute("DROP FUNCTION IF EXISTS note_export(text, integer)")
