"""`bench geocode`: how long a search takes at 120,000 and at 1.2 million addresses.

House codes, standard texts and distorted texts of each database's own addresses are asked of both
databases in turns, in one process and one run, so that a slow moment of the machine meets both
alike. What is compared is growth: ten times the addresses may not take twice as long. A bare
trigram search over full texts runs beside, on fewer texts, for its growth.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import psycopg

from bench.geocode_peers import prepare_trigrams, trigram_search
from bench.report import Context, Row
from fixtures.district import ADDRESS_COUNT, build_district
from fixtures.loader import load_district
from fixtures.noise import distort
from fixtures.standard import elements_of, standard_addresses
from gis import queries
from gis.accounts import issue_token
from gis.addressing import search
from gis.cluster import OWNER, SERVER
from gis.schema import migrate

NAME = "geocode"
SEED = 20261123
TEXTS, PEER_TEXTS, QUICK_TEXTS = 2_000, 16, 20
QUICK_PEER_ROWS = 2_000
WARM_UP = 50
NOISY_GROWTH = 2.0
SMALL, LARGE = "demo", "full"


@dataclass(frozen=True)
class Library:
    """One database, how many addresses it holds, and what will be asked of it, by kind.

    It is asked as the server asks: as its role, by a caller who sees the whole district.
    """

    admin_url: str
    server_url: str
    addresses: int
    asked: dict[str, list[str]]


def run(context: Context) -> list[Row]:
    """Milliseconds at both sizes (``ours``: the large, ``peer``: the small) and their ratio.

    The quick way has one database, and compares it with itself.
    """
    libraries = [_loaded(context, SMALL)]
    libraries.append(libraries[0] if context.quick else _loaded(context, LARGE))
    return compare(context, *libraries)


def compare(context: Context, small: Library, large: Library) -> list[Row]:
    """The rows of two databases."""
    spent = asyncio.run(_take_turns(context, (small, large)))
    spent |= _peer(context, (small, large))
    rows = []
    for kind, times in spent.items():
        for percent in (50, 95):
            bar = NOISY_GROWTH if (kind, percent) == ("noisy text", 95) else None
            slow, quick = (float(np.percentile(times[at], percent)) * 1e3 for at in (1, 0))
            rows.append(_growth(f"{kind}, p{percent} in ms at {large.addresses:,}, and at"
                                f" {small.addresses:,}", slow, quick,
                                None if context.quick else bar))
    return rows


def _growth(name: str, large: float, small: float, most: float | None) -> Row:
    """A row whose ratio is the growth, which may be ``most`` at the most."""
    ratio = large / small
    told = f"{name} (growth at most {most:g})" if most else name
    return Row(NAME, told, large, small, ratio, most, most is None or ratio <= most)


def _loaded(context: Context, scale: str) -> Library:
    context.say(f"geocode: loading {ADDRESS_COUNT[scale]:,} addresses")
    cluster, database = context.cluster(), f"bench_geocode_{scale}"
    cluster.create_database(database)
    admin_url = cluster.url(OWNER, database)
    migrate(admin_url)
    load_district(admin_url, scale=scale)
    return library_of(admin_url, cluster.url(SERVER, database), scale,
                      QUICK_TEXTS if context.quick else TEXTS)


def library_of(admin_url: str, server_url: str, scale: str, texts: int) -> Library:
    """What will be asked of a database with the synthetic district in it."""
    elements = elements_of(build_district(scale))
    houses = standard_addresses(elements, random.Random(SEED).sample(range(len(elements)), texts))
    return Library(admin_url, server_url, len(elements), {
        "exact code": [house.house_code for house in houses],
        "exact text": [house.text for house in houses],
        "noisy text": [distort(house, SEED).text for house in houses],
    })


async def _take_turns(context: Context, libraries: tuple[Library, Library],
                      ) -> dict[str, tuple[list[float], ...]]:
    """Seconds of every search, by kind, at each size."""
    spent = {kind: tuple([] for _ in libraries) for kind in libraries[0].asked}
    async with AsyncExitStack() as stack:
        connections = []
        for library in libraries:
            connection = await stack.enter_async_context(
                await psycopg.AsyncConnection.connect(library.server_url))
            await connection.execute(queries.get("enter"),
                                     {"secret": issue_token(library.admin_url, "hall"),
                                      "origin": None})
            connections.append(connection)
        for kind, times in spent.items():
            context.say(f"geocode: {kind}")
            for turn, texts in enumerate(zip(*(one.asked[kind] for one in libraries),
                                             strict=True)):
                for at, text in enumerate(texts):
                    seconds = await _timed(search, connections[at], text)
                    if turn >= min(WARM_UP, len(libraries[0].asked[kind]) // 2):
                        times[at].append(seconds)
    return spent


async def _timed(way: Callable[..., Awaitable[object]], connection: psycopg.AsyncConnection,
                 text: str) -> float:
    before = perf_counter()
    await way(connection, text, limit=5)
    return perf_counter() - before


def _peer(context: Context,
          libraries: tuple[Library, Library]) -> dict[str, tuple[list[float], ...]]:
    context.say("geocode: trigrams over full texts")
    times: tuple[list[float], ...] = tuple([] for _ in libraries)
    for admin_url in {library.admin_url for library in libraries}:
        prepare_trigrams(admin_url, QUICK_PEER_ROWS if context.quick else None)
    for turn in range(QUICK_TEXTS // 4 if context.quick else PEER_TEXTS):
        for at, library in enumerate(libraries):
            with psycopg.connect(library.admin_url) as connection:
                connection.execute("SELECT 1")
                before = perf_counter()
                trigram_search(connection, library.asked["noisy text"][turn])
                times[at].append(perf_counter() - before)
    return {"noisy text by trigrams over full texts": times}
