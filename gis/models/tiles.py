"""What tiles are drawn from: generalised areas, and tables that an administrator registers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gis.models.base import Base, Code, key


class AreaCoverage(Base):
    """The areas of one scheme and level (or its leaves) generalised together.

    In force until an area changes; from then on tiles show the exact shapes, until the coverage
    is made anew.
    """

    __tablename__ = "area_coverage"
    __table_args__ = (
        Index("area_coverage_in_force_key", "scheme", "level", unique=True,
              postgresql_where="in_force"),
    )
    id: Mapped[int] = key()
    scheme: Mapped[str] = mapped_column(Code)
    level: Mapped[str] = mapped_column(Code)
    in_force: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))


class AreaShape(Base):
    """An area as the tiles of one zoom show it, before it is cut and rounded to their units."""

    __tablename__ = "area_shape"
    coverage_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("area_coverage.id", ondelete="CASCADE"), primary_key=True)
    zoom: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    area_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    geom_3857: Mapped[Any] = mapped_column(
        Geometry("MULTIPOLYGON", 3857, spatial_index=False))


class TileLayer(Base):
    """A table of the operator's own, shown as the tile layer ``custom:<name>``.

    `fields` are the columns that tiles carry, `roles` those of accounts who may see it; of its
    rows a caller sees what lies on their ground. What may be registered is told by the SQL
    function `custom_table_fault`, which is asked again before each tile.
    """

    __tablename__ = "tile_layer"
    __table_args__ = (
        CheckConstraint("name ~ '^[a-z0-9][a-z0-9_-]{0,39}$'", name="name"),
        CheckConstraint(
            "6 <= min_zoom AND min_zoom <= max_zoom AND max_zoom <= 22", name="zooms"),
        CheckConstraint("cardinality(roles) > 0", name="roles"),
    )
    name: Mapped[str] = mapped_column(Code, primary_key=True)
    title: Mapped[str]
    table_schema: Mapped[str] = mapped_column(Code)
    table_name: Mapped[str] = mapped_column(Code)
    geometry_column: Mapped[str] = mapped_column(Code)
    id_column: Mapped[str] = mapped_column(Code)
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    srid: Mapped[int] = mapped_column(Integer)
    min_zoom: Mapped[int] = mapped_column(SmallInteger)
    max_zoom: Mapped[int] = mapped_column(SmallInteger)
    registered_at: Mapped[datetime] = mapped_column(server_default=func.now())
