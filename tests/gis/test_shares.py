"""Shares of a line or an area: by length or area, as shapely has them, and 1 in all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import psycopg
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import errors
from shapely.geometry import LineString, MultiLineString, Point, box, mapping

from gis.crs import cgcs2000_to_gcj02, metres_per_degree
from gis.errors import InvalidInput, UnknownDatum
from gis.shares import read_extent
from tests.conftest import cloned
from tests.gis.builders import (
    at,
    owner,
    put_account,
    put_area,
    put_duty,
    put_report,
    rectangle,
    server,
    settle,
    value,
)

CELLS = [(x, y) for x in range(3) for y in range(3)]


@pytest.fixture(scope="module")
def world(cluster, template) -> Iterator[SimpleNamespace]:
    """Nine grids; G00 to G22 from the south-west."""
    with cloned(cluster, template) as database, owner(database.admin_url) as connection:
        street = put_area(connection, "street", "S", rectangle(0, 0, 3, 3))
        grids = {}
        for x, y in CELLS:
            code = f"G{x}{y}"
            grids[code] = put_area(connection, "grid", code, rectangle(x, y, x + 1, y + 1),
                                   parent=street)
        settle(connection)
        for code, identity in grids.items():
            put_duty(connection, f"officer of {code}", area=identity)
        secrets = {
            "street": put_account(connection, "s", "street", areas=[street]),
            "intake": put_account(connection, "i", "intake", areas=[street]),
            **{code: put_account(connection, code, "officer", areas=[grids[code]])
               for code in ("G00", "G10", "G22")}}
        yield SimpleNamespace(database=database, connection=connection, secrets=secrets)


@contextmanager
def entered(world, name: str) -> Iterator[psycopg.Connection]:
    with server(world.database.server_url) as connection, connection.transaction():
        connection.execute("SELECT enter(%s)", (world.secrets[name],))
        yield connection


def _line(*points: tuple[float, float]) -> LineString:
    return LineString([at(x, y) for x, y in points])


def _shares(world, shape) -> tuple[dict[str, tuple[str, Decimal]], float]:
    rows = world.connection.execute(
        "SELECT * FROM extent_shares(ST_SetSRID(%s::geometry, 4490), now())",
        (shape.wkb_hex,)).fetchall()
    return ({row["code"]: (row["role"], row["share"]) for row in rows if row["code"]},
            rows[-1]["size"])


def _by_shapely(shape) -> tuple[dict[str, float], float]:
    """Sizes by grid in the local plane, borders to the lowest code; and what is left."""
    _, south, _, north = shape.bounds
    scale = [float(k) for k in metres_per_degree((south + north) / 2)]

    def size(part) -> float:
        flat = shapely.transform(part, lambda degrees: degrees * scale)
        return flat.area if shape.geom_type.endswith("Polygon") else flat.length

    sizes, left = {}, shape
    for x, y in CELLS:
        cell = rectangle(x, y, x + 1, y + 1)
        if (found := size(shapely.intersection(left, cell))) > 0:
            sizes[f"G{x}{y}"] = found
        left = shapely.difference(left, cell)
    return sizes, size(left)


NUMBERS = st.floats(-1, 4).map(lambda x: round(x, 4))
LINES = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=6, unique=True).map(
    lambda points: _line(*points))
BOXES = st.tuples(NUMBERS, NUMBERS, st.floats(0.01, 3), st.floats(0.01, 3)).map(
    lambda b: box(*at(b[0], b[1]), *at(b[0] + b[2], b[1] + b[3])))


@settings(max_examples=120, deadline=None)
@given(shape=LINES | BOXES)
def test_equal_to_shapely_and_one_in_all(world, shape):
    shares, outside = _shares(world, shape)
    sizes, left = _by_shapely(shape)
    assert outside == pytest.approx(left, abs=1e-6, rel=1e-9)
    total = sum(sizes.values())
    if not shares:
        assert total == pytest.approx(0, abs=1e-6)
        return
    assert sum(share for _, share in shares.values()) == 1
    assert [role for role, _ in shares.values()].count("lead") == 1
    for code, (role, share) in shares.items():
        slack = 0.0005 if role == "lead" else 0.00005001
        assert float(share) == pytest.approx(sizes[code] / total, abs=slack)
        assert role == "lead" or share > 0
    lead = next(code for code, (role, _) in shares.items() if role == "lead")
    assert sizes[lead] >= max(sizes.values()) - 0.001


def test_equal_halves_are_led_by_the_lowest_code(world):
    shares, outside = _shares(world, _line((0.5, 0.5), (1.5, 0.5)))
    assert shares == {"G00": ("lead", Decimal("0.5")), "G10": ("assist", Decimal("0.5"))}
    assert outside == 0


def test_a_border_belongs_to_the_lowest_code(world):
    shares, _ = _shares(world, _line((1, 0.2), (1, 0.8)))
    assert shares == {"G00": ("lead", Decimal(1))}


def test_thirds_sum_to_one(world):
    shares, _ = _shares(world, _line((0, 0.5), (3, 0.5)))
    assert sorted(share for _, share in shares.values()) == [
        Decimal("0.3333"), Decimal("0.3333"), Decimal("0.3334")]


def test_what_lies_outside_is_told(world):
    shares, outside = _shares(world, _line((2.5, 0.5), (3.5, 0.5)))
    assert shares == {"G20": ("lead", Decimal(1))}
    assert outside == pytest.approx(48.1, abs=0.1)
    shares, outside = _shares(world, _line((5, 5), (6, 5)))
    assert shares == {}
    assert outside > 90


def _set(connection, secret: str, incident: int, shape) -> dict:
    return value(connection, "SELECT set_extent(%s, %s, ST_SetSRID(%s::geometry, 4490),"
                 " 'cgcs2000', '{}')", secret, incident, shape and shape.wkb_hex)


def test_those_who_assist_see_it(world):
    incident = put_report(world.connection, at(0.5, 0.5))
    seen = "SELECT count(*) FROM incident WHERE id = %s"
    with entered(world, "G10") as connection:
        assert value(connection, seen, incident) == 0
    with entered(world, "street") as connection:
        told = _set(connection, world.secrets["street"], incident,
                    _line((0.2, 0.5), (1.5, 0.5)))
    assert [(share["area"]["code"], share["role"], share["officer"]["id"])
            for share in told["shares"]] == [
        ("G00", "lead", "officer of G00"), ("G10", "assist", "officer of G10")]
    assert (told["kind"], told["unit"]) == ("line", "m")
    with entered(world, "G10") as connection:
        assert value(connection, seen, incident) == 1
        assert value(connection, "SELECT count(*) FROM share WHERE incident_id = %s",
                     incident) == 2
    with entered(world, "G22") as connection:
        assert value(connection, seen, incident) == 0
        assert value(connection, "SELECT extent_told(%s)", incident) is None
    # Drawn anew, it is theirs no longer; and without a line it is as it was.
    before = value(world.connection, "SELECT own_scope_ids FROM extent WHERE incident_id = %s",
                   incident)
    with entered(world, "street") as connection:
        _set(connection, world.secrets["street"], incident, _line((0.2, 0.5), (0.5, 0.5)))
    with entered(world, "G10") as connection:
        assert value(connection, seen, incident) == 0
    with entered(world, "street") as connection:
        assert _set(connection, world.secrets["street"], incident, None) is None
    assert value(world.connection, "SELECT scope_ids FROM incident WHERE id = %s",
                 incident) == sorted(before)
    assert value(world.connection, "SELECT count(*) FROM share WHERE incident_id = %s",
                 incident) == 0


def test_who_may_draw_and_when(world):
    incident = put_report(world.connection, at(0.5, 0.5))
    line = _line((0.2, 0.5), (1.5, 0.5))
    with entered(world, "G22") as connection, pytest.raises(errors.NoDataFound):
        _set(connection, world.secrets["G22"], incident, line)
    with entered(world, "intake") as connection, pytest.raises(errors.InsufficientPrivilege):
        _set(connection, world.secrets["intake"], incident, line)
    world.connection.execute("UPDATE incident SET closed_at = now() WHERE id = %s", (incident,))
    with entered(world, "street") as connection, pytest.raises(errors.SerializationFailure):
        _set(connection, world.secrets["street"], incident, line)


def test_a_line_in_another_datum_is_brought_here():
    true = np.array([at(0.5, 0.5), at(1.5, 0.7)])
    shifted = np.column_stack(cgcs2000_to_gcj02(true[:, 0], true[:, 1]))
    read = read_extent(mapping(LineString(shifted)), "gcj02")
    assert shapely.get_coordinates(read.shape) == pytest.approx(true, abs=1e-9)
    assert read.received["type"] == "LineString"
    assert read_extent({"type": "Feature", "geometry": mapping(LineString(true))}).shape.equals(
        LineString(true))


BOWTIE = {"type": "Polygon", "coordinates": [[[120, 30], [120.01, 30.01], [120.01, 30],
                                              [120, 30.01], [120, 30]]]}


@pytest.mark.parametrize("geometry,told", [
    (None, "is needed"), ("LINESTRING(0 0,1 1)", "is needed"), ({}, "is needed"),
    (mapping(Point(120, 30)), "is needed"),
    ({"type": "GeometryCollection", "geometries": []}, "is needed"),
    ({"type": "LineString"}, "not the lists"),
    ({"type": "LineString", "coordinates": []}, "not the lists"),
    ({"type": "LineString", "coordinates": [[[120, 30]]]}, "in numbers"),
    ({"type": "LineString", "coordinates": [[120, 30], [120, "30"]]}, "in numbers"),
    ({"type": "LineString", "coordinates": [[120, 30], [120, float("nan")]]}, "in numbers"),
    ({"type": "LineString", "coordinates": [[120, 30], [120]]}, "in numbers"),
    ({"type": "LineString", "coordinates": [[120, 30], [30, 120]]}, "does not lie within"),
    ({"type": "LineString", "coordinates": [[120, 30]]}, "."),
    ({"type": "LineString", "coordinates": [[120, 30], [120, 30]]}, "."),
    ({"type": "LineString", "coordinates": [[120, 30], [123, 30]]}, "too large"),
    ({"type": "LineString", "coordinates": [[120, 30]] * 10_001}, "at most 10,000"),
    ({"type": "Polygon", "coordinates": [[[120, 30], [120.1, 30], [120, 30]]]}, "."),
    (BOWTIE, "not valid"),
    (mapping(box(119, 29, 121, 31)), "too large"),
])
def test_what_is_no_extent_is_told(geometry, told):
    with pytest.raises(InvalidInput, match=told) as caught:
        read_extent(geometry)
    assert caught.value.field == "geometry"


def test_heights_are_left_out_and_datums_are_known():
    read = read_extent({"type": "MultiLineString",
                        "coordinates": [[[120, 30, 5], [120.01, 30, 6]]]})
    assert read.shape.equals(MultiLineString([[(120, 30), (120.01, 30)]]))
    assert not read.shape.has_z
    with pytest.raises(UnknownDatum):
        read_extent(mapping(LineString([(120, 30), (120.01, 30)])), "mars")
