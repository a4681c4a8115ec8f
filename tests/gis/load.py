"""A city at work: reports come in, steps are taken, seals and numbers given, all at once."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import psycopg
from psycopg.types.json import Jsonb

from gis.keeping import keep_once
from tests.gis.builders import (
    NOON,
    at,
    owner,
    put_account,
    put_area,
    put_duty,
    rectangle,
    settle,
)


@dataclass(frozen=True)
class Answered:
    """A report that was answered: when it was sent, and when the answer was there."""

    external_id: str
    sent_at: datetime
    answered_at: datetime


@dataclass
class City:
    """Work on a database for as long as the block lasts; `answered` is what it promised.

    Any error in it fails the test at the end of the block.
    """

    admin_url: str
    server_url: str
    answered: list[Answered] = field(default_factory=list)

    def __post_init__(self) -> None:
        with owner(self.admin_url) as connection:
            street = put_area(connection, "street", "S", rectangle(0, 0, 2, 1))
            for number in range(2):
                grid = put_area(connection, "grid", f"G{number}",
                                rectangle(number, 0, number + 1, 1), parent=street)
                put_duty(connection, f"o{number}", area=grid, role="head")
            settle(connection)
            self._secret = put_account(connection, "intake", "intake", whole=True)
        self._end = threading.Event()
        self._many = threading.Condition()
        self._errors: list[BaseException] = []
        self._numbers = count()

    def __enter__(self) -> City:
        self._end.clear()
        work = (self._file, self._file, self._keep, self._number)
        self._threads = [threading.Thread(target=self._guarded, args=(each,)) for each in work]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()
        assert not self._errors, self._errors

    def wait_for(self, more: int) -> None:
        """Until so many more reports were answered."""
        with self._many:
            wanted = len(self.answered) + more
            assert self._many.wait_for(lambda: len(self.answered) >= wanted or self._errors, 120)

    def _guarded(self, work) -> None:
        try:
            work()
        except BaseException as error:
            with self._many:
                self._errors.append(error)
                self._many.notify_all()

    def _file(self) -> None:
        lon, lat = at(0.5, 0.5)
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            while not self._end.is_set():
                name = f"r{next(self._numbers)}"
                sent = datetime.now(UTC)
                connection.execute("SELECT answer FROM file_reports(%s, %s)", (
                    self._secret, Jsonb([{
                        "external_id": name, "text": "路灯坏了", "category": "urban", "lon": lon,
                        "lat": lat, "channel": "hotline"}])))
                with self._many:
                    self.answered.append(Answered(name, sent, datetime.now(UTC)))
                    self._many.notify_all()

    def _keep(self) -> None:
        """Seals and escalations: the clock runs a day a round, so that steps are taken."""
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            for day in count():
                if self._end.wait(0.2):
                    return
                # Held up for long it leaves it to the next tick, as in the server.
                with suppress(psycopg.errors.LockNotAvailable):
                    keep_once(connection, NOON + timedelta(days=day))

    def _number(self) -> None:
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            while not self._end.is_set():
                connection.execute("SELECT sequence_events()")
