"""The town with much in it, laid out at random but the same every time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import psycopg
import shapely

from tests.console.conftest import SOUTH, STEP, WEST

# A little over the town's edge: what lies outside every area is seen by who sees all.
BOX = (WEST - 0.002, SOUTH - 0.002, WEST + 4 * STEP + 0.002, SOUTH + STEP + 0.002)


@dataclass(frozen=True)
class Numbers:
    """How many of each are laid out."""

    addresses: int = 3000
    incidents: int = 2000
    places: int = 400
    shapes: int = 150


def scatter(admin_url: str, numbers: Numbers) -> None:
    """Addresses (every third in a building of several houses), matters, place objects, ground."""
    random = np.random.default_rng(6)
    with psycopg.connect(admin_url) as connection:
        _put(connection, "INSERT INTO address (text, house_code, geom)"
             " SELECT '竹里巷' || n || '号', 'H' || n, shape", np.repeat(
                 _points(random, numbers.addresses // 3), 3))
        _put_incidents(connection, _points(random, numbers.incidents))
        _put(connection, "INSERT INTO place_object (object_code, category_code, name, geom)"
             " SELECT 'P' || n, CASE n % 4 WHEN 0 THEN 'care' ELSE 'camera' END, '名' || n, shape",
             np.concatenate([_points(random, numbers.places), _blocks(random, numbers.shapes)]))
        _put(connection, "INSERT INTO building (building_code, floors, geom)"
             " SELECT 'B' || n, 1 + n % 30, ST_Multi(shape)", _blocks(random, 3 * numbers.shapes))
        _put(connection, "INSERT INTO ground (kind, name, geom)"
             " SELECT 'green', '园' || n, shape", _blocks(random, numbers.shapes, 0.002))
        _put(connection, "INSERT INTO ground (kind, road_class, name, width_m, geom)"
             " SELECT 'road', 'local', '路' || n, 30, shape", _roads(random, numbers.shapes))


def _put(connection: psycopg.Connection, statement: str, shapes: np.ndarray) -> None:
    connection.execute(
        statement.encode().replace(b"%", b"%%")
        + b" FROM (SELECT n, ST_GeomFromWKB(wkb, 4490) AS shape"
          b" FROM unnest(%s::bytea[]) WITH ORDINALITY AS s (wkb, n)) AS source",
        [list(shapely.to_wkb(shapes))])


def _put_incidents(connection: psycopg.Connection, points: np.ndarray) -> None:
    """Of twenty one is merged into another, four are closed; one an hour since the year began."""
    connection.execute(
        "INSERT INTO category (code, parent_code, name, name_en, class_rank) VALUES"
        " ('lamp', 'urban', '路灯', 'Lamps', (SELECT class_rank FROM category"
        "  WHERE code = 'urban'))")
    connection.execute("ALTER TABLE incident DISABLE TRIGGER USER")
    _put(connection, "INSERT INTO incident (id, received_at, category_code, class_rank, summary,"
         " state, tier, urgency, emergency, geom, grid_id, scope_ids, step_count, closed_at,"
         " merged_into_id)"
         " SELECT n, '2026-01-01Z'::timestamptz + n * interval '1 hour',"
         " (ARRAY['lamp', 'urban', 'safety'])[1 + n % 3],"
         " (SELECT class_rank FROM category WHERE code = CASE n % 3 WHEN 2 THEN 'safety'"
         "  ELSE 'urban' END), '', CASE WHEN n % 20 < 5 THEN 'closed' ELSE 'verified' END,"
         " 'grid', n % 3, false, shape, 1, scope_ids_at(shape), 1,"
         " CASE WHEN n % 20 < 5 THEN '2026-01-01Z'::timestamptz + n * interval '2 hours' END,"
         " CASE n % 20 WHEN 0 THEN n + 1 END", points)
    connection.execute("ALTER TABLE incident ENABLE TRIGGER USER")


def _snapped(shapes: np.ndarray) -> np.ndarray:
    return shapely.transform(shapes, lambda corner: np.rint(corner * 1e9) / 1e9)


def _points(random: np.random.Generator, count: int) -> np.ndarray:
    west, south, east, north = BOX
    return _snapped(shapely.points(random.uniform(west, east, count),
                                   random.uniform(south, north, count)))


def _blocks(random: np.random.Generator, count: int, size: float = 0.0003) -> np.ndarray:
    """Oblique rectangles of some 10 to 60 m."""
    turns = random.uniform(0, 90, count)
    halves = random.uniform(size / 6, size, (count, 2))
    middles = shapely.get_coordinates(_points(random, count))
    boxes = shapely.box(*(middles - halves).T, *(middles + halves).T)
    return _snapped(np.array([shapely.affinity.rotate(box, turn)
                              for box, turn in zip(boxes, turns, strict=True)]))


def _roads(random: np.random.Generator, count: int) -> np.ndarray:
    starts = shapely.get_coordinates(_points(random, count))
    steps = random.normal(0, 0.0007, (count, 5, 2))
    return _snapped(shapely.linestrings(starts[:, None] + np.cumsum(steps, axis=1)))
