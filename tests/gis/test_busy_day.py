"""What a city sets is changed in the middle of a busy day: nobody waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from tests.gis.builders import NOON, at, owner, put_account, put_area, put_report, rectangle, settle

CHANGES = {
    "a day": ("day", "2026-11-19", '{"working": false, "name": ""}'),
    "a category": ("category", "urban.road", '{"limit_hours": 3}'),
    "working hours": ("setting", "working_hours", '[["09:00", "17:00"]]'),
    "closing tiers": ("setting", "closing_tiers", '["street"]'),
}


@pytest.fixture
def world(database) -> Iterator[psycopg.Connection]:
    with owner(database.admin_url) as connection:
        put_area(connection, "street", "S", rectangle(0, 0, 1, 1))
        settle(connection)
        connection.execute("UPDATE category SET limit_working = true WHERE code = 'urban.road'")
        connection.execute("SET lock_timeout = '3s'")
        yield connection


def _deadline(connection: psycopg.Connection) -> object:
    number = put_report(connection, at(0.5, 0.5), category_code="urban.road")
    return connection.execute("SELECT deadline_at FROM incident WHERE id = %s",
                              (number,)).fetchone()["deadline_at"]


@pytest.mark.parametrize("change", CHANGES)
def test_reports_and_keepers_go_on_beside_it(world, database, change):
    """An admin's change under way keeps no report waiting, and no keeper; nor they it."""
    admin = put_account(world, "admin", "admin", whole=True)
    before = _deadline(world)
    with owner(database.admin_url) as changing:
        with changing.transaction():
            changing.execute("SET LOCAL lock_timeout = '3s'")
            changing.execute("SELECT enter(%s)", (admin,))
            changing.execute("SELECT change_loop(%s, %s, %s)", CHANGES[change])
            assert _deadline(world) == before
            # The log is being written, so that this batch leaves it to the next.
            batch = world.execute("SELECT keep_changes() AS number").fetchone()["number"]
            assert batch is not None
        after = _deadline(world)
    assert (after != before) == (change != "closing tiers")
    world.execute("SELECT keep_changes()")
    sealed = world.execute("SELECT sum(audit_count) AS rows FROM seal_batch").fetchone()["rows"]
    assert sealed == world.execute("SELECT count(*) AS rows FROM audit").fetchone()["rows"]


def test_what_assignment_goes_by_changes_beside_reports(world, database):
    with owner(database.admin_url) as changing, changing.transaction():
        changing.execute("UPDATE city_setting SET value = '150' WHERE name = 'nearest_m'")
        assert changing.execute("SELECT nearest_m FROM assignment_rules").fetchone() == {
            "nearest_m": 150.0}
        assert _deadline(world) > NOON + timedelta(hours=1)
