"""The other ways of finding areas for points, each made ready beforehand and given its best.

Making ready is not part of a peer's time, nor is handing over what a database has found: a
database keeps the answer in a table of its own, which is quicker than giving it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files

import duckdb
import geopandas
import numpy as np
import psycopg
import pyarrow
import shapely
from numpy.typing import NDArray

from gis.cluster import Cluster
from gis.errors import SetupError

Pairs = tuple[NDArray[np.integer], NDArray[np.integer]]


@dataclass(frozen=True)
class Peer:
    """``run`` finds the areas of all points; ``pairs`` gives (point, area) of its last run."""

    run: Callable[[], object]
    pairs: Callable[[], Pairs]


_DUCKDB_LOADED = """
    CREATE TABLE area AS SELECT id, ST_GeomFromWKB(wkb) AS geometry FROM areas_given;
    CREATE TABLE point AS SELECT id, ST_Point(lon, lat) AS geometry FROM points_given;
"""
# Within no distance means the same, and goes another way inside.
_DUCKDB_JOINS = {
    "intersects": """
        SELECT point.id AS point, area.id AS area
        FROM point JOIN area ON ST_Intersects(area.geometry, point.geometry)
    """,
    "dwithin": """
        SELECT point.id AS point, area.id AS area
        FROM point JOIN area ON ST_DWithin(point.geometry, area.geometry, 0)
    """,
}
_POSTGIS_TABLES = """
    DROP TABLE IF EXISTS bench_area, bench_point, bench_found;
    CREATE UNLOGGED TABLE bench_area (id integer, geometry geometry(Polygon, 4490));
    CREATE UNLOGGED TABLE bench_point (id integer, geometry geometry(Point, 4490));
"""
_POSTGIS_READY = """
    CREATE INDEX ON bench_area USING gist (geometry);
    CREATE INDEX ON bench_point USING gist (geometry);
    ANALYZE bench_area;
    ANALYZE bench_point;
"""
_POSTGIS_JOIN = """
    DROP TABLE IF EXISTS bench_found;
    CREATE UNLOGGED TABLE bench_found AS
    SELECT bench_point.id AS point, bench_area.id AS area
    FROM bench_point JOIN bench_area
      ON ST_Intersects(bench_area.geometry, bench_point.geometry)
"""


@contextmanager
def duckdb_spatial(way: str, areas: NDArray[np.object_], lon: NDArray[np.float64],
                   lat: NDArray[np.float64]) -> Iterator[Peer]:
    """DuckDB's SPATIAL_JOIN operator over its own tables, on all threads.

    Raises
    ------
    SetupError
        When DuckDB plans anything else, which would be slower by orders of magnitude.
    """
    join = _DUCKDB_JOINS[way]
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        folder = files("duckdb_extension_spatial") / "extensions" / f"v{duckdb.__version__}"
        connection.load_extension(str(folder / "spatial.duckdb_extension"))
        connection.register("areas_given", pyarrow.table(
            {"id": np.arange(len(areas), dtype=np.int32), "wkb": shapely.to_wkb(areas)}))
        connection.register("points_given", pyarrow.table(
            {"id": np.arange(len(lon), dtype=np.int32), "lon": lon, "lat": lat}))
        connection.execute(_DUCKDB_LOADED)
        plan = connection.execute("EXPLAIN " + join).fetchall()[0][1]
        if "SPATIAL_JOIN" not in plan:
            raise SetupError("DuckDB does not plan its spatial join: " + plan)

        def pairs() -> Pairs:
            found = connection.table("found").fetchnumpy()
            return found["point"], found["area"]

        yield Peer(lambda: connection.execute("CREATE OR REPLACE TABLE found AS " + join), pairs)


@contextmanager
def shapely_tree(areas: NDArray[np.object_], lon: NDArray[np.float64],
                 lat: NDArray[np.float64]) -> Iterator[Peer]:
    """Plain shapely: a tree over the areas, asked with all points at once."""
    tree, points, found = shapely.STRtree(areas), shapely.points(lon, lat), []
    tree.query(points[:1])  # the tree is built by its first query

    def run() -> None:
        found[:] = tree.query(points, predicate="intersects")

    yield Peer(run, lambda: (found[0], found[1]))


@contextmanager
def geopandas_sjoin(areas: NDArray[np.object_], lon: NDArray[np.float64],
                    lat: NDArray[np.float64]) -> Iterator[Peer]:
    """geopandas ``sjoin`` of points to areas."""
    left = geopandas.GeoDataFrame(geometry=shapely.points(lon, lat), crs=4490)
    right, found = geopandas.GeoDataFrame(geometry=areas, crs=4490), []

    def run() -> None:
        found[:] = [geopandas.sjoin(left, right, predicate="intersects")]

    yield Peer(run, lambda: (found[0].index.to_numpy(), found[0]["index_right"].to_numpy()))


@contextmanager
def postgis_join(cluster: Cluster, areas: NDArray[np.object_], lon: NDArray[np.float64],
                 lat: NDArray[np.float64]) -> Iterator[Peer]:
    """PostGIS: both tables indexed and analysed, the answer kept in an unlogged table."""
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        connection.execute(_POSTGIS_TABLES)
        _copy(connection, "COPY bench_area FROM STDIN", areas)
        _copy(connection, "COPY bench_point FROM STDIN", shapely.points(lon, lat))
        connection.execute(_POSTGIS_READY)

        def pairs() -> Pairs:
            rows = connection.execute("SELECT point, area FROM bench_found").fetchall()
            found = np.array(rows, dtype=np.int64).reshape(-1, 2)
            return found[:, 0], found[:, 1]

        yield Peer(lambda: connection.execute(_POSTGIS_JOIN), pairs)


def _copy(connection: psycopg.Connection, statement: str,
          geometries: NDArray[np.object_]) -> None:
    texts = shapely.to_wkb(shapely.set_srid(geometries, 4490), hex=True, include_srid=True)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for identity, text in enumerate(texts):
            copy.write_row((identity, text))
