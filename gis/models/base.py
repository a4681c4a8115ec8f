"""What all tables share: names of constraints, types, and the columns that recur."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, LargeBinary, MetaData, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Code = Text(collation="C")
Instant = DateTime(timezone=True)


class Base(DeclarativeBase):
    """Common ground of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ck": "%(table_name)s_%(constraint_name)s_check",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "pk": "%(table_name)s_pkey",
        }
    )
    type_annotation_map = {
        str: Text,
        datetime: Instant,
        list[int]: ARRAY(BigInteger),
        dict[str, Any]: JSONB,
        bytes: LargeBinary,
    }


def key() -> Mapped[int]:
    """A number of the table's own."""
    return mapped_column(BigInteger, Identity(), primary_key=True)


def refers(column: str, ondelete: str | None = None, **options: Any) -> Mapped[Any]:
    """The number of a row of another table."""
    return mapped_column(BigInteger, ForeignKey(column, ondelete=ondelete), **options)


def scope_ids_column() -> Mapped[list[int]]:
    """Identities of all areas under which the row lies."""
    return mapped_column(ARRAY(BigInteger), server_default=text("'{}'"))
