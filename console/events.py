"""Server-sent events: how one looks on the wire, and where a reader stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson


@dataclass(frozen=True, order=True)
class Position:
    """A place in the one order of events; written EPOCH-SEQUENCE."""

    epoch: str
    sequence: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.sequence}"

    @classmethod
    def parse(cls, text: str | None) -> Position | None:
        """The place that an event's id names; None where it names none."""
        epoch, separator, sequence = (text or "").rpartition("-")
        if not (separator and epoch and sequence.isascii() and sequence.isdigit()
                and len(sequence) < 19):
            return None
        return cls(epoch, int(sequence))


def encode(at: Position, kind: str, payload: str) -> bytes:
    """One event; the payload is a single line of JSON."""
    return f"id: {at}\nevent: {kind}\ndata: {payload}\n\n".encode()


def encode_resync(at: Position, reason: str) -> bytes:
    """Tells a reader to load everything anew, as of `at` or later."""
    return encode(at, "resync", orjson.dumps({"reason": reason}).decode())


def encode_notice(kind: str, told: dict[str, Any]) -> bytes:
    """Something about the stream itself: no place in the order, hence no id."""
    return f"event: {kind}\ndata: {orjson.dumps(told).decode()}\n\n".encode()


def heartbeat(now: datetime) -> bytes:
    """A comment with the database's time in milliseconds: alive, and what the clock says."""
    return b": %d\n\n" % int(now.timestamp() * 1000)
