"""Publications of a redraw, and what each changed."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_CODE = sa.Text(collation="C")
GUARDED = ("publication", "publication_area", "publication_duty", "assignment_change")


def upgrade() -> None:
    _publication()
    _areas_and_duties()
    _assignment_change()
    for table in GUARDED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")


def _publication() -> None:
    op.create_geospatial_table(
        "publication",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", _INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("scheme", _CODE, nullable=False),
        sa.Column("base_at", _INSTANT, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("draft_id", sa.BigInteger(), nullable=True),
        sa.Column("undoes", sa.BigInteger(), nullable=True),
        sa.Column("scope_ids", postgresql.ARRAY(sa.BigInteger()),
                  server_default=sa.text("'{}'"), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()),
                  server_default=sa.text("'{}'"), nullable=False),
        sa.Column("ground", Geometry("GEOMETRY", 4490, dimension=2, spatial_index=False,
                                     from_text="ST_GeomFromEWKT", name="geometry"),
                  nullable=True),
        sa.ForeignKeyConstraint(["scheme"], ["scheme.code"], name=op.f("publication_scheme_fkey")),
        sa.ForeignKeyConstraint(["undoes"], ["publication.id"],
                                name=op.f("publication_undoes_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("publication_pkey")),
    )
    op.create_index(op.f("publication_scheme_at_idx"), "publication", ["scheme", "at"])


def _areas_and_duties() -> None:
    op.create_table(
        "publication_area",
        sa.Column("publication_id", sa.BigInteger(), nullable=False),
        sa.Column("identity_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", _CODE, nullable=False),
        sa.Column("before_id", sa.BigInteger(), nullable=True),
        sa.Column("after_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('opened', 'changed', 'closed', 'followed')",
                           name=op.f("publication_area_kind_check")),
        sa.ForeignKeyConstraint(["publication_id"], ["publication.id"],
                                name=op.f("publication_area_publication_id_fkey")),
        sa.ForeignKeyConstraint(["identity_id"], ["area_identity.id"],
                                name=op.f("publication_area_identity_id_fkey")),
        sa.PrimaryKeyConstraint("publication_id", "identity_id",
                                name=op.f("publication_area_pkey")),
    )
    op.create_index(op.f("publication_area_identity_id_idx"), "publication_area", ["identity_id"])
    op.create_table(
        "publication_duty",
        sa.Column("publication_id", sa.BigInteger(), nullable=False),
        sa.Column("duty_id", sa.BigInteger(), nullable=False),
        sa.Column("opened", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["publication_id"], ["publication.id"],
                                name=op.f("publication_duty_publication_id_fkey")),
        sa.ForeignKeyConstraint(["duty_id"], ["duty.id"],
                                name=op.f("publication_duty_duty_id_fkey")),
        sa.PrimaryKeyConstraint("publication_id", "duty_id", name=op.f("publication_duty_pkey")),
    )


def _assignment_change() -> None:
    op.create_table(
        "assignment_change",
        sa.Column("incident_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("scheme", _CODE, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("publication_id", sa.BigInteger(), nullable=True),
        sa.Column("before_area_id", sa.BigInteger(), nullable=True),
        sa.Column("before_officer_id", sa.BigInteger(), nullable=True),
        sa.Column("before_how", sa.Text(), nullable=True),
        sa.Column("after_area_id", sa.BigInteger(), nullable=True),
        sa.Column("after_officer_id", sa.BigInteger(), nullable=True),
        sa.Column("after_how", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["publication_id"], ["publication.id"],
                                name=op.f("assignment_change_publication_id_fkey")),
        sa.PrimaryKeyConstraint("incident_id", "scheme", "at",
                                name=op.f("assignment_change_pkey")),
    )
    op.create_index(op.f("assignment_change_publication_id_idx"), "assignment_change",
                    ["publication_id"])
