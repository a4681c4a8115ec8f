"""Whether what is kept is what was sealed: chains of steps, heads in batches, rows of incidents.

A step changed, taken away or put in breaks its incident's chain. Who owns the database can
compute the chain anew; then the batch that sealed its head tells. Who rewrites the batches too
changes the hash of the last one: note it down elsewhere now and then, and have it checked
(`anchor`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from typing import Any

import psycopg
from psycopg.rows import dict_row

from gis import queries
from gis.errors import GridwallError, InvalidInput
from gis.incidents import Incident, rebuild
from gis.steps import NO_DIGEST, Step

_STEP_FIELDS = tuple(Step.__dataclass_fields__)
_AT_ONCE = 5_000
Row = dict[str, Any]


@dataclass(frozen=True)
class Anchor:
    """The number and hash of a batch, as noted down somewhere else; written ``NUMBER:HASH``."""

    number: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.number}:{self.hash.hex()}"

    @classmethod
    def parse(cls, text: str) -> Anchor:
        """Read ``12:9f86d0…``.

        Raises
        ------
        InvalidInput
            Where it is written in any other way.
        """
        found = re.fullmatch(r"([0-9]{1,18}):([0-9a-f]{64})", text.strip().lower())
        if found is None:
            raise InvalidInput(f"{text!r:.60} is no batch: write NUMBER:HASH as doctor prints it",
                               field="anchor")
        return cls(int(found[1]), bytes.fromhex(found[2]))


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was written."""

    text: str
    incident_id: int | None = None
    number: int | None = None


@dataclass
class Verdict:
    """What was looked at, what was found, and the last batch, to be noted down."""

    incidents: int = 0
    steps: int = 0
    batches: int = 0
    last: Anchor | None = None
    findings: list[Finding] = field(default_factory=list)


def verify(connection: psycopg.Connection, since: datetime | None = None,
           anchor: Anchor | None = None) -> Verdict:
    """Examine everything that is kept, in one snapshot, without holding anybody up.

    Parameters
    ----------
    connection
        As the owner, in no transaction.
    since
        Only incidents with steps sealed at this instant or later, and those batches; None: all.
    anchor
        A batch noted down earlier, which must still be there and the same.

    Returns
    -------
    Verdict
        Findings name each incident and step, in words.
    """
    verdict = Verdict()
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        first = _choose(cursor, since)
        verdict.findings += _chains(cursor)
        verdict.findings += _heads(cursor)
        verdict.findings += _unsealed(cursor)
        verdict.findings += _batches(cursor, first, verdict, anchor)
        _rebuild_rows(connection, verdict)
    return verdict


def _choose(cursor: psycopg.Cursor[Row], since: datetime | None) -> int:
    """Lay out the incidents to look at; the first batch to look at."""
    first = 1
    if since is None:
        cursor.execute(queries.get("seal_all"))
    else:
        row = cursor.execute(queries.get("seal_since"), {"since": since}).fetchone()
        first = next(iter(row.values()))
        cursor.execute(queries.get("seal_touched"), {"first": first})
    cursor.execute(queries.get("seal_touched_index"))
    return first


_CHAIN = {
    "note": "step {number} of incident {incident_id}: its note is not the one that was written",
    "target": "step {number} of incident {incident_id}: whom it points at is not what was"
              " written",
    "changed": "step {number} of incident {incident_id} was changed: its fields do not give its"
               " hash",
    "unlinked": "step {number} of incident {incident_id} does not follow the one before it: one"
                " of them was put in or changed, and its hash computed anew",
}


def _chains(cursor: psycopg.Cursor[Row]) -> Iterator[Finding]:
    for row in cursor.execute(queries.get("chain_faults")).fetchall():
        if row["fault"] != "missing":
            text = _CHAIN[row["fault"]].format(**row)
        else:
            after = (row["before_number"] or 0) + 1
            text = (f"step {_span(after, row['number'] - 1)} of incident {row['incident_id']} was"
                    " taken away")
        yield Finding(text, row["incident_id"], row["number"])


def _heads(cursor: psycopg.Cursor[Row]) -> Iterator[Finding]:
    for row in cursor.execute(queries.get("head_faults")).fetchall():
        sealed = f"batch {row['batch_number']} sealed it"
        if row["sealed_at"] is not None:
            sealed += f" on {row['sealed_at'].isoformat(timespec='seconds')}"
        first, last = row["agreed"] + 1, row["step_count"]
        steps = f"step {last}" if first >= last else f"one of the steps {first} to {last}"
        done = "was rewritten, hashes and all," if row["there"] else "was taken away"
        yield Finding(f"{steps} of incident {row['incident_id']} {done} after {sealed}",
                      row["incident_id"], row["step_count"])


def _unsealed(cursor: psycopg.Cursor[Row]) -> Iterator[Finding]:
    for row in cursor.execute(queries.get("unsealed_faults")).fetchall():
        yield Finding(
            f"incident {row['id']} has steps after step {row['sealed']} that were written past the"
            " program: nothing told the keepers of them (after a bulk load of your own:"
            " doctor --take-in)", row["id"], row["sealed"] + 1)


