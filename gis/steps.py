"""One step of an incident, and the hash that chains it to the step before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from gis.incident_rules import Action, State
from gis.types import Channel, Role, Tier

NO_DIGEST = bytes(32)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Step:
    """One step; `tier`, `state` and the deadlines are those after it.

    The actor of a first step is the channel by which the report came; of all others a role.
    `target` is written as `Target` writes itself; `hash` is `step_hash` of all the rest. The
    digests of note and target stay when these are lawfully erased.
    """

    incident_id: int
    number: int
    action: Action
    at: datetime
    actor_role: Role | Channel
    tier: Tier
    state: State
    actor_id: int | None = None
    note: str | None = None
    target: str | None = None
    until: datetime | None = None
    stage_deadline_at: datetime | None = None
    deadline_at: datetime | None = None
    note_digest: bytes = NO_DIGEST
    target_digest: bytes = NO_DIGEST
    previous_hash: bytes | None = None
    hash: bytes = b""

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Step:
        """A step from a row of the table `step`, by the names of its columns."""
        actors = Channel if row["action"] == Action.REPORT else Role
        return cls(**{
            **row, "action": Action(row["action"]), "actor_role": actors(row["actor_role"]),
            "tier": Tier(row["tier"]), "state": State(row["state"])})

    @property
    def has_note(self) -> bool:
        """Whether it carries a note, or did before that was erased."""
        return bool((self.note or "").strip()) or (
            self.note is None and self.note_digest != NO_DIGEST)


def field_digest(field: str | None) -> bytes:
    """sha256 of a field in UTF-8; 32 zero bytes for None. Kept when the field is erased."""
    return NO_DIGEST if field is None else sha256(field.encode()).digest()


def step_hash(step: Step) -> bytes:
    """The hash of a step over the one before it.

    ``sha256(previous | digest(head) | digest(note) | digest(target))``: `|` joins bytes, the
    previous hash is 32 zero bytes for the first step, and ``head`` is
    ``incident_id|number|action|at|actor_id|actor_role|tier|state|until|stage_deadline_at|
    deadline_at`` in UTF-8: numbers in decimal, times as whole microseconds since
    1970-01-01 UTC, None as nothing. ``gis/sql/functions/020_step_hash.sql`` says the same.

    Where note or target is there, its own digest counts; where it is not, the one kept.
    """
    head = "|".join((
        str(step.incident_id), str(step.number), step.action, _microseconds(step.at),
        "" if step.actor_id is None else str(step.actor_id), step.actor_role, step.tier,
        step.state, _microseconds(step.until), _microseconds(step.stage_deadline_at),
        _microseconds(step.deadline_at)))
    return sha256(
        (step.previous_hash or NO_DIGEST) + sha256(head.encode()).digest()
        + _kept_digest(step.note, step.note_digest)
        + _kept_digest(step.target, step.target_digest)).digest()


def sealed(step: Step) -> Step:
    """The same step with its digests and its hash."""
    return replace(step, note_digest=field_digest(step.note),
                   target_digest=field_digest(step.target), hash=step_hash(step))


def _kept_digest(field: str | None, kept: bytes) -> bytes:
    return kept if field is None else field_digest(field)


def _microseconds(at: datetime | None) -> str:
    return "" if at is None else str((at - _EPOCH) // timedelta(microseconds=1))
