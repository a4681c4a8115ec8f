"""What `doctor` looks at in the address library: the keys of personal data, unread addresses."""

from __future__ import annotations

import psycopg

from console.cli.context import Session
from gis.errors import SetupError
from gis.loading.unread import count_unread
from gis.personal_data import KeyFile
from gis.resealing import keys_in_use


def check_keys(session: Session) -> str:
    """The keys are there, theirs alone who run this, and open all that was sealed.

    Raises
    ------
    KeyMissing
        Where the file is gone or can't be read, and persons are loaded.
    SetupError
        Where others may read it, or a key that persons stand under is not in it.
    """
    in_use = keys_in_use(session.admin_url()) if _is_there(session, "person") else {}
    file = KeyFile(session.settings.home)
    if not in_use and not file.path.exists():
        return "no persons are loaded, no keys are needed yet"
    ring = file.ring()
    mode = file.path.stat().st_mode & 0o777
    if mode & 0o077:
        raise SetupError(f"{file.path} has mode {mode:o}, so that others read the keys of personal"
                         f" data: chmod 600 {file.path}, then ./gridwall keys rotate")
    absent = sorted(set(in_use) - set(ring.keys))
    if absent:
        count = sum(in_use[key_id] for key_id in absent)
        raise SetupError(f"{count:,} persons stand under keys that are not in {file.path}"
                         f" ({', '.join(absent)}): put back the file that has them")
    idle = sorted(set(ring.keys) - set(in_use) - {ring.current})
    told = f"{sum(in_use.values()):,} persons under {len(in_use)} of {len(ring.keys)} keys"
    return told + (f"; only older backups need {', '.join(idle)}" if idle else "")


def check_library(session: Session) -> str:
    """All addresses have elements.

    Raises
    ------
    SetupError
        Where some have none; what to do about it.
    """
    if not _is_there(session, "address"):
        return "no addresses yet"
    with psycopg.connect(session.admin_url(), connect_timeout=10) as connection:
        unread = count_unread(connection)
    if unread:
        raise SetupError(f"{unread:,} addresses have a text and no elements, so that the search"
                         " finds them by the whole text alone: ./gridwall library settle reads"
                         " them, ./gridwall check library tells which can't be read")
    return "all addresses have elements"


def _is_there(session: Session, table: str) -> bool:
    with psycopg.connect(session.admin_url(), connect_timeout=10) as connection:
        return connection.execute("select to_regclass(%s)", (table,)).fetchone()[0] is not None
