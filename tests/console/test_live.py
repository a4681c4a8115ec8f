"""The stream: nothing lost, nothing twice, nothing of others, and a prompt end."""

from __future__ import annotations

import asyncio
import json
import re
import time
from contextlib import asynccontextmanager

import psycopg
import pytest

from console.events import Position
from console.streams import MOST_WAITING_BYTES, Stream
from tests.console.conftest import STEP, STREETS, WEST, report

pytestmark = pytest.mark.anyio


class Reader:
    """Events of one stream, and every byte of it."""

    def __init__(self, response) -> None:
        self._chunks = response.aiter_raw()
        self._left = b""
        self.size = 0

    async def next(self, timeout_s: float = 10) -> dict[str, str]:
        """The next event; heartbeats are passed over."""
        async with asyncio.timeout(timeout_s):
            while True:
                block = await self._block()
                # Notices are no events, and without an id: go slower, ask for tiles again.
                if not block.startswith((b":", b"event: pace", b"event: tiles", b"event: trouble")):
                    return dict(line.split(": ", 1) for line in block.decode().split("\n"))

    async def until_notice(self, kind: str, timeout_s: float = 10) -> None:
        """Pass over all until the server says this of itself."""
        async with asyncio.timeout(timeout_s):
            while not (await self._block()).startswith(b"event: %s\n" % kind.encode()):
                continue

    async def _block(self) -> bytes:
        while True:
            block, found, rest = self._left.partition(b"\n\n")
            if found:
                self._left = rest
                self.size = len(block) + 2
                return block
            self._left += await anext(self._chunks)

    async def ends(self, timeout_s: float = 10) -> bool:
        """Whether the stream comes to an end by itself."""
        async with asyncio.timeout(timeout_s):
            async for _ in self._chunks:
                continue
            return True


@asynccontextmanager
async def stream(client, **options):
    async with client.stream("GET", "/live", timeout=20, **options) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in response.headers
        yield Reader(response)


def file_directly(town, count: int, lon: float = WEST + STEP / 2) -> None:
    with psycopg.connect(town.admin_url) as connection:
        connection.execute(
            "INSERT INTO report (text, category_code, channel, lon, lat)"
            " SELECT 'n' || n, 'urban', 'import', %(lon)s, 30.005 FROM generate_series(1, %(n)s) n",
            {"lon": lon, "n": count})


def ids(event) -> int:
    return json.loads(event["data"])["id"]


async def test_a_report_is_seen_at_once_and_costs_little(town):
    intake = town.client(town.token("intake"))
    async with stream(town.client(town.token("hall"))) as reader:
        assert (await reader.next())["event"] == "ready"
        long_text = "特别长的说明，" * 1_400
        filed = await intake.post("/api/reports", json=report(text=long_text))
        begun = time.monotonic()
        event = await reader.next()
        assert time.monotonic() - begun < 1.0
        assert event["event"] == "incident"
        assert ids(event) == filed.json()["incident"]["id"]
        assert re.fullmatch(r"\w+-\d+", event["id"])
        assert reader.size <= 400


async def test_resuming_loses_nothing_and_repeats_nothing(town):
    client = town.client(town.token("hall"))
    async with stream(client) as reader:
        await reader.next()
        file_directly(town, 3)
        seen = [await reader.next() for _ in range(3)]
    file_directly(town, 1_200)
    async with stream(client, headers={"Last-Event-ID": seen[1]["id"]}) as reader:
        assert (await reader.next())["event"] == "ready"
        assert (await reader.next())["id"] == seen[2]["id"]
        later = [await reader.next() for _ in range(1_200)]
        file_directly(town, 2)
        later += [await reader.next() for _ in range(2)]
    places = [Position.parse(event["id"]).sequence for event in later]
    assert places == list(range(places[0], places[0] + 1_202))
    assert len({ids(event) for event in later}) == 1_202


async def test_a_place_that_means_nothing_here_is_told(town):
    client = town.client(town.token("hall"))
    for asked in ("gone-5", "nonsense", "x-"):
        async with stream(client, headers={"Last-Event-ID": asked}) as reader:
            event = await reader.next()
            assert event["event"] == "resync"
            file_directly(town, 1)
            assert (await reader.next())["event"] == "incident"
    async with stream(client, params={"after": event["id"].split("-")[0] + "-999999"}) as reader:
        assert (await reader.next())["event"] == "resync"


async def test_everybody_sees_their_own_and_no_more(town):
    streets = [town.client(town.token("street", code)) for code in STREETS]
    async with (stream(streets[0]) as first, stream(streets[1]) as second,
                stream(town.client(town.token("hall"))) as hall):
        for reader in (first, second, hall):
            await reader.next()
        file_directly(town, 1)
        file_directly(town, 1, WEST + 2.5 * STEP)
        both = [ids(await hall.next()), ids(await hall.next())]
        assert [ids(await first.next()), ids(await second.next())] == both


async def test_streams_of_one_scope_share_one_reader(town):
    tokens = [town.token("hall") for _ in range(3)]
    async with (stream(town.client(tokens[0])) as a, stream(town.client(tokens[1])) as b,
                stream(town.client(tokens[2])) as c):
        for reader in (a, b, c):
            await reader.next()
        live = town.app.inner.state.live
        assert live.stream_count == 3
        assert len(live._groups) == 1
        with psycopg.connect(town.admin_url) as connection:
            connection.execute("UPDATE credential SET revoked_at = clock_timestamp() WHERE"
                               " secret_hash = sha256(convert_to(%s, 'UTF8'))", (tokens[0],))
        file_directly(town, 1)
        assert ids(await b.next()) == ids(await c.next())
        assert await a.ends(20)


async def test_a_restore_is_told_to_all(town):
    async with stream(town.client(town.token("hall"))) as reader:
        await reader.next()
        file_directly(town, 1)
        await reader.next()
        with psycopg.connect(town.admin_url) as connection:
            connection.execute("SELECT new_epoch()")
        assert (await reader.next())["event"] == "resync"
        file_directly(town, 1)
        assert (await reader.next())["event"] == "incident"


async def test_streams_end_at_once_when_the_server_stops(town):
    async with stream(town.client(town.token("hall"))) as reader:
        await reader.next()
        town.app.begin_stop()
        assert await reader.ends(2)


async def test_a_slow_reader_is_told_to_begin_anew_and_let_go():
    slow = Stream("secret", 0)
    head = Position("e", 9)
    chunk = b"x" * 1000
    for _ in range(MOST_WAITING_BYTES // 1000 + 1):
        slow.push(chunk, head)
    assert slow.ended
    assert (await slow.take(1)).startswith(b"id: e-9\nevent: resync\n")
    slow.push(chunk, head)
    assert await slow.take(1) == b""


@pytest.mark.parametrize("text", ["", "-", "a", "a-", "-5", "a--", "a-1x", "a-²", "a-" + "9" * 20])
def test_what_is_no_place_is_none(text):
    assert Position.parse(text) is None


def test_a_place_reads_as_it_is_written():
    assert Position.parse("26a-b-17") == Position("26a-b", 17)
    assert str(Position("26a-b", 17)) == "26a-b-17"
