"""The loop's data: limits, authority, calendar, categories, and who is told of what."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_CODE = sa.Text(collation="C")
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _categories()
    _calendar()
    _matters()
    for table in ("loop_change", "notice"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")


def _categories() -> None:
    for column in (
        sa.Column("unit_code", _CODE, nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("limit_working", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("closing_tiers", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("stage_limits", postgresql.JSONB(astext_type=sa.Text()),
                  server_default=sa.text("'{}'"), nullable=False),
        sa.Column("opening", sa.Text(), server_default="", nullable=False),
        sa.Column("closing", sa.Text(), server_default="", nullable=False),
    ):
        op.add_column("category", column)
    op.create_foreign_key(op.f("category_unit_code_fkey"), "category", "unit",
                          ["unit_code"], ["unit_code"])
    op.add_column("officer", sa.Column("unit_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("officer_unit_id_fkey"), "officer", "unit", ["unit_id"], ["id"])
    op.create_table(
        "loop_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", _INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("thing", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("undoes", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("thing IN ('category', 'day', 'setting')",
                           name=op.f("loop_change_thing_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("loop_change_pkey")),
        sa.UniqueConstraint("undoes", name=op.f("loop_change_undoes_key")),
    )


def _calendar() -> None:
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("calendar_day_pkey")),
    )
    op.create_table(
        "loop_version",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("loop_version_pkey")),
    )


def _matters() -> None:
    for column in (
        sa.Column("pending", sa.Text(), nullable=True),
        sa.Column("suspended_until", _INSTANT, nullable=True),
        sa.Column("answerable_id", sa.BigInteger(), nullable=True),
        sa.Column("extension_count", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("suspension_count", sa.SmallInteger(), server_default="0", nullable=False),
    ):
        op.add_column("incident", column)
    op.create_index("incident_merged_into_id_idx", "incident", ["merged_into_id"], unique=False,
                    postgresql_where=sa.text("merged_into_id IS NOT NULL"))
    op.create_index("incident_unplaced_idx", "incident", ["id"], unique=False,
                    postgresql_where=sa.text("grid_id IS NULL AND closed_at IS NULL"))
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", _INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()),
                  server_default=sa.text("'{}'"), nullable=False),
        sa.Column("read_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("notice_pkey")),
    )
    op.create_index("notice_unread_idx", "notice", ["account_id", "id"], unique=False,
                    postgresql_where=sa.text("read_at IS NULL"))
