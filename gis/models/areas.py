"""Areas: how the ground is cut, by schemes and over time."""

from __future__ import annotations

from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    Integer,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gis.models.base import Base, Code, key, refers, scope_ids_column


class Scheme(Base):
    """One way of cutting the ground (专业网格); active once it has areas."""

    __tablename__ = "scheme"
    code: Mapped[str] = mapped_column(Code, primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str]
    rank: Mapped[int] = mapped_column(Integer, server_default="100")
    active: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))


class AreaIdentity(Base):
    """An area as a lasting thing, whatever its boundary at the moment."""

    __tablename__ = "area_identity"
    __table_args__ = (UniqueConstraint("scheme", "level", "code"),)
    id: Mapped[int] = key()
    scheme: Mapped[str] = mapped_column(Code, ForeignKey("scheme.code"))
    level: Mapped[str] = mapped_column(Code)
    code: Mapped[str] = mapped_column(Code)


class Area(Base):
    """One version of an area, valid over `period`.

    `leaf` areas (no child in their scheme now) answer for points. `ancestor_ids` are identities
    from the top down to the area itself; `path` is the same as shown to people.
    """

    __tablename__ = "area"
    __table_args__ = (
        CheckConstraint(
            "level IN ('city', 'district', 'street', 'community', 'grid')", name="level"
        ),
        ExcludeConstraint(
            ("scheme", "="),
            ("level", "="),
            ("code", "="),
            ("period", "&&"),
            name="area_one_version_at_a_time",
        ),
        Index("area_leaf_geom_idx", "geom", postgresql_using="gist", postgresql_where="leaf"),
        Index("area_geom_3857_idx", "geom_3857", postgresql_using="gist"),
        Index(None, "code"),
        Index(None, "parent_id"),
        Index(None, "identity_id"),
        Index(None, "ancestor_ids", postgresql_using="gin"),
    )
    id: Mapped[int] = key()
    identity_id: Mapped[int] = refers("area_identity.id")
    scheme: Mapped[str] = mapped_column(Code)
    level: Mapped[str] = mapped_column(Code)
    code: Mapped[str] = mapped_column(Code)
    name: Mapped[str]
    parent_id: Mapped[int | None] = refers("area_identity.id", nullable=True)
    ancestor_ids: Mapped[list[int]] = scope_ids_column()
    path: Mapped[Any] = mapped_column(JSONB, server_default=text("'[]'"))
    leaf: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    period: Mapped[Any] = mapped_column(
        TSTZRANGE, server_default=text("tstzrange('-infinity', NULL)")
    )
    registered_residents: Mapped[int | None] = mapped_column(Integer)
    actual_residents: Mapped[int | None] = mapped_column(Integer)
    geom: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", 4490, spatial_index=False))
    geom_3857: Mapped[Any] = mapped_column(
        Geometry("MULTIPOLYGON", 3857, spatial_index=False),
        Computed("st_transform(geom, 3857)", persisted=True),
    )
