"""What is kept beside the matters: seals, clocks that run, marks, extents and their shares."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    Numeric,
    Table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gis.models.base import Base, Code

# Incidents that got a step and that the keepers have yet to look at. Without a key: a row is
# written with every step, and an index would cost as much again.
incident_change = Table(
    "incident_change", Base.metadata, Column("incident_id", BigInteger, nullable=False))


class SealBatch(Base):
    """Heads of incidents, and rows of the audit log, sealed together; chained to the one before.

    Append-only. `root` is over its `seal_head` rows, `audit_root` over the audit rows from
    `audit_from` (NULL: none) to `audit_to`, the last sealed by then;
    ``gis/sql/functions/086_sealing.sql`` tells how to the byte.
    """

    __tablename__ = "seal_batch"
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    sealed_at: Mapped[datetime]
    head_count: Mapped[int] = mapped_column(Integer)
    root: Mapped[bytes]
    audit_from: Mapped[int | None] = mapped_column(BigInteger)
    audit_to: Mapped[int | None] = mapped_column(BigInteger)
    audit_count: Mapped[int] = mapped_column(Integer)
    audit_root: Mapped[bytes]
    previous_hash: Mapped[bytes | None]
    hash: Mapped[bytes]


class SealHead(Base):
    """How far an incident's chain went, and its last hash, when a batch was sealed."""

    __tablename__ = "seal_head"
    batch_number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    incident_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    step_count: Mapped[int] = mapped_column(Integer)
    hash: Mapped[bytes]


class ClockDue(Base):
    """When a running clock of an open matter next needs something done.

    `clock` is stage or whole, `kind` warning or breach; `set_by` is the number of the step
    that set the deadline, so that an extended one is another. `kind` resume: when a suspension
    ends. What is suspended has no other rows, what is closed none.
    """

    __tablename__ = "clock_due"
    __table_args__ = (
        CheckConstraint("clock IN ('stage', 'whole', 'rest')", name="clock"),
        CheckConstraint("kind IN ('warning', 'breach', 'resume')", name="kind"),
        Index(None, "due_at"),
    )
    incident_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    clock: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    set_by: Mapped[int] = mapped_column(Integer)
    due_at: Mapped[datetime]


class ClockMark(Base):
    """What the clock's worker has done about a matter: once for each deadline and kind."""

    __tablename__ = "clock_mark"
    incident_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    clock: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    set_by: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    due_at: Mapped[datetime]
    acted_at: Mapped[datetime]
    step_number: Mapped[int] = mapped_column(Integer)


class Extent(Base):
    """The line or area of a matter, and what was received before it was understood.

    `size` and `outside` (of all grids) are metres of a line, square metres of an area.
    `own_scope_ids` are those of the matter without its shares.
    """

    __tablename__ = "extent"
    __table_args__ = (CheckConstraint("kind IN ('line', 'area')", name="kind"),)
    incident_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str]
    geom: Mapped[Any] = mapped_column(Geometry("GEOMETRY", 4490, spatial_index=False))
    datum: Mapped[str]
    received: Mapped[Any] = mapped_column(JSONB)
    size: Mapped[float] = mapped_column(Float)
    outside: Mapped[float] = mapped_column(Float)
    own_scope_ids: Mapped[list[int]] = mapped_column(
        ARRAY(BigInteger), server_default=text("'{}'"))
    set_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    account_id: Mapped[int] = mapped_column(BigInteger)


class Share(Base):
    """The part of an extent that lies in one leaf grid; the shares of a matter sum to 1.

    `size` is in metres of a line, square metres of an area.
    """

    __tablename__ = "share"
    __table_args__ = (
        CheckConstraint("role IN ('lead', 'assist')", name="role"),
        Index(None, "officer_id"),
    )
    incident_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    grid_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    role: Mapped[str]
    share: Mapped[Decimal] = mapped_column(Numeric(5, 4))
    size: Mapped[float] = mapped_column(Float)
    officer_id: Mapped[int | None] = mapped_column(BigInteger)


class Retention(Base):
    """How many days what is kept: `category_code` narrows it to a class, a sub-class, or a kind
    of person; '' is all others. Words of a matter are kept from its closing, a person from the
    last load that confirmed them, the rest from its end.
    """

    __tablename__ = "retention"
    __table_args__ = (
        CheckConstraint("kind IN ('report', 'person', 'event', 'notice', 'credential', 'track')",
                        name="kind"),
        CheckConstraint("keep_days > 0", name="keep_days"),
    )
    kind: Mapped[str] = mapped_column(primary_key=True)
    category_code: Mapped[str] = mapped_column(Code, primary_key=True, server_default="")
    keep_days: Mapped[int] = mapped_column(Integer)
