"""Rasters on disk: which there are, how they are drawn, and who may see them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ZOOM = sa.SmallInteger()


def upgrade() -> None:
    op.create_table(
        "raster",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("style", postgresql.JSONB(), nullable=False),
        sa.Column("min_zoom", ZOOM, nullable=False),
        sa.Column("max_zoom", ZOOM, nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"),
                  nullable=False),
        sa.Column("area_identity_id", sa.BigInteger(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"),
                  nullable=False),
        sa.CheckConstraint("name ~ '^[a-z0-9][a-z0-9_-]{0,39}$'", name=op.f("raster_name_check")),
        sa.CheckConstraint("0 <= min_zoom AND min_zoom <= max_zoom AND max_zoom <= 22",
                           name=op.f("raster_zooms_check")),
        sa.ForeignKeyConstraint(["area_identity_id"], ["area_identity.id"],
                                name="raster_area_identity_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="raster_pkey"),
        sa.UniqueConstraint("name", name="raster_name_key"))
    op.create_table(
        "raster_file",
        sa.Column("raster_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        *(sa.Column(side, sa.Double(), nullable=False)
          for side in ("west", "south", "east", "north")),
        sa.CheckConstraint("path LIKE '/%' AND path NOT LIKE '/vsi%'",
                           name=op.f("raster_file_path_check")),
        sa.ForeignKeyConstraint(["raster_id"], ["raster.id"], name="raster_file_raster_id_fkey",
                                ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("raster_id", "position", name="raster_file_pkey"))
    for table in ("raster", "raster_file"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
