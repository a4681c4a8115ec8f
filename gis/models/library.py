"""The address library: other names of places, the three actuals (三实), place objects."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from geoalchemy2 import Geometry
from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, SmallInteger, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE
from sqlalchemy.orm import Mapped, mapped_column

from gis.models.base import Base, Code, key, refers, scope_ids_column


class OtherName(Base):
    """A name of a place that is not its standard one: what people say, or what it was once.

    A former name is never overwritten: `period` tells when it was the standard, `field` which
    column it stood in. `standard` is what a compound or road is called now; a house, building or
    area is pointed at.
    """

    __tablename__ = "other_name"
    __table_args__ = (
        CheckConstraint("kind IN ('house', 'building', 'compound', 'road', 'area')", name="kind"),
        CheckConstraint(
            "origin IN ('alias', 'former') AND (field IS NULL OR origin = 'former')",
            name="origin"),
        CheckConstraint(
            "(address_id IS NOT NULL) = (kind = 'house')"
            " AND (building_id IS NOT NULL) = (kind = 'building')"
            " AND (area_identity_id IS NOT NULL) = (kind = 'area')"
            " AND (standard IS NOT NULL) = (kind IN ('compound', 'road'))",
            name="one_place",
        ),
        Index(None, "name"),
        Index(None, "kind", "standard"),
        Index("other_name_address_id_idx", "address_id",
              postgresql_where="address_id IS NOT NULL"),
        Index("other_name_building_id_idx", "building_id",
              postgresql_where="building_id IS NOT NULL"),
    )
    id: Mapped[int] = key()
    kind: Mapped[str]
    origin: Mapped[str]
    field: Mapped[str | None]
    name: Mapped[str] = mapped_column(Code)
    standard: Mapped[str | None] = mapped_column(Code)
    address_id: Mapped[int | None] = refers("address.id", nullable=True, ondelete="CASCADE")
    building_id: Mapped[int | None] = refers("building.id", nullable=True, ondelete="CASCADE")
    area_identity_id: Mapped[int | None] = refers("area_identity.id", nullable=True)
    period: Mapped[Any] = mapped_column(
        TSTZRANGE, server_default=text("tstzrange('-infinity', NULL)")
    )
    note: Mapped[str | None]
    scope_ids: Mapped[list[int]] = scope_ids_column()


class GivenCode(Base):
    """A code that was minted, or that a building or house had: it is never given again."""

    __tablename__ = "given_code"
    code: Mapped[str] = mapped_column(Code, primary_key=True)
    given_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Dwelling(Base):
    """A house as a dwelling (实有房屋), with how many people live in it (实有人口)."""

    __tablename__ = "dwelling"
    __table_args__ = (
        CheckConstraint(
            "registered_residents >= 0 AND actual_residents >= 0", name="residents"),
    )
    address_id: Mapped[int] = refers("address.id", primary_key=True, autoincrement=False,
                                     ondelete="CASCADE")
    use: Mapped[str | None]
    tenure: Mapped[str | None]
    occupancy: Mapped[str | None]
    registered_residents: Mapped[int | None] = mapped_column(SmallInteger)
    actual_residents: Mapped[int | None] = mapped_column(SmallInteger)


class Enterprise(Base):
    """An actual unit (实有单位): who trades, produces or serves in a house."""

    __tablename__ = "enterprise"
    __table_args__ = (Index(None, "address_id"),)
    id: Mapped[int] = key()
    enterprise_code: Mapped[str | None] = mapped_column(Code, unique=True)
    name: Mapped[str]
    kind: Mapped[str | None]
    employees: Mapped[int | None] = mapped_column(Integer)
    address_id: Mapped[int] = refers("address.id", ondelete="CASCADE")


class Person(Base):
    """A person who lives or works in a house; nothing that names them stands here in clear.

    `masked` and `sealed` are ciphertexts under `key_id`, bound to `id`: what may be shown
    (张*), and the whole, which only the door `unmask_person` gives. `lookup` is a keyed digest
    by which a second loading finds the same person.
    """

    __tablename__ = "person"
    __table_args__ = (Index(None, "address_id"), Index(None, "key_id"))
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    address_id: Mapped[int] = refers("address.id", ondelete="CASCADE")
    kind: Mapped[str]
    relation: Mapped[str | None]
    key_id: Mapped[str] = mapped_column(Code)
    lookup: Mapped[bytes] = mapped_column(unique=True)
    masked: Mapped[bytes]
    sealed: Mapped[bytes]
    confirmed_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class PlaceCategory(Base):
    """A kind of place object, under one of the five elements 人地物事组织."""

    __tablename__ = "place_category"
    __table_args__ = (
        CheckConstraint(
            "element IN ('person', 'place', 'thing', 'matter', 'organisation')", name="element"),
    )
    code: Mapped[str] = mapped_column(Code, primary_key=True)
    element: Mapped[str]
    name: Mapped[str] = mapped_column(unique=True)
    name_en: Mapped[str]


class PlaceObject(Base):
    """A camera, a hydrant, a Party branch, a key place: a point or a footprint."""

    __tablename__ = "place_object"
    __table_args__ = (
        Index("place_object_geom_idx", "geom", postgresql_using="gist"),
        Index("place_object_building_id_idx", "building_id",
              postgresql_where="building_id IS NOT NULL"),
    )
    id: Mapped[int] = key()
    object_code: Mapped[str | None] = mapped_column(Code, unique=True)
    category_code: Mapped[str] = mapped_column(Code, ForeignKey("place_category.code"))
    name: Mapped[str]
    detail: Mapped[Any] = mapped_column(JSONB, server_default=text("'{}'"))
    building_id: Mapped[int | None] = refers("building.id", nullable=True)
    scope_ids: Mapped[list[int]] = scope_ids_column()
    geom: Mapped[Any] = mapped_column(Geometry("GEOMETRY", 4490, spatial_index=False))
