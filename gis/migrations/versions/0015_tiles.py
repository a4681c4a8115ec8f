"""What tiles of areas are drawn from below the zooms that show every vertex."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "area_coverage",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("scheme", sa.Text(collation="C"), nullable=False),
        sa.Column("level", sa.Text(collation="C"), nullable=False),
        sa.Column("in_force", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="area_coverage_pkey"))
    op.create_index("area_coverage_in_force_key", "area_coverage", ["scheme", "level"],
                    unique=True, postgresql_where=sa.text("in_force"))
    op.create_table(
        "area_shape",
        sa.Column("coverage_id", sa.BigInteger(), nullable=False),
        sa.Column("zoom", sa.SmallInteger(), nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=False),
        sa.Column("geom_3857", Geometry("MULTIPOLYGON", 3857, spatial_index=False),
                  nullable=False),
        sa.ForeignKeyConstraint(["coverage_id"], ["area_coverage.id"], ondelete="CASCADE",
                                name="area_shape_coverage_id_fkey"),
        sa.PrimaryKeyConstraint("coverage_id", "zoom", "area_id", name="area_shape_pkey"))
    for table in ("area_coverage", "area_shape"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
