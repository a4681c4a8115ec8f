"""Drafts of boundaries, their operations, and the rules they are held to."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _draft()
    _operation()
    _face()
    for table in ("draft", "draft_operation", "draft_face"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")


def _draft() -> None:
    op.create_table(
        "draft",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scheme", sa.Text(collation="C"), nullable=False),
        sa.Column("level", sa.Text(collation="C"), nullable=False),
        sa.Column("area_identity_id", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("cursor", sa.Integer(), server_default="0", nullable=False),
        sa.Column("base_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rules", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("scope_ids", postgresql.ARRAY(sa.BigInteger()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'published', 'abandoned')", name=op.f("draft_state_check")),
        sa.ForeignKeyConstraint(["scheme"], ["scheme.code"], name=op.f("draft_scheme_fkey")),
        sa.ForeignKeyConstraint(["area_identity_id"], ["area_identity.id"], name=op.f("draft_area_identity_id_fkey")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("draft_account_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("draft_pkey")),
    )
    op.create_index("draft_scope_ids_idx", "draft", ["scope_ids"], postgresql_using="gin")


def _operation() -> None:
    op.create_table(
        "draft_operation",
        sa.Column("draft_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("operation", postgresql.JSONB(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("draft_operation_draft_id_fkey")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("draft_operation_account_id_fkey")),
        sa.PrimaryKeyConstraint("draft_id", "number", name=op.f("draft_operation_pkey")),
    )


def _face() -> None:
    op.create_table(
        "draft_face",
        sa.Column("draft_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(collation="C"), nullable=True),
        sa.Column("geom", Geometry("MULTIPOLYGON", 4490, spatial_index=False), nullable=True),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("draft_face_draft_id_fkey")),
        sa.PrimaryKeyConstraint("draft_id", "number", "key", name=op.f("draft_face_pkey")),
    )
