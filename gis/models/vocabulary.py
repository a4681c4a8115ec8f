"""What a city sets: words, categories, orders of choice."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Float, ForeignKey, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gis.models.base import Base, Code


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
    """A class or sub-class of matters. `class_rank` orders the classes and is their number."""

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
