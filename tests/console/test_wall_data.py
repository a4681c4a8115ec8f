"""The wall's data: figures against counts made by hand, scope, snapshot, answers and indexes."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest

from gis import queries, statistics
from gis.database import open_pool
from tests.conftest import cloned
from tests.console.conftest import SOUTH, STEP, STREETS, WEST, build_town, report

pytestmark = pytest.mark.anyio

CITY = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 10, 9, 30, tzinfo=CITY)
GRIDS = [f"{street}00100{serial}" for street in STREETS for serial in (1, 2)]


def place(connection: psycopg.Connection, at: datetime, grid: int, category: str = "urban",
          **changes: object) -> int:
    """A report received at a moment in the middle of a grid, and its incident as changed."""
    [number] = connection.execute(
        "INSERT INTO report (received_at, category_code, text, lon, lat, datum)"
        " VALUES (%s, %s, '路面塌陷', %s, %s, 'cgcs2000') RETURNING id",
        [at, category, WEST + (grid + 0.5) * STEP, SOUTH + STEP / 2]).fetchone()
    # Kept counts go by the clock, not by NOW: only a deadline that a test sets may pass.
    for name, value in ({"deadline_at": None} | changes).items():
        connection.execute(
            psycopg.sql.SQL("UPDATE incident SET {} = %s WHERE id = %s").format(
                psycopg.sql.Identifier(name)), [value, number])
    return number


def fill(admin_url: str) -> None:
    """Three of today, two of yesterday, one of the day before and one merged."""
    hour = timedelta(hours=1)
    midnight = NOW.replace(hour=0, minute=0)
    with psycopg.connect(admin_url) as connection:
        place(connection, midnight + timedelta(minutes=1), 0, dispatched_at=midnight + hour)
        place(connection, NOW - hour, 0, "dispute")
        place(connection, NOW - 2 * hour, 3, dispatched_at=NOW - hour, closed_at=NOW,
              state="closed", deadline_at=NOW + hour)
        place(connection, midnight - hour, 1)
        place(connection, midnight - 20 * hour, 3, deadline_at=NOW - hour)
        place(connection, midnight - 30 * hour, 3, closed_at=NOW - hour,
              state="closed", deadline_at=NOW - 2 * hour)
        merged = place(connection, NOW - hour, 0)
        connection.execute(
            "UPDATE incident SET merged_into_id = 1, closed_at = %s WHERE id = %s",
            [NOW, merged])
        connection.execute("SELECT recount_matters(%s)", [NOW])


@pytest.fixture
async def filled(town):
    """The town with its reports, and the figures as each of two callers sees them."""
    fill(town.admin_url)
    return town


async def figures_of(town, token: str, scheme: str = "base") -> dict:
    import orjson

    async with open_pool(town.app.inner.state.settings.database_url, 2) as database, \
            database.scope(token) as connection:
        at = await statistics.moment(connection, NOW)
        return orjson.loads(await statistics.figures(connection, scheme, at))


async def test_figures_are_what_one_counts_by_hand(filled):
    found = await figures_of(filled, filled.token("hall"))
    assert found["reported_today"] == 4
    assert found["reported_yesterday_by_now"] == 1
    assert found["open"] == 4
    assert found["open_yesterday"] == 2
    assert found["overdue"] == 1
    assert found["overdue_counted_in_rate"] is True
    assert found["on_time_rate"] == pytest.approx(1 / 3, abs=1e-4)
    assert found["median_dispatch_s"] == pytest.approx((59 * 60 + 3600) / 2)
    assert found["stale_since"] is None
    assert datetime.fromisoformat(found["now"]) == NOW


async def test_days_begin_at_the_citys_midnight(filled):
    trend = (await figures_of(filled, filled.token("hall")))["trend"]
    assert trend["hours"] == list(range(24))
    assert trend["today"][0] == 1
    assert sum(filter(None, trend["today"])) == 4
    assert trend["today"][10:] == [None] * 14
    assert trend["yesterday"][23] == trend["yesterday"][4] == 1
    assert sum(trend["yesterday"]) == 2


async def test_classes_and_ranking_are_of_the_scheme(filled):
    found = await figures_of(filled, filled.token("hall"))
    by_class = {row["class"]: row["count"] for row in found["by_class"]}
    assert len(by_class) == 10
    assert (by_class["urban"], by_class["dispute"]) == (3, 1)
    assert [(row["code"], row["open"], row["today"]) for row in found["ranking"]] == [
        (GRIDS[0], 2, 3), (GRIDS[3], 1, 1), (GRIDS[1], 1, 0)]
    assert found["newest"][0]["area_name"]
    assert (await figures_of(filled, filled.token("hall"), "police"))["ranking"] == []


async def test_a_street_counts_only_its_own(filled):
    found = await figures_of(filled, filled.token("street", STREETS[0]))
    assert (found["reported_today"], found["open"], found["overdue"]) == (3, 3, 0)
    assert {row["code"] for row in found["ranking"]} == set(GRIDS[:2])


async def test_nobody_gets_what_was_counted_for_another(filled):
    async with filled.client(filled.token("hall")) as hall, \
            filled.client(filled.token("street", STREETS[0])) as street, \
            filled.client(filled.token("hall")) as second:
        whole, part, again = [
            (await client.get("/api/wall/areas?level=grid")).json()
            for client in (hall, street, second)]
    assert {row["code"] for row in whole} == set(GRIDS)
    assert {row["code"] for row in part} == set(GRIDS[:2])
    assert again == whole


async def test_start_tells_where_the_callers_ground_lies(filled):
    async with filled.client(filled.token("hall")) as hall:
        whole = (await hall.get("/api/wall/start")).json()
        unknown = await hall.get("/api/wall/start?scheme=nothing")
    async with filled.client(filled.token("street", STREETS[0])) as street:
        part = (await street.get("/api/wall/start")).json()
    assert whole["bounds"] == pytest.approx([WEST, SOUTH, WEST + 4 * STEP, SOUTH + STEP])
    assert part["bounds"] == pytest.approx([WEST, SOUTH, WEST + 2 * STEP, SOUTH + STEP])
    assert [stop["code"] for stop in whole["streets"]] == list(STREETS)
    assert {scheme["code"] for scheme in whole["schemes"]} == {"base"}
    assert [one["rank"] for one in whole["classes"]] == list(range(10))
    assert unknown.status_code == 404


async def test_incidents_are_one_snapshot_with_the_number_to_go_on_from(filled):
    async with filled.client(filled.token("intake")) as intake, \
            filled.client(filled.token("hall")) as hall:
        sent = (await intake.post("/api/reports", json=report())).json()
        found = (await hall.get("/api/wall/incidents")).json()
    columns = ("ids", "lon", "lat", "class", "urgency", "state")
    assert len({len(found[name]) for name in columns}) == 1
    assert sent["incident"]["id"] in found["ids"]
    assert found["epoch"]
    assert isinstance(found["sequence"], int)
    with psycopg.connect(filled.admin_url) as connection:
        [(merged,)] = connection.execute(
            "SELECT id FROM incident WHERE merged_into_id IS NOT NULL").fetchall()
    assert merged not in found["ids"]


@pytest.mark.parametrize("address, field", [
    ("/api/wall/areas?level=house", "level"), ("/api/wall/figures?scheme=a%27b", "scheme"),
    ("/api/wall/incidents?since=2026-01-01T00:00:00", "since"),
    ("/api/wall/incidents?since=soon", "since"),
])
async def test_bad_questions_name_the_field(town, address, field):
    async with town.client(town.token("hall")) as client:
        answer = await client.get(address)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_tiles_are_private_tagged_and_compressed(filled):
    token = filled.token("hall")
    address = "/tiles/areas/9/426/211.mvt"
    async with filled.client(token) as client:
        told = (await client.get("/tiles/areas/tilejson.json?level=grid")).json()
        answer = await client.get(address)
        again = await client.get(address, headers={"If-None-Match": answer.headers["etag"]})
        empty = await client.get("/tiles/areas/9/0/0.mvt")
        missing = await client.get("/tiles/areas/2/9/9.mvt")
    async with filled.client() as nobody:
        refused = await nobody.get(address)
    assert told["tiles"] == [f"{filled.url}/tiles/areas/{{z}}/{{x}}/{{y}}.mvt?level=grid"]
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert answer.headers["cache-control"].startswith("private")
    assert "Cookie" in answer.headers["vary"]
    assert (again.status_code, again.content) == (304, b"")
    assert (empty.status_code, missing.status_code, refused.status_code) == (204, 404, 401)


async def test_a_street_never_gets_the_halls_tile(filled):
    address = "/tiles/areas/9/426/211.mvt"
    async with filled.client(filled.token("hall")) as client:
        whole = await client.get(address)
    async with filled.client(filled.token("street", STREETS[0])) as client:
        part = await client.get(address, headers={"If-None-Match": whole.headers["etag"]})
    assert part.status_code == 200
    assert GRIDS[3].encode() in whole.content
    assert GRIDS[3].encode() not in part.content


def many_incidents(admin_url: str) -> None:
    """A hundred thousand of the past year, past the triggers; one in fifty is open."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("ALTER TABLE report DISABLE TRIGGER USER")
        connection.execute(
            "INSERT INTO report (received_at, category_code, text, address)"
            " SELECT now() - n * interval '5 minutes', 'urban', 't', 'a'"
            " FROM generate_series(1, 100000) AS n")
        connection.execute(
            "INSERT INTO incident (id, received_at, category_code, class_rank, summary, state,"
            " tier, urgency, emergency, step_count, scope_ids, closed_at, deadline_at)"
            " SELECT id, received_at, 'urban', 2, 't', 'closed', 'grid', 1, false, 1,"
            " ARRAY[(SELECT id FROM area_identity WHERE level = 'grid' LIMIT 1)],"
            " CASE WHEN id % 50 > 0 THEN received_at + interval '1 hour' END,"
            " received_at + interval '5 days' FROM report")
        connection.execute("VACUUM ANALYZE incident")


