"""Publication under fire: reports arrive while redraws are published, and PostgreSQL is killed."""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import AsyncConnection

from console.server import create_app
from gis import postmaster
from gis.cluster import OWNER, Cluster
from gis.publication import publish
from gis.schema import migrate
from gis.sealing import verify
from gis.settings import Settings
from tests.conftest import Database, cloned
from tests.console.conftest import serving
from tests.gis.builders import at, owner, put_account, put_report, value
from tests.gis.publishing import Street, as_owner, build_street, owners, shifted
from tests.gis.under_fire import Fire, judge, publish_something

pytestmark = pytest.mark.anyio
RATE = 50.0
LONGEST_WAIT_S = 2.0


@pytest.fixture
def street(cluster, template) -> Iterator[Street]:
    with cloned(cluster, template) as database, owner(database.admin_url) as connection:
        yield build_street(database, connection)


@contextlib.asynccontextmanager
async def under_fire(street: Street, home: Path) -> AsyncIterator[Fire]:
    """The program over the street, with somebody who files reports."""
    app = create_app(Settings(home=home, database_url=street.database.server_url,
                              admin_database_url=street.database.admin_url,
                              secret="a secret of this test alone, long enough"))
    async with serving(app) as url:
        token = put_account(street.connection, "intake", "intake", whole=True)
        yield Fire(url, token, street.database.admin_url, RATE, random.Random(5))


async def fought(street: Street, home: Path, seconds: float, publications: int
                 ) -> tuple[Fire, list[float]]:
    """Reports and publications at once; all is judged after."""
    luck, held = random.Random(11), []
    async with under_fire(street, home) as fire, as_owner(street) as connection:
        burning = asyncio.create_task(fire.burn(seconds))
        for _ in range(publications):
            done = await publish_something(connection, luck, fire)
            held.append(done.detail["held_ms"])
            await asyncio.sleep(seconds / publications * luck.uniform(0, 1))
        await burning
    count = await asyncio.to_thread(judge, street.database.admin_url, fire.accepted)
    assert count == len(fire.accepted)
    street.connection.execute("SELECT keep_changes()")
    with psycopg.connect(street.database.admin_url, autocommit=True) as connection:
        assert verify(connection).findings == []
    return fire, held


async def test_every_report_has_the_owner_of_its_moment(street, tmp_path):
    fire, held = await fought(street, tmp_path, seconds=4, publications=12)
    assert len(fire.accepted) > 200
    # What is promised, and by how much this busy machine was late itself.
    assert max(fire.accepted.values()) < LONGEST_WAIT_S + 2 * fire.late_s
    assert max(held) < 1000 * LONGEST_WAIT_S


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_long_under_fire(street, tmp_path, capsys):
    fire, held = await fought(street, tmp_path, seconds=120, publications=240)
    waits = sorted(fire.accepted.values())
    with capsys.disabled():
        print(f"\n{len(waits):,} reports, {len(held)} publications; waited {waits[-1]:.3f} s at"
              f" most, median {waits[len(waits) // 2]:.4f} s; intake held {max(held):.1f} ms at"
              f" most, median {sorted(held)[len(held) // 2]:.1f} ms")
    assert waits[-1] < LONGEST_WAIT_S


async def test_a_statement_that_began_before_sees_what_is_in_force_after(street):
    """An INSERT waits for the ground; its clock and its areas are those of after."""
    async with as_owner(street) as publishing, as_owner(street) as filing:
        async with publishing.transaction():
            done = await publish(publishing, shifted(street, 0.5))
            lon, lat = at(0.7, 1)
            inserting = asyncio.create_task(filing.execute(
                "INSERT INTO report (category_code, lon, lat, datum)"
                " VALUES ('service', %s, %s, 'cgcs2000') RETURNING id, received_at", (lon, lat)))
            async with asyncio.timeout(20):
                while not value(street.connection, "SELECT count(*) FROM pg_locks WHERE NOT granted"
                                " AND locktype = 'advisory' AND database = (SELECT oid FROM"
                                " pg_database WHERE datname = current_database())"):
                    assert not inserting.done()
                    await asyncio.sleep(0)
        number, received_at = await (await inserting).fetchone()
    assert received_at > done.at
    assert owners(street.connection, received_at, (0.7, 1)) == [value(
        street.connection, "SELECT v.code FROM assignment AS s JOIN area AS v ON v.id = s.area_id"
        " WHERE s.incident_id = %s AND s.scheme = 'base'", number)]


