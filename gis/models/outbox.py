"""The outbox: what has changed, for all who follow."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from gis.models.base import Base, key, scope_ids_column


class EventPending(Base):
    """The outbox: written in the transaction that changes something, numbered after it."""

    __tablename__ = "event_pending"
    id: Mapped[int] = key()
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    kind: Mapped[str]
    scope_ids: Mapped[list[int]] = scope_ids_column()
    payload: Mapped[str]


class Event(Base):
    """The outbox's committed rows in the one order that all readers share."""

    __tablename__ = "event"
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    kind: Mapped[str]
    scope_ids: Mapped[list[int]] = scope_ids_column()
    payload: Mapped[str]


class EventHead(Base):
    """The last number given, and the epoch: a new one after each restore."""

    __tablename__ = "event_head"
    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    epoch: Mapped[str]
    sequence: Mapped[int] = mapped_column(BigInteger, server_default="0")
