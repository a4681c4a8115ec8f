"""New codes: the next free of a community or a building, never one that was given before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gis import queries
from gis.codes import Level, building_code, grid_code, house_code, mint_serials, parse_as
from gis.errors import InvalidCode, InvalidInput
from gis.loading.run import owner_connection

MOST_AT_ONCE = 10_000


def mint_grids(community: str, given: Iterable[str],
               centroids: Sequence[tuple[float, float]]) -> list[str]:
    """Codes for new grids of a community, as after a split: west→east, then north→south.

    Parameters
    ----------
    given
        All codes ever given, those of closed grids included; others' are left out.
    centroids
        (lon, lat) of each new grid.

    Returns
    -------
    list of str
        In the order of the centroids.

    Raises
    ------
    InvalidCode
        When the community's 999 serials are used up.
    """
    serials = mint_serials(_serials(community, given, 3), centroids)
    return [grid_code(community, serial) for serial in serials]


def mint_buildings(community: str, given: Iterable[str], count: int = 1,
                   survey: int = 1) -> list[str]:
    """Codes for new buildings of a community, after the highest of its survey.

    Codes with letters count as given; they have no successor.

    >>> mint_buildings("330104001002", ["3301040010020100007", "33010400100201T0117"])
    ['3301040010020100008']
    """
    stem = f"{parse_as(community, Level.COMMUNITY)}{survey:02d}"
    return [building_code(community, survey, serial)
            for serial in _next(stem, given, count, 5, "building")]


def mint_houses(building: str, given: Iterable[str], count: int = 1) -> list[str]:
    """Codes for new houses of a building, after its highest."""
    stem = parse_as(building, Level.BUILDING).text
    return [house_code(building, serial) for serial in _next(stem, given, count, 6, "house")]


def mint_codes(admin_url: str, level: str, stem: str, count: int = 1, survey: int = 1
               ) -> list[str]:
    """Mint codes against the database and keep them there, so that nobody gets them again.

    Parameters
    ----------
    admin_url
        libpq URL of the owner.
    level
        grid, building (``stem`` is a community) or house (``stem`` is a building).

    Raises
    ------
    InvalidCode
        When ``stem`` is wrong or its serials are used up.
    """
    if not 1 <= count <= MOST_AT_ONCE:
        raise InvalidInput(f"1 to {MOST_AT_ONCE:,} codes at once", "count")
    parse_as(stem, Level.BUILDING if level == "house" else Level.COMMUNITY, "stem")
    with owner_connection(admin_url) as connection:
        connection.execute(queries.get("lock_minting"))
        given = [code for code, in connection.execute(
            queries.get(f"{level}_codes_given"), {"stem": stem})]
        if level == "grid":
            minted = mint_grids(stem, given, [(float(place), 0.0) for place in range(count)])
        elif level == "building":
            minted = mint_buildings(stem, given, count, survey)
        else:
            minted = mint_houses(stem, given, count)
        connection.execute(queries.get("keep_minted_codes"), {"codes": minted})
    return minted


def _serials(stem: str, given: Iterable[str], width: int) -> list[int]:
    tails = (code[len(stem):] for code in given
             if code.startswith(stem) and len(code) == len(stem) + width)
    return [int(tail) for tail in tails if tail.isascii() and tail.isdigit()]


def _next(stem: str, given: Iterable[str], count: int, width: int, name: str) -> range:
    last = max(_serials(stem, given, width), default=0)
    if last + count >= 10 ** width:
        raise InvalidCode(f"{count} serials after {last} do not fit into {width} digits", name)
    return range(last + 1, last + count + 1)
