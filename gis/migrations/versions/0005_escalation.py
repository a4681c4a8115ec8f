"""Escalations, sealed batches of heads, duplicates, shares."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
GUARDED = ("incident_change", "seal_batch", "seal_head", "clock_due", "clock_mark", "extent",
           "share")


def upgrade() -> None:
    _seals()
    _clocks()
    _shares()
    op.create_index("report_house_code_idx", "report", ["house_code"], unique=False,
                    postgresql_where=sa.text("house_code IS NOT NULL"))
    for table in GUARDED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    # What is there already is sealed, and its clocks set, at the worker's first look.
    op.execute("INSERT INTO incident_change (incident_id) SELECT id FROM incident")


def _seals() -> None:
    op.create_table(
        "incident_change", sa.Column("incident_id", sa.BigInteger(), nullable=False))
    op.create_table(
        "seal_batch",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed_at", _INSTANT, nullable=False),
        sa.Column("head_count", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("audit_from", sa.BigInteger(), nullable=True),
        sa.Column("audit_to", sa.BigInteger(), nullable=True),
        sa.Column("audit_count", sa.Integer(), nullable=False),
        sa.Column("audit_root", sa.LargeBinary(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=True),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("seal_batch_pkey")),
    )
    op.create_table(
        "seal_head",
        sa.Column("batch_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("incident_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("step_count", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("batch_number", "incident_id", name=op.f("seal_head_pkey")),
    )


def _clocks() -> None:
    op.create_table(
        "clock_due",
        sa.Column("incident_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("clock", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Integer(), nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.CheckConstraint("clock IN ('stage', 'whole', 'rest')",
                           name=op.f("clock_due_clock_check")),
        sa.CheckConstraint("kind IN ('warning', 'breach', 'resume')",
                           name=op.f("clock_due_kind_check")),
        sa.PrimaryKeyConstraint("incident_id", "clock", "kind", name=op.f("clock_due_pkey")),
    )
    op.create_index(op.f("clock_due_due_at_idx"), "clock_due", ["due_at"], unique=False)
    op.create_table(
        "clock_mark",
        sa.Column("incident_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("clock", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("acted_at", _INSTANT, nullable=False),
        sa.Column("step_number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", "clock", "kind", "set_by",
                                name=op.f("clock_mark_pkey")),
    )


def _shares() -> None:
    op.create_geospatial_table(
        "extent",
        sa.Column("incident_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("geom", Geometry("GEOMETRY", 4490, dimension=2, spatial_index=False,
                                   from_text="ST_GeomFromEWKT", name="geometry",
                                   nullable=False), nullable=False),
        sa.Column("datum", sa.Text(), nullable=False),
        sa.Column("received", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("size", sa.Float(), nullable=False),
        sa.Column("outside", sa.Float(), nullable=False),
        sa.Column("own_scope_ids", postgresql.ARRAY(sa.BigInteger()),
                  server_default=sa.text("'{}'"), nullable=False),
        sa.Column("set_at", _INSTANT, server_default=sa.text("clock_timestamp()"),
                  nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('line', 'area')", name=op.f("extent_kind_check")),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("extent_pkey")),
    )
    op.create_table(
        "share",
        sa.Column("incident_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("grid_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("share", sa.Numeric(precision=5, scale=4), nullable=False),
        sa.Column("size", sa.Float(), nullable=False),
        sa.Column("officer_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("role IN ('lead', 'assist')", name=op.f("share_role_check")),
        sa.PrimaryKeyConstraint("incident_id", "grid_id", name=op.f("share_pkey")),
    )
    op.create_index(op.f("share_officer_id_idx"), "share", ["officer_id"], unique=False)
