"""Committed changes get one number each, without a gap, in one order, from one sequencer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import psycopg
import pytest

from tests.conftest import cloned
from tests.gis.builders import owner, server, value

WRITE = "INSERT INTO event_pending (kind, payload) VALUES ('test', %s)"
SEQUENCE = "SELECT sequence_events()"


@pytest.fixture(scope="module")
def laid_out(cluster, template) -> Iterator[SimpleNamespace]:
    with cloned(cluster, template) as database, owner(database.admin_url) as connection:
        yield SimpleNamespace(database=database, connection=connection)


@pytest.fixture
def world(laid_out) -> SimpleNamespace:
    """An outbox with nothing in it; `start` is the last number given."""
    laid_out.connection.execute(SEQUENCE)
    laid_out.start = value(laid_out.connection, "SELECT sequence FROM event_head")
    return laid_out


def _numbered(world) -> list[tuple[int, str]]:
    rows = world.connection.execute(
        "SELECT sequence, payload FROM event WHERE sequence > %s ORDER BY sequence",
        (world.start,)).fetchall()
    numbers = [row["sequence"] for row in rows]
    assert numbers == list(range(world.start + 1, world.start + 1 + len(rows)))
    head = value(world.connection, "SELECT sequence FROM event_head")
    assert head == world.start + len(rows)
    return [row["payload"] for row in rows]


def test_nothing_to_number(world):
    assert value(world.connection, SEQUENCE) == world.start
    assert value(world.connection, SEQUENCE) == world.start


def test_one_after_the_other(world):
    for payload in "abc":
        world.connection.execute(WRITE, (payload,))
    assert value(world.connection, SEQUENCE) == world.start + 3
    assert _numbered(world) == ["a", "b", "c"]
    assert value(world.connection, "SELECT count(*) FROM event_pending") == 0


def test_what_is_rolled_back_gets_no_number(world):
    with world.connection.transaction(force_rollback=True):
        world.connection.execute(WRITE, ("gone",))
    world.connection.execute(WRITE, ("kept",))
    world.connection.execute(SEQUENCE)
    assert _numbered(world) == ["kept"]


def test_a_long_write_holds_nobody_up_and_is_numbered_when_committed(world):
    with owner(world.database.admin_url) as slow, slow.transaction():
        slow.execute(WRITE, ("slow",))
        for payload in ("first", "second"):
            world.connection.execute(WRITE, (payload,))
            world.connection.execute(SEQUENCE)
        assert _numbered(world) == ["first", "second"]
    world.connection.execute(SEQUENCE)
    assert _numbered(world) == ["first", "second", "slow"]


def test_a_heap_is_taken_in_parts(world):
    world.connection.execute(
        "INSERT INTO event_pending (kind, payload)"
        " SELECT 'test', n::text FROM generate_series(1, 6000) AS n")
    assert value(world.connection, SEQUENCE) == world.start + 5000
    assert value(world.connection, SEQUENCE) == world.start + 6000
    assert _numbered(world) == [str(number) for number in range(1, 6001)]


def test_one_sequencer_at_a_time(world):
    world.connection.execute(WRITE, ("a",))
    with (server(world.database.server_url) as first,
          server(world.database.server_url) as second):
        with first.transaction():
            assert value(first, SEQUENCE) == world.start + 1
            assert value(second, SEQUENCE) is None
        assert value(second, SEQUENCE) == world.start + 1
    assert _numbered(world) == ["a"]


def test_a_sequencer_that_dies_leaves_its_work_to_the_next(world):
    world.connection.execute(WRITE, ("a",))
    with server(world.database.server_url) as dying:
        dying.execute("BEGIN")
        assert value(dying, SEQUENCE) == world.start + 1
        gone = dying.info.backend_pid
        with owner(world.database.admin_url) as other:
            assert value(other, SEQUENCE) is None
            # The owner may not end another role's backend; it ends itself.
            with pytest.raises(psycopg.OperationalError):
                dying.execute("SELECT pg_terminate_backend(%s)", (gone,))
            while value(other, "SELECT count(*) FROM pg_locks WHERE pid = %s", gone):
                pass
            assert value(other, SEQUENCE) == world.start + 1
    assert _numbered(world) == ["a"]


def test_many_writers_and_sequencers_at_once(world):
    """Order within a writer is kept, and nothing is lost, doubled or skipped."""
    writers, each = 4, 25
    done = threading.Event()

    def write(name: int) -> None:
        with owner(world.database.admin_url) as connection:
            for number in range(each):
                with connection.transaction():
                    connection.execute(WRITE, (f"{name} {number}",))

    def number() -> None:
        with server(world.database.server_url) as connection:
            while not done.is_set():
                connection.execute(SEQUENCE)

    with ThreadPoolExecutor(writers + 2) as threads:
        sequencers = [threads.submit(number) for _ in range(2)]
        try:
            list(threads.map(write, range(writers)))
        finally:
            done.set()
        for sequencer in sequencers:
            sequencer.result()
    world.connection.execute(SEQUENCE)
    payloads = [tuple(map(int, payload.split())) for payload in _numbered(world)]
    assert sorted(payloads) == [(w, n) for w in range(writers) for n in range(each)]
    for name in range(writers):
        assert [n for w, n in payloads if w == name] == list(range(each))


def test_a_new_epoch_goes_on_counting(world):
    before = world.connection.execute("SELECT * FROM event_head").fetchone()
    epoch = value(world.connection, "SELECT new_epoch()")
    after = world.connection.execute("SELECT * FROM event_head").fetchone()
    assert (after["epoch"], after["sequence"]) == (epoch, before["sequence"])
    assert epoch != before["epoch"]
    assert epoch != value(world.connection, "SELECT new_epoch()")
    world.connection.execute(WRITE, ("a",))
    world.connection.execute(SEQUENCE)
    assert _numbered(world) == ["a"]