def batch_hash(batch: Row) -> bytes:
    """``sha256(previous | sha256(fields) | root | audit_root)`` of a row of `seal_batch`.

    `fields` are number, time in microseconds since 1970, count of heads, and first, last and
    count of the audit rows, joined by `|`, None as nothing;
    ``gis/sql/functions/086_sealing.sql`` says the same.
    """
    epoch = datetime(1970, 1, 1, tzinfo=batch["sealed_at"].tzinfo)
    micros = round((batch["sealed_at"] - epoch).total_seconds() * 1_000_000)
    fields = "|".join("" if value is None else str(value) for value in (
        batch["number"], micros, batch["head_count"], batch["audit_from"], batch["audit_to"],
        batch["audit_count"]))
    return sha256((batch["previous_hash"] or NO_DIGEST) + sha256(fields.encode()).digest()
                  + batch["root"] + batch["audit_root"]).digest()


def _batches(cursor: psycopg.Cursor[Row], first: int, verdict: Verdict,
             anchor: Anchor | None) -> Iterator[Finding]:
    before = cursor.execute(queries.get("seal_batch_before"), {"first": first}).fetchone()
    known = {before["number"]: before["hash"]} if before else {}
    previous = before
    for batch in cursor.execute(queries.get("seal_batches"), {"first": first}).fetchall():
        verdict.batches += 1
        known[batch["number"]] = batch["hash"]
        yield from _batch(batch, previous)
        previous = batch
    if previous:
        verdict.last = Anchor(previous["number"], previous["hash"])
    for row in cursor.execute(queries.get("seal_heads_lost")).fetchall():
        yield Finding(f"batch {row['batch_number']} was taken away; its list of heads is there")
    if anchor and anchor.number not in known:
        row = cursor.execute("SELECT hash FROM seal_batch WHERE number = %s",
                             (anchor.number,)).fetchone()
        known[anchor.number] = row["hash"] if row else None
    if anchor and known[anchor.number] != anchor.hash:
        yield Finding(f"batch {anchor.number} is not the one that was noted down: batches were"
                      " rewritten, and whatever they sealed may have been")


def _batch(batch: Row, previous: Row | None) -> Iterator[Finding]:
    number = batch["number"]
    expected = previous["number"] + 1 if previous else 1
    if number != expected:
        yield Finding(f"batch {_span(expected, number - 1)} was taken away")
    elif batch["previous_hash"] != (previous and previous["hash"]):
        yield Finding(f"batch {number} does not follow the one before it")
    if batch_hash(batch) != batch["hash"]:
        yield Finding(f"batch {number} was changed: its fields do not give its hash")
    if (batch["heads_found"], batch["root_found"]) != (batch["head_count"], batch["root"]):
        yield Finding(f"the list of heads of batch {number} was changed: {batch['head_count']}"
                      f" were sealed, {batch['heads_found']} are there")
    if (batch["audit_found"], batch["audit_root_found"]) != (
            batch["audit_count"], batch["audit_root"]):
        yield Finding(
            f"the audit log's rows {_span(batch['audit_from'], batch['audit_to'])} were changed"
            f" after batch {number}: {batch['audit_count']} were sealed,"
            f" {batch['audit_found']} are there")


def _rebuild_rows(connection: psycopg.Connection, verdict: Verdict) -> None:
    """Hold every incident's row against what its steps make of it, reading both as streams."""
    with (connection.cursor("kept_steps", row_factory=dict_row) as steps,
          connection.cursor("kept_incidents", row_factory=dict_row) as rows):
        steps.itersize = rows.itersize = _AT_ONCE
        incidents = iter(rows.execute(queries.get("kept_incidents")))
        row = next(incidents, None)
        for incident_id, told in groupby(steps.execute(queries.get("kept_steps")),
                                         itemgetter("incident_id")):
            chain = list(told)
            verdict.steps += len(chain)
            while row and row["id"] < incident_id:
                verdict.findings.append(_stepless(row["id"]))
                row = next(incidents, None)
            if row is None or row["id"] != incident_id:
                verdict.findings.append(Finding(
                    f"incident {incident_id} is gone, its steps are there", incident_id))
                continue
            verdict.incidents += 1
            verdict.findings += _row(row, chain)
            row = next(incidents, None)
        for left in [row, *incidents] if row else []:
            verdict.findings.append(_stepless(left["id"]))


def _stepless(incident_id: int) -> Finding:
    return Finding(f"all steps of incident {incident_id} were taken away", incident_id)


def _row(row: Row, chain: list[Row]) -> Iterator[Finding]:
    try:
        made = rebuild([Step.from_row({name: step[name] for name in _STEP_FIELDS})
                        for step in chain], row["emergency"], row["placed"])
    except GridwallError as fault:
        yield Finding(f"incident {row['id']} can't be rebuilt from its steps: {fault.message}",
                      row["id"])
        return
    wrong = differences(made, row)
    if wrong:
        yield Finding(f"the row of incident {row['id']} is not what its steps make of it:"
                      f" {', '.join(wrong)}", row["id"])


def differences(made: Incident, row: Row) -> list[str]:
    """The columns in which an incident's row is not what its steps make of it."""
    return [name for name in made.__dataclass_fields__
            if name in row and getattr(made, name) != row[name]]


def tell(findings: Iterable[Finding], most: int = 20) -> str:
    """Findings as lines; beyond the most, how many more."""
    told = [finding.text for finding in findings]
    more = [f"and {len(told) - most:,} more"] if len(told) > most else []
    return "\n      ".join(told[:most] + more)


def _span(first: int, last: int) -> str:
    return str(first) if last <= first else f"{first} to {last}"
