"""Tables that an administrator shows as tiles: which can be, to whom, and what of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import mapbox_vector_tile
import psycopg
import pytest
import shapely
from click.testing import CliRunner

from console.cli import cli
from gis import tile_layers
from gis.accounts import issue_token
from gis.database import open_pool
from gis.errors import Conflict, InvalidInput, NotFound
from tests.conftest import cloned
from tests.console.conftest import SOUTH, STEP, STREETS, WEST, build_town
from tests.tiles.conftest import Ground
from tests.tiles.test_vector import in_tile, tile_at
from tiles import vector

# Names that SQL would trip over, and one that holds a statement.
ODD = 'Rohre "; DROP TABLE area; --'
ZOOM = 14
AT = tile_at(WEST + 1.2 * STEP, SOUTH + STEP / 5, ZOOM)


@pytest.fixture(scope="module")
def works(cluster, template) -> Iterator[Ground]:
    """The town, and two tables of its water works: pipes in UTM, valves in degrees."""
    with cloned(cluster, template) as database:
        build_town(database.admin_url)
        with psycopg.connect(database.admin_url) as connection:
            connection.execute(
                "CREATE SCHEMA works;"
                f" CREATE TABLE works.{quoted(ODD)} (number integer, {quoted(ODD)} text,"
                "  width numeric, laid date, at timestamptz DEFAULT now(), secret json,"
                "  shape geometry(LineString, 4549));"
                " CREATE TABLE works.valves (id bigint, name text, place geometry(Point, 4326));"
                f" CREATE INDEX ON works.{quoted(ODD)} USING gist (shape);"
                " CREATE INDEX ON works.valves USING gist (place)")
            connection.execute(
                f"INSERT INTO works.{quoted(ODD)} SELECT n, '管' || n, n / 10.0, '2020-01-01',"
                " now(), '{}', ST_Transform(ST_SetSRID(ST_MakeLine(ST_MakePoint(%(w)s - 0.01,"
                " %(s)s + n * 0.0007), ST_MakePoint(%(w)s + 0.06, %(s)s + n * 0.0008)), 4490),"
                " 4549) FROM generate_series(1, 12) AS n", {"w": WEST, "s": SOUTH})
            connection.execute(
                "INSERT INTO works.valves SELECT n, 'V' || n, ST_SetSRID(ST_MakePoint("
                " %s + n * 0.0002, %s + 0.001 + (n %% 9) * 0.0007), 4326)"
                " FROM generate_series(1, 200) AS n", [WEST, SOUTH])
        yield Ground(database.name, database.admin_url, database.server_url,
                     issue_token(database.admin_url, "hall"),
                     issue_token(database.admin_url, "street", STREETS[0]))


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def pipes(**changed) -> tile_layers.NewTileLayer:
    return tile_layers.NewTileLayer(**{
        "name": "pipes", "title": "供水管", "table": f"works.{quoted(ODD)}",
        "geometry_column": "shape", "id_column": "number",
        "fields": [ODD, "width", "laid"], "roles": ["hall", "street"], **changed})


def valves(**changed) -> tile_layers.NewTileLayer:
    return pipes(**{"name": "valves", "table": "works.valves", "geometry_column": "place",
                    "id_column": "id", "fields": ["name"], **changed})


@pytest.fixture(scope="module", autouse=True)
def registered(works) -> None:
    tile_layers.register(works.admin_url, pipes())
    tile_layers.register(works.admin_url, valves())


def seen(works, token: str, name: str, z: int = ZOOM, x: int = AT[1], y: int = AT[2]) -> dict:
    with works.seen_by(token) as connection:
        [tile] = connection.execute("SELECT tile_custom(%s, %s, %s, %s)",
                                    [z, x, y, name]).fetchone()
    layers = mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True})
    return {feature["id"]: feature for feature in layers.get(name, {"features": []})["features"]}


def own_ground(works, token: str) -> shapely.Geometry:
    with works.seen_by(token) as connection:
        rows = connection.execute(
            "SELECT ST_AsBinary(geom_3857) FROM area WHERE identity_id = ANY (scope_ids())"
            " OR scope_all() AND level = 'district'").fetchall()
    ground = shapely.union_all(shapely.from_wkb([shape for shape, in rows]))
    return ground.buffer(1e7) if token == works.hall else ground


@pytest.mark.parametrize("who", ["hall", "street"])
@pytest.mark.parametrize("zoom", [11, 14, 16, 18])
def test_rows_are_what_lies_on_the_caller_s_ground(works, who, zoom):
    token = getattr(works, who)
    z, x, y = tile_at(WEST + 1.98 * STEP, SOUTH + STEP / 5, zoom)
    ground = own_ground(works, token)
    with psycopg.connect(works.admin_url) as connection:
        lines = connection.execute(
            "SELECT number, ST_AsBinary(ST_Transform(shape, 3857)) FROM works."
            + quoted(ODD)).fetchall()
        points = connection.execute(
            "SELECT id, ST_AsBinary(ST_Transform(place, 3857)) FROM works.valves").fetchall()
    found = seen(works, token, "pipes", z, x, y)
    for number, shape in lines:
        wanted = in_tile(shapely.intersection(shapely.from_wkb(shape), ground), z, x, y)
        assert (number in found) == (wanted.length > 1)
        if number in found:
            drawn = shapely.geometry.shape(found[number]["geometry"])
            assert drawn.hausdorff_distance(wanted) <= 1.5
    held = {number for number, shape in points
            if ground.covers(place := shapely.from_wkb(shape))
            and shapely.box(0, 0, 4096, 4096).covers(in_tile(place, z, x, y))}
    assert set(seen(works, token, "valves", z, x, y)) == held
    assert held


def test_fields_are_those_that_were_registered_and_no_others(works):
    [feature, *_] = seen(works, works.hall, "pipes").values()
    number = feature["id"]
    assert feature["properties"] == {ODD: f"管{number}", "width": number / 10, "laid": "2020-01-01"}


def described(works, token: str, name: str) -> dict:
    async def ask() -> dict:
        async with open_pool(works.server_url) as database, database.scope(token) as connection:
            return await vector.tilejson(connection, name, "/{z}/{x}/{y}")

    return asyncio.run(ask())


def test_tilejson_tells_the_fields_the_zooms_and_the_caller_s_bounds(works):
    told = described(works, works.hall, "custom:pipes")
    assert told["vector_layers"] == [
        {"id": "pipes", "fields": {ODD: "String", "width": "Number", "laid": "String"}}]
    assert (told["minzoom"], told["maxzoom"], told["description"]) == (10, 18, "供水管")
    assert told["bounds"] == pytest.approx(
        [WEST - 0.01, SOUTH + 0.0007, WEST + 0.06, SOUTH + 0.0096], abs=1e-4)
    west, _, east, _ = described(works, works.street, "custom:pipes")["bounds"]
    assert (west, east) == pytest.approx((WEST, WEST + 2 * STEP), abs=1e-6)
    for name in ("custom:nothing", "custom:pipes';--", "custom:"):
        with pytest.raises(NotFound):
            described(works, works.hall, name)


def test_roles_that_were_not_named_have_no_such_layer(works):
    for role in ("planner", "intake", "department"):
        assert seen_nothing(works, issue_token(works.admin_url, role), "pipes")
    assert len(seen(works, issue_token(works.admin_url, "admin"), "pipes")) == 12
    with psycopg.connect(works.server_url) as stranger:
        [tile] = stranger.execute("SELECT tile_custom(14, 0, 0, 'pipes')").fetchone()
        assert tile is None
    filing = issue_token(works.admin_url, "intake")
    tile_layers.register(works.admin_url, pipes(name="filed", roles=["intake"]))
    # Who has no ground sees the layer, and nothing in it.
    assert seen(works, filing, "filed") == {}


def seen_nothing(works, token: str, name: str) -> bool:
    with works.seen_by(token) as connection:
        [tile] = connection.execute("SELECT tile_custom(%s, %s, %s, %s)", [*AT, name]).fetchone()
    return tile is None


def test_the_server_s_role_registers_nothing_and_reads_no_table(works):
    with psycopg.connect(works.server_url, autocommit=True) as connection:
        connection.execute("BEGIN")
        for statement in (
            "INSERT INTO tile_layer (name) VALUES ('x')", "SELECT * FROM tile_layer",
            "DELETE FROM tile_layer", "SELECT * FROM works.valves",
            "SELECT register_tile_layer(NULL, true)",
            "SELECT custom_table_fault('works', 'valves', 'place', 'id', '{}')",
            "SELECT custom_shape(NULL, true, NULL, 1, 1, 1)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(statement)


@pytest.mark.parametrize("changed, said", [
    ({"table": "public.person"}, "Gridwall's own"), ({"table": "public.account"}, "own"),
    ({"table": "public.address", "geometry_column": "geom", "id_column": "id"}, "own"),
    ({"table": "public.spatial_ref_sys"}, "system"), ({"table": "pg_catalog.pg_authid"}, "system"),
    ({"table": "information_schema.tables"}, "ordinary"), ({"table": "works.nothing"}, "no such"),
    ({"table": "works.looks"}, "ordinary"), ({"table": "works.kept_looks"}, "ordinary"),
    ({"table": "works.guarded"}, "policy"), ({"table": "works.theirs"}, "another role"),
    ({"table": "valves"}, "SCHEMA.TABLE"), ({"table": "a.works.valves"}, "SCHEMA.TABLE"),
    ({"table": "works.valves; DROP TABLE works.valves"}, "valves"), ({"table": ""}, "valid"),
    ({"fields": ["name", "nothing"]}, "no column"), ({"fields": ["place"]}, "serve"),
    ({"fields": ["name\" FROM account; --"]}, "no column"), ({"id_column": "name"}, "serve"),
    ({"geometry_column": "name"}, "serve"), ({"roles": ["mayor"]}, "roles are"),
    ({"roles": []}, "roles are"), ({"fields": ["xmin"]}, "no column"), ({"name": "A B"}, "name"),
    ({"min_zoom": 0}, "zooms"), ({"table": "works.bare"}, "CREATE INDEX"),
    ({"table": f"works.{quoted(ODD)}", "geometry_column": "shape", "id_column": "number",
      "fields": ["secret"]}, "serve"),
])
def test_what_can_t_be_shown_is_refused_clearly(works, guarded, changed, said):
    with pytest.raises(InvalidInput) as refused:
        tile_layers.register(works.admin_url, valves(**{"name": "new", **changed}))
    assert said in refused.value.message
    assert "new" not in {row["name"] for row in tile_layers.listed(works.admin_url)}


@pytest.fixture(scope="module")
def guarded(works, cluster) -> None:
    cluster.superuser_sql(
        "CREATE TABLE works.theirs AS SELECT * FROM works.valves;"
        " CREATE INDEX ON works.theirs USING gist (place)", works.name)
    with psycopg.connect(works.admin_url) as connection:
        connection.execute(
            "CREATE VIEW works.looks AS SELECT id, name, role AS place FROM public.account;"
            " CREATE MATERIALIZED VIEW works.kept_looks AS SELECT id, name FROM public.account;"
            " CREATE TABLE works.bare AS SELECT * FROM works.valves;"
            " CREATE TABLE works.guarded AS SELECT * FROM works.valves;"
            " CREATE INDEX ON works.guarded USING gist (place);"
            " ALTER TABLE works.guarded ENABLE ROW LEVEL SECURITY")


def test_a_table_that_has_become_another_thing_is_shown_no_more(works):
    with psycopg.connect(works.admin_url) as connection:
        connection.execute("CREATE TABLE works.swapped AS SELECT * FROM works.valves;"
                           " CREATE INDEX ON works.swapped USING gist (place)")
    tile_layers.register(works.admin_url, valves(name="swapped", table="works.swapped"))
    assert seen(works, works.hall, "swapped")
    with psycopg.connect(works.admin_url) as connection:
        connection.execute("DROP TABLE works.swapped; CREATE VIEW works.swapped AS"
                           " SELECT id, name, NULL::geometry AS place FROM public.account")
    assert seen_nothing(works, works.hall, "swapped")
    [row] = [row for row in tile_layers.listed(works.admin_url) if row["name"] == "swapped"]
    assert "not an ordinary table" in row["fault"]
    tile_layers.drop(works.admin_url, "swapped")
    with pytest.raises(NotFound):
        tile_layers.drop(works.admin_url, "swapped")


def test_a_name_stands_for_one_table_unless_it_is_replaced(works):
    with pytest.raises(Conflict):
        tile_layers.register(works.admin_url, pipes(title="又一"))
    row = tile_layers.register(works.admin_url, pipes(title="又一"), replace=True)
    assert (row["title"], row["srid"]) == ("又一", 4549)
    tile_layers.register(works.admin_url, pipes(), replace=True)


def test_changes_of_a_table_are_told_while_it_is_shown(works):
    told = ("SELECT count(*) FROM event_pending WHERE kind = 'tiles'"
            " AND payload::jsonb ->> 'source' = 'custom:told'")
    change = "UPDATE works.valves SET name = name WHERE id = 1"
    with psycopg.connect(works.admin_url, autocommit=True) as connection:
        counts = []
        for step in (lambda: tile_layers.register(works.admin_url, valves(name="told")),
                     lambda: connection.execute(change),
                     lambda: tile_layers.drop(works.admin_url, "told"),
                     lambda: connection.execute(change)):
            step()
            counts += connection.execute(told).fetchone()
    assert counts == [1, 2, 3, 3]


def test_the_command_line(works, monkeypatch):
    monkeypatch.setenv("GRIDWALL_ADMIN_DATABASE_URL", works.admin_url)
    monkeypatch.setenv("GRIDWALL_DATABASE_URL", works.server_url)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(cli, ["tiles", *arguments])
        assert done.exit_code == 0, done.output
        return done.stdout

    told = json.loads(run("register", "shell", "--table", "works.valves", "--geometry", "place",
                          "--id", "id", "--fields", "name", "--roles", "hall, street", "--json"))
    assert (told["srid"], told["roles"]) == (4326, ["hall", "street"])
    assert "shell" in {row["name"] for row in json.loads(run("list", "--json"))}
    assert "shell" in run("list")
    run("drop", "shell")
    assert "shell" not in {row["name"] for row in json.loads(run("list", "--json"))}
