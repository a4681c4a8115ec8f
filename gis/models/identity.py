"""How people prove who they are: secrets in rotation, guesses, the city's identity provider."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gis.models.base import Base, key, refers


class SessionSecret(Base):
    """A later secret of a session, by its hash.

    `generation` counts from 1 (the first stands in `credential`); NULL is one that a server
    keeps to itself for a stream that stays open. `dies_at` is when it ends, where a later one
    has been used.
    """

    __tablename__ = "session_secret"
    __table_args__ = (Index(None, "credential_id"),)
    secret_hash: Mapped[bytes] = mapped_column(primary_key=True)
    credential_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("credential.id", ondelete="CASCADE"))
    generation: Mapped[int | None] = mapped_column(Integer)
    issued_at: Mapped[datetime] = mapped_column(server_default=func.now())
    dies_at: Mapped[datetime | None]


class SignInTry(Base):
    """Guesses at a name from an address, at a name, or from an address; by a keyed hash."""

    __tablename__ = "sign_in_try"
    __table_args__ = (Index(None, "last_at"),)
    key_hash: Mapped[bytes] = mapped_column(primary_key=True)
    failed: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[datetime]
    blocked_until: Mapped[datetime | None]


class AccountLink(Base):
    """Whom an identity provider means: its issuer and its subject, and never a mail address."""

    __tablename__ = "account_link"
    __table_args__ = (Index(None, "account_id"),)
    issuer: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = refers("account.id", ondelete="CASCADE")
    linked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    used_at: Mapped[datetime | None]


class GroupMapping(Base):
    """What a group of the identity provider stands for here; the lowest rank decides the role."""

    __tablename__ = "group_mapping"
    __table_args__ = (
        CheckConstraint(
            "role IN ('hall', 'street', 'community', 'officer', 'department', 'planner',"
            " 'intake', 'admin')",
            name="role",
        ),
        UniqueConstraint("group_name", "role", "area_identity_id", "unit_id",
                         postgresql_nulls_not_distinct=True),
    )
    id: Mapped[int] = key()
    group_name: Mapped[str]
    role: Mapped[str]
    area_identity_id: Mapped[int | None] = refers("area_identity.id", nullable=True)
    unit_id: Mapped[int | None] = refers("unit.id", nullable=True)
    rank: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))


class ProviderKey(Base):
    """With which a server vouches for what the identity provider said; nobody else reads it."""

    __tablename__ = "provider_key"
    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    key: Mapped[bytes]


class ProviderSignIn(Base):
    """What was vouched for, by its hash: each once."""

    __tablename__ = "provider_sign_in"
    __table_args__ = (Index(None, "at"),)
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
