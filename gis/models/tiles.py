"""What tiles of areas are drawn from below the zooms that show every vertex."""

from __future__ import annotations

from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, SmallInteger, text
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
    """An area as the tiles of one zoom show it: vertices on whole tile units of that zoom.

    An area that is smaller than a unit has no row.
    """

    __tablename__ = "area_shape"
    coverage_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("area_coverage.id", ondelete="CASCADE"), primary_key=True)
    zoom: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    area_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    geom_3857: Mapped[Any] = mapped_column(
        Geometry("MULTIPOLYGON", 3857, spatial_index=False))
