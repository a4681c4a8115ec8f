"""Where officers were, and for how long that is kept."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "track_fix",
        sa.Column("officer_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("datum", sa.Text(), server_default=sa.text("'wgs84'"), nullable=False),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("scope_ids", ARRAY(sa.BigInteger()), server_default=sa.text("'{}'"),
                  nullable=False),
        sa.Column("geom", Geometry("POINT", 4490, spatial_index=False), nullable=False),
        sa.CheckConstraint("datum IN ('wgs84', 'cgcs2000', 'gcj02', 'bd09')",
                           name=op.f("track_fix_datum_check")),
        sa.CheckConstraint("accuracy_m BETWEEN 0 AND 100000",
                           name=op.f("track_fix_accuracy_m_check")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"],
                                name="track_fix_officer_id_fkey"),
        sa.PrimaryKeyConstraint("officer_id", "at", name="track_fix_pkey"))
    op.create_index("track_fix_at_idx", "track_fix", ["at"])
    op.execute("ALTER TABLE track_fix ENABLE ROW LEVEL SECURITY")
    op.drop_constraint(op.f("retention_kind_check"), "retention", type_="check")
    op.create_check_constraint(
        op.f("retention_kind_check"), "retention",
        "kind IN ('report', 'person', 'event', 'notice', 'credential', 'track')")
