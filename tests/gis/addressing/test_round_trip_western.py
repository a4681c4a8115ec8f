"""Alphabetic addresses: a real city's own, typed as people there type them."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Iterator

import pandas as pd
import psycopg
import pytest

from gis.addressing import search
from gis.loading.addresses import load_addresses
from gis.loading.buildings import load_buildings
from gis.loading.run import Options
from tests.conftest import cloned

SEED, SAMPLE = 20261123, 500
SHORT = {"West": "W", "East": "E", "North": "N", "South": "S", "Street": "St", "Avenue": "Ave",
         "Place": "Pl", "Road": "Rd", "Boulevard": "Blvd", "Drive": "Dr", "Lane": "Ln",
         "Square": "Sq", "Court": "Ct", "Terrace": "Ter", "Parkway": "Pkwy", "Plaza": "Plz"}
FULL = {short.lower(): full.lower() for full, short in SHORT.items()}
WORDS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
         "tenth", "eleventh", "twelfth")
ORDINAL = re.compile(r"\b(\d+)(?:st|nd|rd|th)\b")


def plain(text: str) -> str:
    """An address with nothing in it that people vary: full words, bare ordinals, small letters."""
    words = re.sub(r"[.,]", " ", text).lower().split()
    words = [str(WORDS.index(word) + 1) if word in WORDS else FULL.get(word, word)
             for word in words]
    return ORDINAL.sub(r"\1", " ".join(words))


def varied(text: str, draw: random.Random) -> str:
    """The address as somebody types it: short words, other case, ordinals otherwise."""
    number, *words = text.split()
    if draw.random() < 0.6:
        words = [SHORT.get(word, word) + draw.choice(("", ".")) * (word in SHORT)
                 for word in words]
    if draw.random() < 0.4:
        words = [ORDINAL.sub(r"\1", word) for word in words]
    elif draw.random() < 0.3:
        words = [WORDS[int(found[1]) - 1].capitalize()
                 if (found := ORDINAL.fullmatch(word)) and int(found[1]) <= len(WORDS) else word
                 for word in words]
    typed = " ".join([number, *words])
    case = draw.choice((str, str, str.lower, str.upper))
    return case(typed) + draw.choice(("", "", ", New York", ", New York, NY"))


@pytest.fixture(scope="module")
def city(cluster, template, test_data, tmp_path_factory) -> Iterator[str]:
    """A database with the buildings and addresses of `city_buildings`, by the loaders."""
    folder = test_data.resolve() / "city_buildings"
    named = {"building_code": "osm_id", "road": "addr_street", "road_number": "addr_no"}
    with cloned(cluster, template) as own, pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("city"))
        built = load_buildings(
            own.admin_url, folder / "buildings.parquet",
            Options(mapping=named, where=("kind", "building"), free_codes=True))
        assert (built.loaded, built.counts["left_out"], built.quarantined) == (102_034, 11_053, 0)
        placed = load_addresses(own.admin_url, folder / "addresses.parquet",
                                Options(free_codes=True))
        assert (placed.loaded, placed.counts["joined"]) == (117_674, 116_728)
        yield own.admin_url


@pytest.fixture(scope="module")
def written(test_data) -> list[str]:
    """Sampled addresses of the file, with a plain number and a street that ends as streets do."""
    table = pd.read_parquet(test_data / "city_buildings" / "addresses.parquet").dropna()
    good = table["no"].str.fullmatch(r"\d+[A-Z]?") & table["street"].str.fullmatch(
        rf"(?:[A-Z0-9][\w']* ){{1,3}}(?:{'|'.join(SHORT)})")
    texts = sorted(set((table["no"] + " " + table["street"])[good]))
    return random.Random(SEED).sample(texts, SAMPLE)


def first_matches(url: str, texts: list[str]) -> list:
    async def ask() -> list:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            return [(await search(connection, text, limit=5)).matches for text in texts]

    return asyncio.run(ask())


def test_an_address_of_the_city_is_found_first(city):
    (found,) = first_matches(city, ["509 West 129th Street"])
    assert found[0].text == "509 West 129th Street"
    assert found[0].score >= 0.9


def test_exactly_the_points_that_touch_a_building_are_joined_to_one_they_touch(city):
    with psycopg.connect(city) as connection:
        counts = connection.execute(
            "SELECT count(*), count(building_id), count(*) FILTER (WHERE building_id IS NOT NULL"
            " AND ST_Intersects(a.geom, (SELECT b.geom FROM building b WHERE b.id = a.building_id)"
            ")) FROM address a").fetchone()
    assert counts == (117_674, 116_728, 116_728)


def test_addresses_typed_otherwise_are_found_first(city, written):
    draw = random.Random(SEED)
    typed = [varied(text, draw) for text in written]
    assert sum(one != text for one, text in zip(typed, written, strict=True)) > SAMPLE / 2
    wrong = [f"{one} → {found[0].text if found else 'nothing'}, not {text}"
             for one, text, found in zip(typed, written, first_matches(city, typed), strict=True)
             if not found or plain(found[0].text) != plain(text)]
    assert not wrong, "\n".join(wrong[:20])
