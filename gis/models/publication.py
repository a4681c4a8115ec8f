"""Publications: redraws put in force, and what each of them changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gis.models.base import Base, Code, key, refers, scope_ids_column


class Publication(Base):
    """A redraw in force since `at`; one that `undoes` another brings back what was before it.

    `ground` is all that changed hands; `detail` what was counted, and how long intake was held.
    `scope_ids` are the identities of all areas above what changed, before and after.
    """

    __tablename__ = "publication"
    __table_args__ = (Index(None, "scheme", "at"),)
    id: Mapped[int] = key()
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    scheme: Mapped[str] = mapped_column(Code, ForeignKey("scheme.code"))
    base_at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(server_default="")
    draft_id: Mapped[int | None] = mapped_column(BigInteger)
    undoes: Mapped[int | None] = refers("publication.id", nullable=True)
    scope_ids: Mapped[list[int]] = scope_ids_column()
    detail: Mapped[Any] = mapped_column(JSONB, server_default=text("'{}'"))
    ground: Mapped[Any | None] = mapped_column(Geometry("GEOMETRY", 4490, spatial_index=False))


class PublicationArea(Base):
    """One area that a publication changed, by the versions before and after it.

    `kind`: `opened` (its code is new, or in force again), `changed`, `closed`; `followed` is an
    area whose own ground is the same, while those above it, or whether it is a leaf, are not.
    """

    __tablename__ = "publication_area"
    __table_args__ = (
        CheckConstraint("kind IN ('opened', 'changed', 'closed', 'followed')", name="kind"),
        Index(None, "identity_id"),
    )
    publication_id: Mapped[int] = refers("publication.id", primary_key=True)
    identity_id: Mapped[int] = refers("area_identity.id", primary_key=True)
    kind: Mapped[str]
    key: Mapped[str] = mapped_column(Code)
    before_id: Mapped[int | None] = mapped_column(BigInteger)
    after_id: Mapped[int | None] = mapped_column(BigInteger)


class PublicationDuty(Base):
    """A posting that a publication ended or began."""

    __tablename__ = "publication_duty"
    publication_id: Mapped[int] = refers("publication.id", primary_key=True)
    duty_id: Mapped[int] = refers("duty.id", primary_key=True)
    opened: Mapped[bool] = mapped_column(Boolean)


class AssignmentChange(Base):
    """An open matter whose ground in a scheme changed hands, with what its assignment was before.

    The earliest row of a matter, or else its assignment, is the owner of the moment in which it
    was received.
    """

    __tablename__ = "assignment_change"
    __table_args__ = (Index(None, "publication_id"),)
    incident_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    scheme: Mapped[str] = mapped_column(Code, primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    publication_id: Mapped[int | None] = refers("publication.id", nullable=True)
    before_area_id: Mapped[int | None] = mapped_column(BigInteger)
    before_officer_id: Mapped[int | None] = mapped_column(BigInteger)
    before_how: Mapped[str | None]
    after_area_id: Mapped[int | None] = mapped_column(BigInteger)
    after_officer_id: Mapped[int | None] = mapped_column(BigInteger)
    after_how: Mapped[str]
