"""Places on the ground: buildings, addresses, and what lies between."""

from __future__ import annotations

from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import Computed, Float, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from gis.models.base import Base, Code, key, refers, scope_ids_column

TILE_SHAPE = Geometry("GEOMETRY", 3857, spatial_index=False)


class Building(Base):
    """A building: footprint, floors, height. Its code is for life.

    `text` is its standard address, followed by the elements that the file told. A trigger keeps
    the last four: its area in EPSG:3857, and its shape as vector tiles show it, in units of the
    whole grid of that zoom, y down.
    """

    __tablename__ = "building"
    __table_args__ = (
        Index("building_geom_idx", "geom", postgresql_using="gist"),
        Index("building_geom_3857_idx", "geom_3857", postgresql_using="gist"),
        Index("building_scope_ids_idx", "scope_ids", postgresql_using="gin"),
    )
    id: Mapped[int] = key()
    building_code: Mapped[str | None] = mapped_column(Code, unique=True)
    name: Mapped[str | None]
    kind: Mapped[str | None]
    compound: Mapped[str | None]
    road: Mapped[str | None]
    road_number: Mapped[str | None]
    building_number: Mapped[str | None]
    text: Mapped[str | None]
    province: Mapped[str | None]
    city: Mapped[str | None]
    district: Mapped[str | None]
    street: Mapped[str | None]
    community: Mapped[str | None]
    floors: Mapped[int | None] = mapped_column(Integer)
    height_m: Mapped[float | None] = mapped_column(Float)
    scope_ids: Mapped[list[int]] = scope_ids_column()
    geom: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", 4490, spatial_index=False))
    geom_3857: Mapped[Any] = mapped_column(
        Geometry("MULTIPOLYGON", 3857, spatial_index=False),
        Computed("st_transform(geom, 3857)", persisted=True),
    )
    area_3857: Mapped[float | None] = mapped_column(Float)
    shape_z14: Mapped[Any | None] = mapped_column(TILE_SHAPE)
    shape_z15: Mapped[Any | None] = mapped_column(TILE_SHAPE)
    shape_z16: Mapped[Any | None] = mapped_column(TILE_SHAPE)


class Address(Base):
    """A standard address; with a house code where one has been given.

    From `province` to `room`: the elements of GA/T 2000.32, NULL where the text has none.
    """

    __tablename__ = "address"
    __table_args__ = (
        Index("address_geom_idx", "geom", postgresql_using="gist"),
        Index("address_text_idx", "text", postgresql_using="hash"),
        Index(None, "building_id"),
        Index("address_house_idx", "building_id", "room", "unit"),
        Index("address_loose_idx", "road", "road_number", "compound",
              postgresql_where="building_id IS NULL"),
    )
    id: Mapped[int] = key()
    house_code: Mapped[str | None] = mapped_column(Code, unique=True)
    building_id: Mapped[int | None] = refers("building.id", nullable=True)
    text: Mapped[str]
    province: Mapped[str | None]
    city: Mapped[str | None]
    district: Mapped[str | None]
    street: Mapped[str | None]
    community: Mapped[str | None]
    road: Mapped[str | None]
    road_number: Mapped[str | None]
    compound: Mapped[str | None]
    building_number: Mapped[str | None]
    unit: Mapped[str | None]
    floor: Mapped[str | None]
    room: Mapped[str | None]
    scope_ids: Mapped[list[int]] = scope_ids_column()
    geom: Mapped[Any] = mapped_column(Geometry("POINT", 4490, spatial_index=False))


class Ground(Base):
    """What lies between the buildings: roads, water, green; the basemap."""

    __tablename__ = "ground"
    __table_args__ = (Index("ground_geom_3857_idx", "geom_3857", postgresql_using="gist"),)
    id: Mapped[int] = key()
    kind: Mapped[str]
    road_class: Mapped[str | None]
    name: Mapped[str | None]
    width_m: Mapped[float | None] = mapped_column(Float)
    geom: Mapped[Any] = mapped_column(Geometry("GEOMETRY", 4490, spatial_index=False))
    geom_3857: Mapped[Any] = mapped_column(
        Geometry("GEOMETRY", 3857, spatial_index=False),
        Computed("st_transform(geom, 3857)", persisted=True),
    )
