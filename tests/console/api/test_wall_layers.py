"""What layers of the wall ask for: arcs of dispatches, days since a visit; each sees its own."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta

import pytest

from tests.console.bodies import BUILDINGS, GRIDS, OFFICERS
from tests.console.town import SOUTH, STEP, STREETS, WEST
from tests.gis.builders import owner as owner_of
from tests.gis.builders import put_report, value

pytestmark = pytest.mark.anyio
LAT = SOUTH + STEP / 2
# The middles of the first grid of each street.
MIDDLES = (WEST + STEP / 2, WEST + 2.5 * STEP)


@pytest.fixture(scope="module")
async def sent(shared_town):
    """In each street a matter under way; the western officer told where they are."""
    now = datetime.now(UTC)
    with owner_of(shared_town.admin_url) as owner:
        shared_town.matters = []
        for place, lon in enumerate(MIDDLES):
            building = value(
                owner, "INSERT INTO building (building_code, geom) VALUES (%s,"
                " ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, 4490)))"
                " ON CONFLICT (building_code) DO UPDATE SET name = NULL RETURNING id",
                BUILDINGS[place], lon - 1e-4, LAT - 1e-4, lon + 1e-4, LAT + 1e-4)
            number = put_report(owner, (lon + 3e-4, LAT), channel="officer",
                                house_code=BUILDINGS[place], received_at=now - timedelta(days=9))
            owner.execute(
                "UPDATE incident SET state = 'dispatched', officer_id ="
                " (SELECT id FROM officer WHERE officer_code = %s) WHERE id = %s",
                (OFFICERS[place], number))
            shared_town.matters.append((number, building))
        for minutes, east in ((1, 2e-4), (9, 0), (300, 5e-4)):
            owner.execute(
                "INSERT INTO track_fix (officer_id, at, lon, lat) SELECT id, %s, %s, %s"
                " FROM officer WHERE officer_code = %s",
                (now - timedelta(minutes=minutes), MIDDLES[0] + east, LAT, OFFICERS[0]))
    return shared_town


async def _arcs(town, role: str, area: str | None = None) -> dict[int, tuple[float, int]]:
    answer = await town.client(town.token(role, area)).get("/api/wall/dispatches")
    assert answer.status_code == 200
    told = answer.json()
    return {number: (lon, origin) for number, lon, origin in zip(
        told["ids"], told["from_lon"], told["origin"], strict=True)}


async def test_an_arc_begins_at_the_last_fix_or_in_the_middle_of_the_ground(sent):
    (west, _), (east, _) = sent.matters
    arcs = await _arcs(sent, "hall")
    # The newest fix is a minute old and 0.0002 degrees to the east of the middle.
    assert arcs[west] == (pytest.approx(MIDDLES[0] + 2e-4, abs=2e-5), 0)
    assert arcs[east] == (pytest.approx(MIDDLES[1], abs=STEP / 2), 1)


async def test_who_is_not_over_an_officer_sees_no_arc_of_theirs(sent):
    (west, _), (east, _) = sent.matters
    assert set(await _arcs(sent, "street", STREETS[0])) & {west, east} == {west}
    # A planner sees matters and postings, yet not where anybody is.
    planner = await _arcs(sent, "planner", STREETS[0][:6])
    assert all(origin == 1 for _, origin in planner.values())


async def _days(town, role: str, area: str | None = None) -> dict[int, int]:
    answer = await town.client(town.token(role, area)).get("/api/wall/visits")
    assert answer.status_code == 200
    [count] = struct.unpack_from(">I", answer.content)
    assert len(answer.content) == 4 + 6 * count
    return dict(zip(struct.unpack_from(f">{count}I", answer.content, 4),
                    struct.unpack_from(f">{count}H", answer.content, 4 + 4 * count), strict=True))


async def test_days_since_a_visit_are_of_officers_reports_and_handled_matters(sent):
    (_, west), (_, east) = sent.matters
    days = await _days(sent, "hall")
    assert (days[west], days[east]) == (9, 9)
    part = await _days(sent, "street", STREETS[1])
    assert east in part
    assert west not in part
    with owner_of(sent.admin_url) as owner:
        owner.execute("UPDATE incident SET handled_at = now() - interval '2 days' WHERE id = %s",
                      (sent.matters[0][0],))
        put_report(owner, (MIDDLES[0], LAT), channel="resident", house_code=BUILDINGS[0])
    # A resident's report is no visit.
    assert (await _days(sent, "community", GRIDS[0][:12]))[west] == 2
