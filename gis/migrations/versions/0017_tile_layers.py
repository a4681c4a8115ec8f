"""Tables that an administrator shows as tiles, and an index for the tiles of open incidents."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ZOOM = sa.SmallInteger()
IDENTIFIER = sa.Text(collation="C")


def upgrade() -> None:
    op.create_table(
        "tile_layer",
        sa.Column("name", IDENTIFIER, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        *(sa.Column(name, IDENTIFIER, nullable=False)
          for name in ("table_schema", "table_name", "geometry_column", "id_column")),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("srid", sa.Integer(), nullable=False),
        sa.Column("min_zoom", ZOOM, nullable=False),
        sa.Column("max_zoom", ZOOM, nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), server_default=sa.text("now()"),
                  nullable=False),
        sa.CheckConstraint("name ~ '^[a-z0-9][a-z0-9_-]{0,39}$'",
                           name=op.f("tile_layer_name_check")),
        sa.CheckConstraint("6 <= min_zoom AND min_zoom <= max_zoom AND max_zoom <= 22",
                           name=op.f("tile_layer_zooms_check")),
        sa.CheckConstraint("cardinality(roles) > 0", name=op.f("tile_layer_roles_check")),
        sa.PrimaryKeyConstraint("name", name="tile_layer_pkey"))
    op.execute("ALTER TABLE tile_layer ENABLE ROW LEVEL SECURITY")
    op.create_index("incident_open_geom_idx", "incident", ["geom"], postgresql_using="gist",
                    postgresql_where=sa.text("closed_at IS NULL"))
