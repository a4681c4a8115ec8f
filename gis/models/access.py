"""Who may come in, and what is kept of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Identity,
    Index,
    Integer,
    SmallInteger,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gis.models.base import Base, key, refers


class Account(Base):
    """Who may sign in, or act by token; `whole` sees everything.

    Without a password only tokens or the identity provider let somebody in. `must_change`: the
    password was given by somebody else and opens nothing but the page to change it.
    """

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint(
            "role IN ('hall', 'street', 'community', 'officer', 'department', 'planner',"
            " 'intake', 'admin')",
            name="role",
        ),
    )
    id: Mapped[int] = key()
    name: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    whole: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    password_salt: Mapped[bytes | None]
    password_verifier: Mapped[bytes | None]
    officer_id: Mapped[int | None] = refers("officer.id", nullable=True)
    unit_id: Mapped[int | None] = refers("unit.id", nullable=True)
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    display_name: Mapped[str | None]
    must_change: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    password_set_at: Mapped[datetime | None]


class AccountArea(Base):
    """An area, with all that lies under it, that an account stands for."""

    __tablename__ = "account_area"
    account_id: Mapped[int] = refers("account.id", primary_key=True)
    area_identity_id: Mapped[int] = refers("area_identity.id", primary_key=True)


class Credential(Base):
    """The hash of a session's or a token's secret; the secret itself is kept nowhere.

    A token may be narrower than its account: `access` read or file, and one area of the
    account's. A session's later secrets stand in `SessionSecret`; `generation` is the newest
    that was used, `dies_at` when the first one ends. `issuer` and the sealed `logout_hint` are
    of the identity provider that let this session in.
    """

    __tablename__ = "credential"
    __table_args__ = (
        CheckConstraint("kind IN ('session', 'token')", name="kind"),
        CheckConstraint("access IN ('full', 'read', 'file')", name="access"),
        Index(None, "account_id"),
    )
    secret_hash: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[int] = refers("account.id")
    kind: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    id: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    name: Mapped[str] = mapped_column(server_default=text("''"))
    access: Mapped[str] = mapped_column(server_default=text("'full'"))
    area_identity_id: Mapped[int | None] = refers("area_identity.id", nullable=True)
    generation: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    dies_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    address: Mapped[str | None]
    device: Mapped[str | None]
    issuer: Mapped[str | None]
    logout_hint: Mapped[str | None]


class ScopeKey(Base):
    """The key with which the database signs the scope it has set; nobody else reads it."""

    __tablename__ = "scope_key"
    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    key: Mapped[bytes]


class Audit(Base):
    """Who did what, to what, from which address; `detail` has what was before and after.

    Append-only, and sealed in batches (`gis.models.keeping.SealBatch`).
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index(None, "at"),
        Index(None, "account_id", "id"),
        Index(None, "action", "id"),
        Index(None, "subject", postgresql_using="gin",
              postgresql_ops={"subject": "gin_trgm_ops"}),
    )
    id: Mapped[int] = key()
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    action: Mapped[str]
    subject: Mapped[str]
    origin: Mapped[str | None] = mapped_column(
        server_default=text("NULLIF(current_setting('gridwall.origin', true), '')"))
    detail: Mapped[Any] = mapped_column(JSONB, server_default=text("'{}'"))
