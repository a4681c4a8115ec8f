"""Drafts (草案): redraws of boundaries that are being thought over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gis.models.base import Base, Code, key, refers, scope_ids_column


class Draft(Base):
    """A redraw of a scheme's leaves: operations 1 to `cursor` on the areas as of `base_at`.

    `version` grows with whatever is done to it, undoing included: who writes tells which version
    they saw, and is refused when it is not the present one. `area_identity_id` is the area in
    which it stays, NULL for the whole scheme; `rules` what differs from the city's own.
    """

    __tablename__ = "draft"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'published', 'abandoned')", name="state"),
        Index("draft_scope_ids_idx", "scope_ids", postgresql_using="gin"),
    )
    id: Mapped[int] = key()
    name: Mapped[str]
    scheme: Mapped[str] = mapped_column(Code, ForeignKey("scheme.code"))
    level: Mapped[str] = mapped_column(Code)
    area_identity_id: Mapped[int | None] = refers("area_identity.id", nullable=True)
    account_id: Mapped[int] = refers("account.id")
    state: Mapped[str] = mapped_column(server_default="open")
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    cursor: Mapped[int] = mapped_column(Integer, server_default="0")
    base_at: Mapped[datetime]
    rules: Mapped[Any] = mapped_column(JSONB, server_default=text("'{}'"))
    scope_ids: Mapped[list[int]] = scope_ids_column()
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class DraftOperation(Base):
    """One operation, stored as it was made; those after the cursor can be redone."""

    __tablename__ = "draft_operation"
    draft_id: Mapped[int] = refers("draft.id", primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    operation: Mapped[Any] = mapped_column(JSONB)
    account_id: Mapped[int] = refers("account.id")
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class DraftFace(Base):
    """What an operation made of an area; no geometry where it made an end of it.

    The outcome is kept beside the operation: what a draft is does not depend on which streets
    and buildings are known when it is opened again, and undoing gives back the very same bytes.
    """

    __tablename__ = "draft_face"
    draft_id: Mapped[int] = refers("draft.id", primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(Code, primary_key=True)
    name: Mapped[str]
    parent_code: Mapped[str | None] = mapped_column(Code)
    geom: Mapped[Any | None] = mapped_column(
        Geometry("MULTIPOLYGON", 4490, spatial_index=False))
