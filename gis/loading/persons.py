"""Persons by house code: sealed before they reach the database."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from gis import queries
from gis.errors import InvalidInput, KeyMissing
from gis.loading.cells import words
from gis.loading.houses import house_code_of
from gis.loading.outcome import Outcome
from gis.loading.rows import checked
from gis.loading.run import Options, Progress, Run, loading
from gis.loading.source import Batch
from gis.loading.vocabulary import PERSON_KINDS, coded
from gis.personal_data import KeyFile, Keyring, Record, check_id_number

LONGEST = 60


@dataclass(frozen=True)
class _Person:
    record: Record
    house_code: str
    kind: str
    relation: str | None


def _short(value: Any) -> str | None:
    text = words(value)
    if text is not None and len(text) > LONGEST:
        raise InvalidInput(f"it has more than {LONGEST} characters", "text")
    return text


def _id_number(value: Any) -> str | None:
    text = words(value)
    return None if text is None else check_id_number(text)


_READERS = {"name": _short, "phone": _short, "id_number": _id_number,
            "kind": coded(PERSON_KINDS), "relation": _short}


def load_persons(admin_url: str, path: Path, home: Path, options: Options | None = None,
                 progress: Progress | None = None) -> Outcome:
    """Load persons. One who is known, by ID number or else by name, telephone and house, takes
    over what the file says.

    Parameters
    ----------
    home
        The folder of the keys (`GRIDWALL_HOME`); a first key is made where there is none.

    Raises
    ------
    KeyMissing
        When persons are loaded already whose keys are not there.
    InvalidInput, BadFile
        When the file as a whole can't be used; nothing is written then.
    """
    with loading("persons", admin_url, path, options or Options(), progress) as (run, connection):
        ring = keys_for(connection, home)
        for batch in run.batches():
            _store(run, batch, _read(run, batch), ring, connection)
    if run.outcome.quarantine_file:
        run.outcome.quarantine_file.chmod(0o600)
    return run.outcome


def keys_for(connection: psycopg.Connection, home: Path) -> Keyring:
    """The keys of a home, made where no person needs older ones.

    Raises
    ------
    KeyMissing
        When persons are sealed with keys that are not there.
    """
    file = KeyFile(home)
    in_use = {key for key, _ in connection.execute(queries.get("keys_in_use"))}
    ring = file.ring() if in_use else file.made()
    if lost := sorted(in_use - set(ring.keys)):
        raise KeyMissing(f"persons are stored under key {lost[0]}, which is not in {file.path}:"
                         " put back the file that has it; nothing was loaded")
    return ring


def _read(run: Run, batch: Batch) -> dict[int, _Person]:
    values = {name: run.column(batch, name) for name in _READERS}
    found: dict[int, _Person] = {}
    for at in run.left(batch):
        house = house_code_of(run, batch, at)
        name, phone, id_number, kind, relation = checked(run, batch, at, values, _READERS)
        if name is None:
            run.put_aside(batch, at, "no_name", "the row has no name")
        if not run.is_aside(batch, at):
            found[at] = _Person(Record(name, phone, id_number), house, kind or "registered",
                                relation)
    return found


def _store(run: Run, batch: Batch, persons: dict[int, _Person], ring: Keyring,
           connection: psycopg.Connection) -> None:
    houses = dict(connection.execute(queries.get("houses_by_code"), {
        "codes": list({person.house_code for person in persons.values()})}).fetchall())
    lookups = {at: ring.digest(person.record, person.house_code)
               for at, person in persons.items()}
    known = {lookup: (identity, _told(ring, identity, *rest))
             for lookup, identity, *rest in connection.execute(
                 queries.get("persons_by_lookup"), {"lookups": list(lookups.values())})}
    rows, counts = {}, run.outcome.counts
    for at, person in persons.items():
        house, lookup = houses.get(person.house_code), lookups[at]
        if house is None:
            run.put_aside(batch, at, "house_missing", f"house {person.house_code} is not loaded:"
                                                      " load addresses first")
            continue
        identity, before = known.get(lookup, (None, None))
        wanted = (person.record, house, person.kind, person.relation)
        if wanted == before:
            counts["unchanged"] += 1
            continue
        counts["changed" if identity else "new"] += 1
        run.outcome.loaded += 1
        rows[lookup] = _row(ring, identity or uuid.uuid4(), lookup, *wanted)
        known[lookup] = (rows[lookup]["id"], wanted)
    with connection.cursor() as cursor:
        cursor.executemany(queries.get("put_person"), list(rows.values()))
        cursor.execute(queries.get("persons_confirmed"), {"lookups": list(known)})


def _told(ring: Keyring, identity: uuid.UUID, key_id: str, sealed: bytes, house: int, kind: str,
          relation: str | None) -> tuple[Record, int, str, str | None]:
    return ring.open(key_id, sealed, "sealed", identity), house, kind, relation


def _row(ring: Keyring, identity: uuid.UUID, lookup: bytes, record: Record, house: int,
         kind: str, relation: str | None) -> dict[str, Any]:
    sealed = ring.seal(record, identity)
    return {"id": identity, "address_id": house, "kind": kind, "relation": relation,
            "key_id": sealed.key_id, "lookup": lookup, "masked": sealed.masked,
            "sealed": sealed.sealed}
