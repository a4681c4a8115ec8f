"""Fixes of officers: rows in, once however often, faults told; a real day; kept for a while."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import psycopg
import pytest
from shapely import box

from console.cli import main
from gis import retention
from gis.loading.areas import load_areas
from gis.loading.officers import load_officers
from gis.loading.run import Options
from gis.loading.tracks import load_tracks
from tests.gis.loading.test_load_field_work import write_csv

FREE = Options(free_codes=True)
NOW = datetime.now(UTC).replace(microsecond=0)


def ago(**amount) -> str:
    return (NOW - timedelta(**amount)).isoformat()


@pytest.fixture
def town(database, geojson, in_folder):
    areas = geojson(({"code": "G1", "name": "one"}, box(120, 30, 120.1, 30.1)),
                    ({"code": "G2", "name": "two"}, box(120.1, 30, 120.2, 30.1)))
    load_areas(database.admin_url, areas, "street", options=FREE)
    load_officers(database.admin_url, write_csv(
        in_folder / "o.csv", ["工号", "姓名", "网格编码"], ["P1", "甲", "G1"], ["P2", "乙", "G2"]))
    return database


def test_fixes_with_their_faults(town, in_folder, sql):
    file = write_csv(
        in_folder / "t.csv", ["工号", "定位时间", "经度", "纬度", "精度"],
        ["P1", ago(minutes=2), 120.05, 30.05, 8], ["P1", ago(minutes=1), 120.1, 30.05, ""],
        ["P1", ago(minutes=1), 120.1, 30.05, ""], ["P2", ago(minutes=1), 120.15, 30.05, ""],
        ["P2", ago(minutes=1), 120.16, 30.05, ""], ["P9", ago(minutes=1), 120.1, 30.05, ""],
        ["P2", "", 120.1, 30.05, ""], ["P2", ago(minutes=-60), 120.1, 30.05, ""],
        ["P2", "soon", 120.1, 30.05, ""], ["P2", ago(minutes=3), 220.1, 30.05, ""],
        ["P2", ago(minutes=4), 120.1, 30.05, -3], ["P2", ago(days=200), 121.1, 30.05, ""])
    outcome = load_tracks(town.admin_url, file)
    assert (outcome.read, outcome.loaded, outcome.counts["unchanged"]) == (12, 4, 1)
    assert dict(outcome.reasons) == {"two_places": 1, "officer_missing": 1, "no_time": 1,
                                     "time": 2, "coordinates": 1, "accuracy_m": 1}
    assert any("older than the 90 days" in note for note in outcome.notes)
    assert sql("SELECT o.officer_code, f.lon, f.datum, f.accuracy_m, cardinality(f.scope_ids)"
               " FROM track_fix AS f JOIN officer AS o ON o.id = f.officer_id"
               " ORDER BY f.at, 1") == [
        ("P2", 121.1, "wgs84", None, 0), ("P1", 120.05, "wgs84", 8, 1),
        # On the border: under both.
        ("P1", 120.1, "wgs84", None, 2), ("P2", 120.15, "wgs84", None, 1)]
    again = load_tracks(town.admin_url, file)
    assert (again.loaded, again.counts["unchanged"], again.counts["placed anew"]) == (0, 5, 0)
    # What one row by itself is put under is the same as what a whole file is.
    sql("UPDATE track_fix SET geom = geom RETURNING 1")
    assert load_tracks(town.admin_url, file).counts["placed anew"] == 0


def test_what_is_received_in_another_datum_is_kept_beside_what_it_means(town, in_folder, sql):
    file = write_csv(in_folder / "t.csv", ["工号", "时间戳", "经度", "纬度"],
                     ["P1", ago(minutes=2), 120.0548, 30.0476])
    load_tracks(town.admin_url, file, Options(datum="gcj02"))
    sql("INSERT INTO track_fix (officer_id, at, lon, lat, datum)"
        " SELECT officer_id, at - interval '1 hour', lon, lat, datum FROM track_fix RETURNING 1")
    bulk, alone = sql("SELECT lon, lat, datum, ST_X(geom), ST_Y(geom), scope_ids FROM track_fix")
    assert bulk == alone
    assert bulk[:3] == (120.0548, 30.0476, "gcj02")
    assert np.hypot((bulk[3] - bulk[0]) * 96_000, (bulk[4] - bulk[1]) * 111_000) > 400


def test_they_go_when_their_time_is_over_and_the_log_says_so(town, in_folder, sql):
    file = write_csv(in_folder / "t.csv", ["工号", "时间戳", "x", "y"],
                     *(["P1", ago(days=days), 120.05, 30.05] for days in (1, 89, 91, 400)))
    load_tracks(town.admin_url, file)
    with psycopg.connect(town.admin_url, autocommit=True) as owner:
        told = [due for due in retention.purge(owner, dry_run=True) if due.kind == "track"]
        assert [due.count for due in told] == [2]
        retention.set_rule(owner, "track", 30)
        assert retention.purge(owner)[-1] == retention.Due("track", "", 3)
        assert retention.purge(owner) == []
    assert sql("SELECT count(*), max(at) < now() FROM track_fix") == [(1, True)]
    with psycopg.connect(town.admin_url, autocommit=True) as owner:
        assert retention.erase_tracks(owner, "P1", "已离职") == 1
    assert sql("SELECT count(*) FROM track_fix") == [(0,)]
    assert sql("SELECT subject, detail ->> 'count' FROM audit WHERE action IN ('purge', 'erase')"
               " ORDER BY id") == [("track:", "3"), ("officer:P1", "1")]


def test_a_real_day_of_vehicles(database, in_folder, test_data, monkeypatch, capsys, sql):
    """44,000 fixes by the command line, as a reader of the help would do it."""
    day = test_data.resolve() / "vehicle_tracks" / "2017-04-18.csv"
    with open(day, newline="", encoding="utf-8") as file:
        vehicles = sorted({row["vehicle_id"] for row in csv.DictReader(file)})
    officers = write_csv(in_folder / "o.csv", ["officer_code", "name"],
                         *([vehicle, f"Unit {vehicle}"] for vehicle in vehicles))
    monkeypatch.setenv("GRIDWALL_HOME", str(in_folder / "home"))
    monkeypatch.setenv("GRIDWALL_DATABASE_URL", database.server_url)
    monkeypatch.setenv("GRIDWALL_ADMIN_DATABASE_URL", database.admin_url)
    assert main(["load", "officers", str(officers)]) == 0
    capsys.readouterr()
    main(["load", "tracks", str(day), "--json", "--allow-quarantine"])
    told = json.loads(capsys.readouterr().out)
    assert told["read"] == told["loaded"] + told["quarantined"] + told["counts"]["unchanged"]
    frame = pd.read_csv(day, dtype={"vehicle_id": str})
    frame["at"] = pd.to_datetime(frame["timestamp"], utc=True)
    first = frame.drop_duplicates(["vehicle_id", "at"])
    assert told["read"] == len(frame)
    assert told["loaded"] == len(first) > 40_000
    assert set(told["reasons"]) <= {"two_places"}
    assert sql("SELECT count(*), count(DISTINCT officer_id), min(at), max(at) FROM track_fix") == [
        (len(first), first["vehicle_id"].nunique(), first["at"].min(), first["at"].max())]
