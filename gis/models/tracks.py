"""Where officers were, for as long as that is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import CheckConstraint, Float, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from gis.models.base import Base, refers, scope_ids_column


class TrackFix(Base):
    """An officer at a place at a moment; a second fix of that officer and moment is the same.

    `lon` and `lat` are as received, in degrees of `datum`; NULL where the point was drawn.
    `scope_ids`: under which areas it lay when it was received.
    """

    __tablename__ = "track_fix"
    __table_args__ = (
        CheckConstraint("datum IN ('wgs84', 'cgcs2000', 'gcj02', 'bd09')", name="datum"),
        CheckConstraint("accuracy_m BETWEEN 0 AND 100000", name="accuracy_m"),
        Index(None, "at"),
    )
    officer_id: Mapped[int] = refers("officer.id", primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    lon: Mapped[float | None] = mapped_column(Float)
    lat: Mapped[float | None] = mapped_column(Float)
    datum: Mapped[str] = mapped_column(server_default=text("'wgs84'"))
    accuracy_m: Mapped[float | None] = mapped_column(Float)
    scope_ids: Mapped[list[int]] = scope_ids_column()
    geom: Mapped[Any] = mapped_column(Geometry("POINT", 4490, spatial_index=False))
