"""Rasters on disk, drawn as tiles."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    Integer,
    SmallInteger,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gis.models.base import Base, Code, key, refers


class Raster(Base):
    """A picture of the ground, or its heights: one file or a mosaic of several.

    Who sees the area sees the raster, if their role is among `roles` or that is empty; without
    an area everybody does. `style` is as of `tiles.raster_style.RasterStyle`. A raster added
    anew under its name has a new number.
    """

    __tablename__ = "raster"
    __table_args__ = (
        CheckConstraint("name ~ '^[a-z0-9][a-z0-9_-]{0,39}$'", name="name"),
        CheckConstraint("0 <= min_zoom AND min_zoom <= max_zoom AND max_zoom <= 22",
                        name="zooms"),
    )
    id: Mapped[int] = key()
    name: Mapped[str] = mapped_column(Code, unique=True)
    title: Mapped[str]
    style: Mapped[dict[str, Any]]
    min_zoom: Mapped[int] = mapped_column(SmallInteger)
    max_zoom: Mapped[int] = mapped_column(SmallInteger)
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    area_identity_id: Mapped[int | None] = refers("area_identity.id", nullable=True)
    added_at: Mapped[datetime] = mapped_column(server_default=func.now())


class RasterFile(Base):
    """A file of a raster, the topmost first, and the degrees within which it lies."""

    __tablename__ = "raster_file"
    __table_args__ = (CheckConstraint("path LIKE '/%' AND path NOT LIKE '/vsi%'", name="path"),)
    raster_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("raster.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    path: Mapped[str]
    west: Mapped[float] = mapped_column(Double)
    south: Mapped[float] = mapped_column(Double)
    east: Mapped[float] = mapped_column(Double)
    north: Mapped[float] = mapped_column(Double)
