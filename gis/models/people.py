"""Officers, units, shifts and postings."""

from __future__ import annotations

from datetime import time
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Time, text
from sqlalchemy.dialects.postgresql import ARRAY, TSTZRANGE
from sqlalchemy.orm import Mapped, mapped_column

from gis.models.base import Base, Code, key, refers, scope_ids_column


class Unit(Base):
    """A station, team or department that handles matters."""

    __tablename__ = "unit"
    id: Mapped[int] = key()
    unit_code: Mapped[str] = mapped_column(Code, unique=True)
    name: Mapped[str]
    kind: Mapped[str]
    area_identity_id: Mapped[int | None] = refers("area_identity.id", nullable=True)
    categories: Mapped[list[str]] = mapped_column(ARRAY(Code), server_default=text("'{}'"))


class Officer(Base):
    """A grid officer (网格员), or anyone else who can be posted; `unit_id`: whose member."""

    __tablename__ = "officer"
    id: Mapped[int] = key()
    officer_code: Mapped[str] = mapped_column(Code, unique=True)
    name: Mapped[str]
    phone: Mapped[str | None]
    unit_id: Mapped[int | None] = refers("unit.id", nullable=True)


class Shift(Base):
    """Hours of a week; `ends` before `starts` runs over midnight, equal to it is all day."""

    __tablename__ = "shift"
    code: Mapped[str] = mapped_column(Code, primary_key=True)
    name: Mapped[str]
    weekdays: Mapped[list[int]] = mapped_column(
        ARRAY(SmallInteger), server_default=text("'{1,2,3,4,5,6,7}'")
    )
    starts: Mapped[time] = mapped_column(Time)
    ends: Mapped[time] = mapped_column(Time)


class Duty(Base):
    """A posting (值守) of an officer to an area or a single building, in a role.

    No line is for all matters; no shift is around the clock.
    """

    __tablename__ = "duty"
    __table_args__ = (
        CheckConstraint("(area_identity_id IS NULL) <> (building_id IS NULL)", name="one_place"),
        CheckConstraint(
            "role IN ('head', 'full_time', 'part_time', 'adviser', 'assistant')", name="role"
        ),
        Index(None, "area_identity_id"),
        Index("duty_building_id_idx", "building_id", postgresql_where="building_id IS NOT NULL"),
        Index(None, "officer_id"),
    )
    id: Mapped[int] = key()
    officer_id: Mapped[int] = refers("officer.id")
    area_identity_id: Mapped[int | None] = refers("area_identity.id", nullable=True)
    building_id: Mapped[int | None] = refers("building.id", nullable=True)
    role: Mapped[str]
    line_code: Mapped[str | None] = mapped_column(Code, ForeignKey("line.code"))
    shift_code: Mapped[str | None] = mapped_column(Code, ForeignKey("shift.code"))
    period: Mapped[Any] = mapped_column(
        TSTZRANGE, server_default=text("tstzrange('-infinity', NULL)")
    )
    scope_ids: Mapped[list[int]] = scope_ids_column()
