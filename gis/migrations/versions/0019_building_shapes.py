"""Shapes of buildings as tiles show them: moved into a tile, and not made valid in each anew."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# As the function building_shape makes them, which is applied after the revisions.
_SHAPE = """coalesce(
    ST_AsMVTGeom(geom_3857, ST_TileEnvelope(0, 0, 0), 4096 << {zoom}, 0, false),
    ST_AsMVTGeom(ST_Buffer(geom_3857, 20037508.342789244 / (4096 << {zoom}), 'join=mitre'),
                 ST_TileEnvelope(0, 0, 0), 4096 << {zoom}, 0, false))"""
ZOOMS = (14, 15, 16)


def upgrade() -> None:
    op.add_column("building", sa.Column("area_3857", sa.Float(), nullable=True))
    for zoom in ZOOMS:
        op.add_column("building", sa.Column(
            f"shape_z{zoom}", Geometry("GEOMETRY", 3857, spatial_index=False), nullable=True))
    shapes = ", ".join(f"shape_z{zoom} = {_SHAPE.format(zoom=zoom)}" for zoom in ZOOMS)
    op.execute(f"UPDATE building SET area_3857 = ST_Area(geom_3857), {shapes}")
