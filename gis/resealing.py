"""Rotation of the keys of personal data: every row sealed anew."""

from __future__ import annotations

from pathlib import Path

from gis import queries
from gis.loading.run import owner_connection
from gis.personal_data import KeyFile

ROWS_AT_ONCE = 2_000


def keys_in_use(admin_url: str) -> dict[str, int]:
    """How many persons stand under each key."""
    with owner_connection(admin_url) as connection:
        return dict(connection.execute(queries.get("keys_in_use")).fetchall())


def reseal(admin_url: str, home: Path) -> int:
    """Add a key and seal all persons with it, all or none; the count of persons.

    The new key is in the file before any row needs it; when sealing fails it is left there,
    unused, and the next rotation goes on.

    Raises
    ------
    KeyMissing
        When a row's present key is not there.
    """
    with owner_connection(admin_url) as connection:
        ring = KeyFile(home).rotate()
        count = 0
        wanted = {"key_id": ring.current, "most": ROWS_AT_ONCE}
        while rows := connection.execute(queries.get("persons_not_under_key"), wanted).fetchall():
            resealed = []
            for identity, key_id, ciphertext in rows:
                sealed = ring.seal(ring.open(key_id, ciphertext, "sealed", identity), identity)
                resealed.append({"id": identity, "key_id": sealed.key_id,
                                 "masked": sealed.masked, "sealed": sealed.sealed})
            with connection.cursor() as cursor:
                cursor.executemany(queries.get("reseal_person"), resealed)
            count += len(resealed)
    return count
