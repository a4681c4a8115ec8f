"""What has been kept long enough is taken away, and the log tells how much of what.

The words of a closed matter, the contacts and the pictures go; the matter, its steps, its place and
its counts stay, and its chain still verifies. What lies in backups goes with the backups.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg

from gis import queries
from gis.errors import Conflict, InvalidInput, NotFound
from gis.loading.vocabulary import PERSON_KINDS

KINDS = ("report", "person", "event", "notice", "credential", "track")
# Rows a transaction: a stop half way loses one batch, and nobody waits long for a row.
AT_ONCE = 1_000
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Rule:
    """How many days a kind is kept; `category_code` '' is for all without a rule of their own."""

    kind: str
    category_code: str
    keep_days: int


@dataclass(frozen=True)
class Due:
    """What has been kept long enough: of a kind, by category."""

    kind: str
    category_code: str
    count: int


def rules(connection: psycopg.Connection) -> list[Rule]:
    """All rules, in order."""
    return [Rule(*row) for row in connection.execute(queries.get("retention_rules"))]


def set_rule(connection: psycopg.Connection, kind: str, days: int | None,
             category_code: str = "") -> None:
    """Set how long a kind is kept, or with None take the rule of a category away.

    Raises
    ------
    InvalidInput
        Where the kind has no such category, or nothing would be left for all others.
    """
    if kind not in KINDS:
        raise InvalidInput(f"{kind!r:.40} is not kept by rule: {', '.join(KINDS)}", "kind")
    if days is not None and not 1 <= days <= 36_500:
        raise InvalidInput(f"{days} days: at least 1, at most 36,500", "days")
    if days is None and not category_code:
        raise InvalidInput("the rule for all others can be changed and not taken away", "days")
    if category_code and not _exists(connection, kind, category_code):
        raise InvalidInput(f"{kind} has no category {category_code!r:.60}", "category")
    connection.execute(queries.get("set_retention"), {
        "kind": kind, "category": category_code, "days": days})


def _exists(connection: psycopg.Connection, kind: str, category_code: str) -> bool:
    if kind == "report":
        row = connection.execute(queries.get("category_exists"), {"code": category_code})
        return row.fetchone()[0]
    return kind == "person" and category_code in set(PERSON_KINDS.values())


def purge(connection: psycopg.Connection, as_of: datetime | None = None, dry_run: bool = False,
          progress: Progress | None = None) -> list[Due]:
    """Take away what has been kept long enough; what it was, by kind and category.

    Parameters
    ----------
    connection
        As the owner, in autocommit: batches are transactions of their own.
    as_of
        As if it were then; not in the future. None: now.
    dry_run
        Only tell.

    Raises
    ------
    InvalidInput
        When `as_of` lies ahead: what is not due yet would be gone.
    """
    # This machine's clock may be set ahead, and what is gone stays gone.
    (now,) = connection.execute(queries.get("database_time")).fetchone()
    moment = as_of or now
    if moment > now:
        raise InvalidInput(f"{moment.isoformat()} lies ahead: what is not due yet would be gone",
                           "as_of")
    asked = {"as_of": moment}
    found = []
    for kind, due, erase in (("report", "reports_due", "erase_reports"),
                             ("person", "persons_due", "erase_persons")):
        for category, ids in connection.execute(queries.get(due), asked).fetchall():
            found.append(Due(kind, category, len(ids)))
            if not dry_run:
                _erase(connection, found[-1], ids, erase, moment, progress)
    for kind in ("event", "notice", "credential", "track"):
        (count,) = connection.execute(queries.get(f"{kind}s_due"), asked).fetchone()
        if count:
            found.append(Due(kind, "", count))
        if count and not dry_run:
            with connection.transaction():
                connection.execute(queries.get(f"erase_{kind}s"), asked)
                _note(connection, "purge", f"{kind}:", {"count": count, "as_of": str(moment)})
    return found


def _erase(connection: psycopg.Connection, due: Due, ids: list, erase: str, moment: datetime,
           progress: Progress | None) -> None:
    for start in range(0, len(ids), AT_ONCE):
        batch = ids[start:start + AT_ONCE]
        with connection.transaction():
            connection.execute(queries.get(erase), {"ids": batch})
            _note(connection, "purge", f"{due.kind}:{due.category_code}", {
                "count": len(batch), "as_of": str(moment),
                "first": str(batch[0]), "last": str(batch[-1])})
        if progress:
            progress(start + len(batch), len(ids), f"{due.kind} {due.category_code}")


def erase_matter(connection: psycopg.Connection, incident_id: int, reason: str) -> None:
    """Take the words and contacts of one closed matter away, on request.

    Raises
    ------
    NotFound
        There is none.
    Conflict
        It is still open: what is being handled is needed.
    InvalidInput
        Without a reason.
    """
    _check_reason(reason)
    with connection.transaction():
        row = connection.execute(queries.get("report_erasable"), {"id": incident_id}).fetchone()
        if row is None:
            raise NotFound(f"no incident {incident_id}")
        closed, _ = row
        if not closed:
            raise Conflict(f"incident {incident_id} is still open: close it first")
        connection.execute(queries.get("erase_reports"), {"ids": [incident_id]})
        _note(connection, "erase", f"incident:{incident_id}", {"reason": reason})


def erase_person(connection: psycopg.Connection, person_id: str, reason: str) -> None:
    """Take one person out of the library, on request.

    Raises
    ------
    NotFound
        There is none.
    InvalidInput
        Without a reason, or where the number is none.
    """
    _check_reason(reason)
    try:
        identity = UUID(person_id)
    except ValueError:
        raise InvalidInput(f"{person_id!r:.60} is no person's number", "person") from None
    with connection.transaction():
        gone = connection.execute(queries.get("erase_persons"), {"ids": [identity]})
        if not gone.rowcount:
            raise NotFound(f"no person {identity}")
        _note(connection, "erase", f"person:{identity}", {"reason": reason})


def erase_tracks(connection: psycopg.Connection, officer_code: str, reason: str) -> int:
    """Take away where an officer was, all of it, on request; how many fixes that were.

    Raises
    ------
    NotFound
        There is no such officer.
    InvalidInput
        Without a reason.
    """
    _check_reason(reason)
    with connection.transaction():
        row = connection.execute(queries.get("erase_officer_tracks"), {"code": officer_code})
        known, count = row.fetchone()
        if not known:
            raise NotFound(f"no officer {officer_code!r:.60}")
        _note(connection, "erase", f"officer:{officer_code}",
              {"reason": reason, "count": count})
    return count


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidInput("say why: it goes into the audit log", "reason")


def _note(connection: psycopg.Connection, action: str, subject: str,
          detail: dict[str, object]) -> None:
    connection.execute(queries.get("note_purge"), {
        "action": action, "subject": subject, "detail": json.dumps(detail, ensure_ascii=False)})