async def test_a_long_load_makes_nobody_wait_long(street):
    """A publication gives way to it, again and again, and says so at last."""
    with psycopg.connect(street.database.admin_url) as loading:
        loading.execute("INSERT INTO report (category_code, lon, lat) VALUES ('service', 1, 1)")
        with (owner(street.database.admin_url) as waiting,
              pytest.raises(psycopg.errors.LockNotAvailable, match="being loaded")):
            waiting.execute("SELECT hold_ground(2)")
        put_report(street.connection, at(0.5, 1))


def killed_while_publishing(folder: Path, kills: int) -> list[bool]:
    """PostgreSQL's first process killed amid publications; whether each was there after."""
    cluster = Cluster(folder / "pg")
    cluster.start()
    try:
        migrate(cluster.url(OWNER))
        database = Database("gridwall", cluster.url(OWNER), cluster.url(OWNER))
        with owner(database.admin_url) as connection:
            street = build_street(database, connection)
            for number in range(60):
                put_report(connection, at(number % 20 / 5 + 0.1, 1))
        luck, there = random.Random(3), []
        for _ in range(kills):
            there.append(_killed_once(cluster, street, luck))
            cluster.start()
            _is_whole(database.admin_url)
        return there
    finally:
        cluster.stop()


def _killed_once(cluster: Cluster, street: Street, luck: random.Random) -> bool:
    """Whether the publication had told that it was done before all died."""

    async def act() -> bool:
        async with await AsyncConnection.connect(street.database.admin_url,
                                                 autocommit=True) as connection:
            await publish_something(connection, luck, None)
            publishing = asyncio.create_task(publish_something(connection, luck, None))
            await asyncio.sleep(luck.uniform(0, 0.15))
            postmaster.find(cluster.data).kill()
            with contextlib.suppress(psycopg.OperationalError):
                await publishing
                return True
        return False

    with contextlib.suppress(psycopg.OperationalError):
        return asyncio.run(act())
    return False


def _is_whole(admin_url: str) -> None:
    """What is in force is what the last publication left, to the last area, matter and place."""
    with owner(admin_url) as connection:
        assert value(connection, "SELECT count(*) FROM area WHERE isempty(period)") == 0
        assert value(connection, "SELECT count(*) FROM publication WHERE detail ->> 'held_ms' IS"
                     " NULL") == 0
        assert value(
            connection, "SELECT count(*) FROM publication AS p JOIN publication_area AS c"
            " ON c.publication_id = p.id LEFT JOIN area AS b ON b.id = c.before_id"
            " LEFT JOIN area AS a ON a.id = c.after_id"
            " WHERE upper(b.period) <> p.at OR lower(a.period) <> p.at") == 0
        assert value(connection, "SELECT ST_Area(ST_Union(geom)) - sum(ST_Area(geom)) FROM area"
                     " WHERE scheme = 'base' AND leaf AND upper_inf(period)") == pytest.approx(
                         0, abs=1e-15)
        assert value(connection, "SELECT count(*) FROM incident AS i CROSS JOIN LATERAL"
                     " locate_points(ARRAY[i.id], ARRAY[ST_X(i.geom)], ARRAY[ST_Y(i.geom)],"
                     " ARRAY['cgcs2000'], ARRAY[NULL::float8], ARRAY[NULL::text],"
                     " ARRAY[NULL::text], ARRAY[NULL::text], ARRAY[clock_timestamp()], 'base') AS l"
                     " WHERE l.identity_id <> i.grid_id") == 0
        told = {row["id"] for row in connection.execute("SELECT id FROM publication")}
        events = {row["id"] for row in connection.execute(
            "SELECT (payload::jsonb ->> 'publication')::bigint AS id FROM event_pending"
            " WHERE kind = 'areas'")}
        assert told == events
        connection.execute("SELECT keep_changes()")
    with psycopg.connect(admin_url, autocommit=True) as plain:
        assert verify(plain).findings == []


@pytest.fixture
def folder() -> Iterator[Path]:
    """A home whose cluster is durable and this test's to kill."""
    made = Path(tempfile.mkdtemp(prefix="gridwall-fire-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_killed_amid_a_publication_it_is_whole(folder):
    assert len(killed_while_publishing(folder, 2)) == 2


@pytest.mark.long
@pytest.mark.timeout(900)
def test_killed_again_and_again(folder, capsys):
    there = killed_while_publishing(folder, 20)
    with capsys.disabled():
        print(f"\n20 kills; {sum(there)} publications had been told done before")
