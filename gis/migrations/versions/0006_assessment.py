"""Assessment: counts kept up to date, weights, scores."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

GUARDED = (
    "incident_area", "assessment_fact", "assessment_count", "assessment_time", "rating",
    "field_work",
)  # fmt: skip


def upgrade() -> None:
    _listed()
    _facts()
    _counts()
    _rules()
    _received()
    for table in GUARDED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")


def _listed() -> None:
    op.create_table(
        "incident_area",
        sa.Column("incident_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("identity_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("class_rank", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(collation="C"), nullable=False),
        sa.Column("clock_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("incident_id", "identity_id", name=op.f("incident_area_pkey")),
    )
    op.create_index(
        "incident_area_clock_idx",
        "incident_area",
        ["identity_id", "clock_at", "incident_id"],
        unique=False,
        postgresql_where="clock_at IS NOT NULL",
    )
    op.create_index(
        "incident_area_list_idx",
        "incident_area",
        ["identity_id", "open", "received_at", "incident_id"],
        unique=False,
        postgresql_include=["class_rank", "state"],
    )


def _facts() -> None:
    op.create_table(
        "assessment_fact",
        sa.Column("incident_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "scope_ids",
            postgresql.ARRAY(sa.BigInteger()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("officer_id", sa.BigInteger(), nullable=True),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("class_rank", sa.SmallInteger(), nullable=False),
        sa.Column("service", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(collation="C"), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("solved", sa.Boolean(), nullable=False),
        sa.Column("on_time", sa.Boolean(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("overdue", sa.Boolean(), nullable=False),
        sa.Column("closed_rank", sa.SmallInteger(), nullable=True),
        sa.Column("reopened", sa.Boolean(), nullable=False),
        sa.Column("returned", sa.Boolean(), nullable=False),
        sa.Column("rating", sa.Float(), nullable=True),
        sa.Column("verify_s", sa.Integer(), nullable=True),
        sa.Column("dispatch_s", sa.Integer(), nullable=True),
        sa.Column("handle_s", sa.Integer(), nullable=True),
        sa.Column("check_s", sa.Integer(), nullable=True),
        sa.Column("whole_s", sa.Integer(), nullable=True),
        sa.Column("clock_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("assessment_fact_pkey")),
    )
    op.create_index(
        "assessment_fact_due_at_idx",
        "assessment_fact",
        ["due_at"],
        unique=False,
        postgresql_where="due_at IS NOT NULL",
    )
    op.create_index(
        op.f("assessment_fact_officer_id_open_received_at_incident_id_idx"),
        "assessment_fact",
        ["officer_id", "open", "received_at", "incident_id"],
        unique=False,
    )


def _counts() -> None:
    op.create_table(
        "assessment_count",
        sa.Column("subject", sa.Text(collation="C"), nullable=False),
        sa.Column("grain", sa.Text(collation="C"), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("key_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("class_rank", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("service", sa.Boolean(), nullable=False),
        sa.Column("reported", sa.Integer(), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("overdue", sa.Integer(), nullable=False),
        sa.Column("solved", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("on_time", sa.Integer(), nullable=False),
        sa.Column("late", sa.Integer(), nullable=False),
        sa.Column("in_grid", sa.Integer(), nullable=False),
        sa.Column("in_community", sa.Integer(), nullable=False),
        sa.Column("in_street", sa.Integer(), nullable=False),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=False),
        sa.Column("rated", sa.Integer(), nullable=False),
        sa.Column("rating_sum", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint(
            "subject",
            "grain",
            "starts",
            "key_id",
            "class_rank",
            "service",
            name=op.f("assessment_count_pkey"),
        ),
    )
    op.create_table(
        "assessment_time",
        sa.Column("subject", sa.Text(collation="C"), nullable=False),
        sa.Column("grain", sa.Text(collation="C"), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("key_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bucket", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("solved", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "subject", "grain", "starts", "key_id", "bucket", name=op.f("assessment_time_pkey")
        ),
    )
    op.create_table(
        "assessment_head",
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("assessment_head_pkey")),
    )


def _rules() -> None:
    op.create_table(
        "score_part",
        sa.Column("subject", sa.Text(collation="C"), nullable=False),
        sa.Column("part", sa.Text(collation="C"), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("target", sa.Float(), nullable=False),
        sa.CheckConstraint("weight >= 0", name=op.f("score_part_weight_check")),
        sa.PrimaryKeyConstraint("subject", "part", name=op.f("score_part_pkey")),
    )
    op.create_table(
        "star_rule",
        sa.Column("stars", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("least", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("stars", name=op.f("star_rule_pkey")),
    )


def _received() -> None:
    op.create_table(
        "rating",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("reporter", sa.Boolean(), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name=op.f("rating_score_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("rating_pkey")),
    )
    op.create_index(op.f("rating_incident_id_idx"), "rating", ["incident_id"], unique=False)
    op.create_table(
        "field_work",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("officer_id", sa.BigInteger(), nullable=False),
        sa.Column("area_identity_id", sa.BigInteger(), nullable=False),
        sa.Column("patrols", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("visits", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("distance_m", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "patrols >= 0 AND visits >= 0 AND distance_m >= 0",
            name=op.f("field_work_amounts_check"),
        ),
        sa.ForeignKeyConstraint(
            ["area_identity_id"],
            ["area_identity.id"],
            name=op.f("field_work_area_identity_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("field_work_officer_id_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "day", "officer_id", "area_identity_id", name=op.f("field_work_pkey")
        ),
    )
    op.create_index(
        op.f("field_work_area_identity_id_idx"), "field_work", ["area_identity_id"], unique=False
    )
