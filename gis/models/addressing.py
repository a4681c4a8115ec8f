"""What the search over addresses reads: sites, and the mark of their last change."""

from __future__ import annotations

from sqlalchemy import Index, func
from sqlalchemy.orm import Mapped, mapped_column

from gis.models.base import Base, Instant, key, refers, scope_ids_column


class Site(Base):
    """A place that houses share: a building under one road number, compound and building number.

    Made from `building` and `address` by triggers, never written by hand. There are about as many
    as buildings, however many rooms these have. A house in no building has a site without one.
    """

    __tablename__ = "site"
    __table_args__ = (
        Index(None, "building_id"),
        Index(None, "compound", "building_number"),
        Index(None, "road", "road_number"),
        Index(None, "community"),
    )
    id: Mapped[int] = key()
    building_id: Mapped[int | None] = refers("building.id", ondelete="CASCADE", nullable=True)
    province: Mapped[str | None]
    city: Mapped[str | None]
    district: Mapped[str | None]
    street: Mapped[str | None]
    community: Mapped[str | None]
    road: Mapped[str | None]
    road_number: Mapped[str | None]
    compound: Mapped[str | None]
    building_number: Mapped[str | None]
    scope_ids: Mapped[list[int]] = scope_ids_column()


class SiteChange(Base):
    """One row for each statement that changed names or sites; how many there are tells caches."""

    __tablename__ = "site_change"
    id: Mapped[int] = key()
    at = mapped_column(Instant, server_default=func.now(), nullable=False)
