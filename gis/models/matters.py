"""Reports, and the incidents they become."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gis.models.base import Base, Code, key, refers, scope_ids_column


class Report(Base):
    """What came in, never altered. `lon`, `lat` as received in `datum`; `geom` where drawn;
    `origin` is the address that sent it. From `erased_at` on its words and contacts are gone.

    What a row must be is told by the SQL function `report_fault`, which the trigger asks: table
    checks are parsed anew in every statement, and that alone took a tenth of the intake.
    """

    __tablename__ = "report"
    __table_args__ = (
        Index(
            "report_external_id_key",
            "caller_id",
            "channel",
            "external_id",
            unique=True,
            postgresql_where="external_id IS NOT NULL",
            postgresql_nulls_not_distinct=True,
        ),
        Index("report_house_code_idx", "house_code",
              postgresql_where="house_code IS NOT NULL"),
    )
    id: Mapped[int] = key()
    received_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    occurred_at: Mapped[datetime | None]
    channel: Mapped[str] = mapped_column(server_default="import")
    external_id: Mapped[str | None]
    caller_id: Mapped[int | None] = refers("account.id", nullable=True)
    category_code: Mapped[str] = mapped_column(Code, ForeignKey("category.code"))
    text: Mapped[str] = mapped_column(server_default="")
    lon: Mapped[float | None] = mapped_column(Float)
    lat: Mapped[float | None] = mapped_column(Float)
    datum: Mapped[str] = mapped_column(server_default="wgs84")
    accuracy_m: Mapped[float | None] = mapped_column(Float)
    address: Mapped[str | None]
    house_code: Mapped[str | None] = mapped_column(Code)
    photos: Mapped[Any | None] = mapped_column(JSONB)
    geom: Mapped[Any | None] = mapped_column(Geometry("POINT", 4490, spatial_index=False))
    understood_address_id: Mapped[int | None] = mapped_column(BigInteger)
    understood_building_id: Mapped[int | None] = mapped_column(BigInteger)
    understood_text: Mapped[str | None]
    understood_score: Mapped[float | None] = mapped_column(Float)
    origin: Mapped[str | None]
    erased_at: Mapped[datetime | None]


class Incident(Base):
    """The matter being handled; it takes the number of the report that opened it.

    A cache of its steps, rebuilt from them at any time. It, its steps and its assignments are
    born in the statement that stores the report, by functions alone, and never taken away: no
    foreign key asks for what can't be otherwise, which would cost each report three look-ups.
    `answerable_id` is the account that took the first call (首问责任); NULL where nobody did.
    """

    __tablename__ = "incident"
    __table_args__ = (
        Index(None, "received_at"),
        Index("incident_open_idx", "id", postgresql_where="closed_at IS NULL"),
        Index("incident_open_geom_idx", "geom", postgresql_using="gist",
              postgresql_where="closed_at IS NULL"),
        Index("incident_emergency_idx", "id",
              postgresql_where="closed_at IS NULL AND urgency >= 3"),
        Index(None, "closed_at"),
        Index(None, "grid_id", "received_at"),
        Index("incident_merged_into_id_idx", "merged_into_id",
              postgresql_where="merged_into_id IS NOT NULL"),
        Index("incident_unplaced_idx", "id",
              postgresql_where="grid_id IS NULL AND closed_at IS NULL"),
    )
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    received_at: Mapped[datetime]
    category_code: Mapped[str] = mapped_column(Code)
    class_rank: Mapped[int] = mapped_column(SmallInteger)
    summary: Mapped[str]
    state: Mapped[str]
    tier: Mapped[str]
    urgency: Mapped[int] = mapped_column(SmallInteger)
    emergency: Mapped[bool] = mapped_column(Boolean)
    geom: Mapped[Any | None] = mapped_column(Geometry("POINT", 4490, spatial_index=False))
    grid_id: Mapped[int | None] = mapped_column(BigInteger)
    officer_id: Mapped[int | None] = mapped_column(BigInteger)
    unit_id: Mapped[int | None] = mapped_column(BigInteger)
    scope_ids: Mapped[list[int]] = scope_ids_column()
    step_count: Mapped[int] = mapped_column(Integer)
    verified_at: Mapped[datetime | None]
    dispatched_at: Mapped[datetime | None]
    handled_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    stage_deadline_at: Mapped[datetime | None]
    deadline_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(BigInteger)
    pending: Mapped[str | None]
    suspended_until: Mapped[datetime | None]
    answerable_id: Mapped[int | None] = mapped_column(BigInteger)
    extension_count: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    suspension_count: Mapped[int] = mapped_column(SmallInteger, server_default="0")


class Step(Base):
    """One step of an incident. Append-only; each carries the hash of the one before.

    `note_digest` and `target_digest` stay when the fields themselves are lawfully erased.
    """

    __tablename__ = "step"
    incident_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    action: Mapped[str]
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_role: Mapped[str]
    tier: Mapped[str]
    state: Mapped[str]
    note: Mapped[str | None]
    target: Mapped[str | None]
    until: Mapped[datetime | None]
    stage_deadline_at: Mapped[datetime | None]
    deadline_at: Mapped[datetime | None]
    note_digest: Mapped[bytes]
    target_digest: Mapped[bytes]
    previous_hash: Mapped[bytes | None]
    hash: Mapped[bytes]


class Assignment(Base):
    """Whose ground a report lies on in one scheme, who answers for it, and the facts why."""

    __tablename__ = "assignment"
    incident_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    scheme: Mapped[str] = mapped_column(Code, primary_key=True)
    area_id: Mapped[int | None] = mapped_column(BigInteger)
    officer_id: Mapped[int | None] = mapped_column(BigInteger)
    officer_role: Mapped[str | None]
    how: Mapped[str]
    distance_m: Mapped[float | None] = mapped_column(Float)
    rivals: Mapped[Any] = mapped_column(JSONB, server_default=text("'[]'"))
    facts: Mapped[Any] = mapped_column(JSONB, server_default=text("'{}'"))


class Notice(Base):
    """What an account must be told of a matter: that one it took the first call for is closed."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("notice_unread_idx", "account_id", "id", postgresql_where="read_at IS NULL"),
    )
    id: Mapped[int] = key()
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    account_id: Mapped[int] = mapped_column(BigInteger)
    incident_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    detail: Mapped[Any] = mapped_column(JSONB, server_default=text("'{}'"))
    read_at: Mapped[datetime | None]
