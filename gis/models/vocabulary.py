"""What a city sets: words, categories, orders of choice."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    Float,
    ForeignKey,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gis.models.base import Base, Code, key


class CitySetting(Base):
    """What differs from city to city and the database itself must know."""

    __tablename__ = "city_setting"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB)


class Line(Base):
    """A line of work (条线): safety, fire, environment, …"""

    __tablename__ = "line"
    code: Mapped[str] = mapped_column(Code, primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str]


class Category(Base):
    """A class or sub-class of matters. `class_rank` orders the classes and is their number.

    `limit_hours` is end to end, in working hours where `limit_working`. `stage_limits` has by
    tier ``{"hours": 8, "working": true}``; `closing_tiers` are those that may close it. Where a
    sub-class says nothing its class does, and else the city (`city_setting`). `opening` and
    `closing` are the conditions on which a matter is opened and closed; one that is not `active`
    is out of scope. `unit_code` is the department that answers for it.
    """

    __tablename__ = "category"
    __table_args__ = (CheckConstraint("kind IN ('service', 'control')", name="kind"),)
    code: Mapped[str] = mapped_column(Code, primary_key=True)
    parent_code: Mapped[str | None] = mapped_column(Code, ForeignKey("category.code"))
    name: Mapped[str] = mapped_column(unique=True)
    name_en: Mapped[str]
    line_code: Mapped[str | None] = mapped_column(Code, ForeignKey("line.code"))
    kind: Mapped[str] = mapped_column(server_default="service")
    urgency: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    emergency: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    limit_hours: Mapped[float] = mapped_column(Float, server_default="120")
    class_rank: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    unit_code: Mapped[str | None] = mapped_column(Code, ForeignKey("unit.unit_code"))
    active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    limit_working: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    closing_tiers: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    stage_limits: Mapped[Any] = mapped_column(JSONB, server_default=text("'{}'"))
    opening: Mapped[str] = mapped_column(server_default="")
    closing: Mapped[str] = mapped_column(server_default="")


class CalendarDay(Base):
    """A day that is not what its weekday says: a holiday, or a weekend at work (调休)."""

    __tablename__ = "calendar_day"
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    working: Mapped[bool] = mapped_column(Boolean)
    name: Mapped[str] = mapped_column(server_default="")


class LoopVersion(Base):
    """Counts the changes of what the loop goes by, so that whoever keeps it knows it is old."""

    __tablename__ = "loop_version"
    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(BigInteger)


class LoopChange(Base):
    """A change of a category, a day or a setting, with what was before. Append-only."""

    __tablename__ = "loop_change"
    __table_args__ = (CheckConstraint("thing IN ('category', 'day', 'setting')", name="thing"),)
    id: Mapped[int] = key()
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    thing: Mapped[str]
    key: Mapped[str]
    before: Mapped[Any | None] = mapped_column(JSONB)
    after: Mapped[Any | None] = mapped_column(JSONB)
    undoes: Mapped[int | None] = mapped_column(BigInteger, unique=True)


class ChoiceOrder(Base):
    """The order in which criteria choose among those posted; a city's own to set."""

    __tablename__ = "choice_order"
    criterion: Mapped[str] = mapped_column(primary_key=True)
    rank: Mapped[int] = mapped_column(SmallInteger)


class RoleOrder(Base):
    """The order of roles when they are compared; a role without a row never answers."""

    __tablename__ = "role_order"
    role: Mapped[str] = mapped_column(primary_key=True)
    rank: Mapped[int] = mapped_column(SmallInteger)