async def test_a_hundred_thousand_incidents_are_found_by_index(cluster, template):
    with cloned(cluster, template) as database:
        build_town(database.admin_url)
        many_incidents(database.admin_url)
        now = datetime.now(UTC)
        day = timedelta(days=1)
        values = {
            "now": now, "today": now - day / 2, "yesterday": now - 1.5 * day, "hour": 12,
            "a_day_ago": now - day, "month_ago": now - 30 * day, "zone": "Asia/Shanghai",
            "scheme": "base", "since": now - day}
        with psycopg.connect(
            database.admin_url, cursor_factory=psycopg.ClientCursor
        ) as connection:
            for name in ("wall_figures", "wall_incidents"):
                lines = connection.execute(
                    b"EXPLAIN (ANALYZE) " + queries.get(name), values).fetchall()
                plan = "\n".join(line for line, in lines)
                assert "Seq Scan on incident" not in plan, plan


def test_compression_is_what_was_asked_for():
    from starlette.requests import Request

    from console.api.scoped import answer_bytes
    from tiles.cache import Body

    def ask(accepted: str):
        scope = {"type": "http", "headers": [(b"accept-encoding", accepted.encode())]}
        return answer_bytes(Request(scope), Body(b"row " * 1000), "application/json")

    assert ask("gzip, br").headers["content-encoding"] == "br"
    assert gzip.decompress(ask("gzip").body) == b"row " * 1000
    assert "content-encoding" not in ask("").headers
    assert ask("br;q=0, gzip").headers["content-encoding"] == "gzip"
