"""The district in the database: all of it, assigned, with a past that holds."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.rows import dict_row

from fixtures.loader import load_district
from gis.errors import Conflict
from gis.incidents import rebuild
from gis.steps import Step


def ask(database, query):
    with psycopg.connect(database.admin_url) as connection:
        return connection.execute(query).fetchall()


def test_everything_is_there_and_lies_somewhere(loaded_district):
    assert ask(loaded_district, "SELECT scheme, level, count(*) FROM area WHERE scheme = 'base'"
               " GROUP BY 1, 2 ORDER BY 3") == [
        ("base", "district", 1), ("base", "street", 8), ("base", "community", 143),
        ("base", "grid", 543)]
    for table, count in (("building", 12_000), ("address", 120_000), ("officer", 1_600)):
        assert ask(loaded_district, f"SELECT count(*) FROM {table}") == [(count,)]
    for table in ("building", "address", "duty"):
        assert ask(loaded_district,
                   f"SELECT count(*) FROM {table} WHERE scope_ids = '{{}}'") == [(0,)]


def test_the_triggers_are_back(loaded_district):
    assert ask(loaded_district, "SELECT count(*) FROM pg_trigger WHERE tgenabled = 'D'") == [(0,)]


def test_past_reports_are_assigned_in_both_schemes(loaded_district):
    (reports, assigned, answered), = ask(
        loaded_district, "SELECT count(DISTINCT r.id), count(a.area_id), count(a.officer_id)"
        " FROM report r JOIN assignment a ON a.incident_id = r.id"
        " WHERE r.external_id LIKE 'H%' AND a.scheme IN ('base', 'police')")
    assert reports > 3_000
    assert assigned == answered == 2 * reports


def test_what_was_done_rebuilds_to_the_stored_incident(loaded_district):
    with psycopg.connect(loaded_district.admin_url, row_factory=dict_row) as connection:
        incidents = connection.execute(
            "SELECT i.* FROM incident i JOIN report r USING (id) WHERE r.external_id LIKE 'H%'"
            " ORDER BY md5(i.id::text) LIMIT 200").fetchall()
        for row in incidents:
            steps = connection.execute(
                "SELECT * FROM step WHERE incident_id = %s ORDER BY number", [row["id"]])
            made = rebuild(map(Step.from_row, steps), row["emergency"])
            for name in ("state", "tier", "step_count", "officer_id", "verified_at",
                         "dispatched_at", "handled_at", "closed_at", "deadline_at"):
                assert getattr(made, name) == row[name], (row["id"], name)


def test_only_an_empty_database_is_filled(loaded_district):
    with pytest.raises(Conflict, match="empty database only"):
        load_district(loaded_district.admin_url)
