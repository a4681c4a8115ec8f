"""A redraw put in force: versions, codes, postings, matters, places; undone; and refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from psycopg import errors

from gis.errors import Conflict, InvalidInput, NotAllowed
from gis.publication import DutiesUndecided, RedrawRefused, outlook, publications, publish, undo
from gis.sealing import verify
from tests.conftest import cloned
from tests.gis.builders import (
    at,
    owner,
    put_address,
    put_building,
    put_duty,
    put_officer,
    put_report,
    rectangle,
    server,
    value,
)
from tests.gis.publishing import (
    E1,
    E2,
    W1,
    W2,
    E,
    S,
    Street,
    W,
    area,
    as_owner,
    build_street,
    owners,
    redraw,
    shapes_of,
    shifted,
)

pytestmark = pytest.mark.anyio
SECOND = timedelta(seconds=1)


@pytest.fixture
def street(cluster, template) -> Iterator[Street]:
    with cloned(cluster, template) as database, owner(database.admin_url) as connection:
        yield build_street(database, connection)


@pytest.fixture(scope="module")
def untouched(cluster, template) -> Iterator[Street]:
    """One for all tests in which nothing is written at the end."""
    with cloned(cluster, template) as database, owner(database.admin_url) as connection:
        yield build_street(database, connection)


def report(street: Street, x: float, y: float = 1, **columns) -> int:
    """A report of now, as psql would insert it."""
    return put_report(street.connection, at(x, y),
                      received_at=value(street.connection, "SELECT clock_timestamp()"), **columns)


def matter(street: Street, number: int) -> dict:
    return street.connection.execute(
        "SELECT i.*, n.code AS grid, f.officer_code FROM incident AS i"
        " LEFT JOIN area_identity AS n ON n.id = i.grid_id"
        " LEFT JOIN officer AS f ON f.id = i.officer_id WHERE i.id = %s", (number,)).fetchone()


async def test_ground_changes_hands_at_one_instant(street):
    stays, moves, closed = report(street, 0.2), report(street, 0.7), report(street, 0.8)
    street.connection.execute(
        "UPDATE incident SET closed_at = clock_timestamp(), state = 'closed' WHERE id = %s",
        (closed,))
    async with as_owner(street) as connection:
        done = await publish(connection, shifted(street, 0.5), name="spring")
    after = report(street, 0.7)
    assert done.detail["changed"] == [W1, W2]
    assert owners(street.connection, done.at - SECOND, (0.7, 1)) == [W1]
    assert owners(street.connection, done.at, (0.7, 1)) == [W2]
    rows = street.connection.execute(
        "SELECT code, nullif(lower(period), '-infinity') AS since, upper(period) AS until FROM area"
        " WHERE code IN (%s, %s) ORDER BY code, lower(period)", (W1, W2)).fetchall()
    assert [(row["until"], row["since"]) for row in rows[::2]] == [(done.at, None)] * 2
    assert [row["since"] for row in rows[1::2]] == [done.at] * 2
    assert [matter(street, one)["grid"] for one in (stays, moves, closed, after)] == [
        W1, W2, W1, W2]
    assert matter(street, moves)["officer_code"] == f"officer of {W2}"
    assert matter(street, closed)["officer_code"] == f"officer of {W1}"
    steps = street.connection.execute(
        "SELECT action, at, note, actor_role FROM step WHERE incident_id = %s ORDER BY number",
        (moves,)).fetchall()
    assert [(row["action"], row["actor_role"]) for row in steps][1:] == [("redraw", "system")]
    assert (steps[1]["at"], steps[1]["note"]) == (done.at, f"publication {done.id}")
    assert value(street.connection, "SELECT count(*) FROM step WHERE incident_id IN (%s, %s)",
                 stays, after) == 2


async def test_every_change_is_told_and_sealed(street):
    moves = report(street, 0.7)
    street.connection.execute("SELECT keep_changes()")
    street.connection.execute("DELETE FROM event_pending")
    async with as_owner(street) as connection:
        done = await publish(connection, shifted(street, 0.5))
    events = street.connection.execute(
        "SELECT kind, payload::jsonb AS told, scope_ids FROM event_pending WHERE kind <> 'tiles'"
        " ORDER BY id").fetchall()
    assert [event["kind"] for event in events] == ["incident", "areas"]
    assert (events[0]["told"]["id"], events[0]["told"]["a"]) == (moves, W2)
    assert events[1]["told"]["codes"] == [W1, W2]
    west, south, east, north = events[1]["told"]["bbox"]
    assert (west, south) == at(0, 0)
    assert (east, north) == at(2, 2)
    assert {street.ids[S], street.ids[W1]} <= set(events[1]["scope_ids"])
    subjects = [row["subject"] for row in street.connection.execute(
        "SELECT subject FROM audit WHERE action ~ 'area|incident_moved' ORDER BY id").fetchall()]
    assert subjects == [f"incident:{moves}", f"area:base/grid/{W1}", f"area:base/grid/{W2}",
                        f"publication:{done.id}"]
    street.connection.execute("SELECT keep_changes()")
    with psycopg.connect(street.database.admin_url, autocommit=True) as connection:
        assert verify(connection).findings == []


async def test_codes_are_minted_west_to_east_and_never_again(street):
    cut = redraw(street, (W1,), area("+2", rectangle(0.6, 0, 1, 2), W),
                 area(W1, rectangle(0, 0, 0.3, 2), W), area("+1", rectangle(0.3, 0, 0.6, 2), W))
    async with as_owner(street) as connection:
        first = await publish(connection, cut)
        assert first.minted == {"+1": f"{W}003", "+2": f"{W}004"}
        back = await undo(connection, first.id)
        assert back.detail["closed"] == [f"{W}003", f"{W}004"]
        again = await publish(connection, cut)
    assert again.minted == {"+1": f"{W}005", "+2": f"{W}006"}


async def test_codes_of_other_schemes_go_on_as_they_do(street):
    halves = redraw(street, ("P1",), area("P1", rectangle(0, 0, 2, 2), None),
                    area("+1", rectangle(2, 0, 4, 2), None), scheme="police")
    number = report(street, 3.5)
    async with as_owner(street) as connection:
        done = await publish(connection, halves)
    assert done.minted == {"+1": "P2"}
    found = street.connection.execute(
        "SELECT v.code FROM assignment AS s JOIN area AS v ON v.id = s.area_id"
        " WHERE s.incident_id = %s ORDER BY s.scheme", (number,)).fetchall()
    assert [row["code"] for row in found] == [E2, "P2"]
    assert matter(street, number)["step_count"] == 1
    assert value(street.connection, "SELECT id FROM area_identity WHERE code = 'P2'") in matter(
        street, number)["scope_ids"]


async def test_postings_are_carried_over(street):
    split = redraw(street, (W1, E1, E2), area(W1, rectangle(0, 0, 0.5, 2), W),
                   area("+1", rectangle(0.5, 0, 1, 2), W), area(E2, rectangle(2, 0, 4, 2), E))
    async with as_owner(street) as connection:
        done = await publish(connection, split)
        posted = _posted(street)
        assert posted == {W1: {("officer of " + W1, "head")}, W2: {("officer of " + W2, "head")},
                          f"{W}003": {("officer of " + W1, "head")},
                          E2: {("officer of " + E2, "head"), ("officer of " + E1, "full_time")}}
        assert street.ids[E2] in _bound(street, "E1")
        await undo(connection, done.id)
    assert _posted(street) == {code: {("officer of " + code, "head")} for code in (W1, W2, E1, E2)}
    assert _bound(street, "E1") == {street.ids[E1]}


async def test_postings_nobody_can_guess_are_asked_for(street):
    def thirds(west: str, east: str):
        return redraw(street, (W1, W2, E1), area(west, rectangle(0, 0, 1.5, 2), W),
                      area(east, rectangle(1.5, 0, 3, 2), E),
                      area(W, rectangle(0, 0, 1.5, 2), S, "community"),
                      area(E, rectangle(1.5, 0, 4, 2), S, "community"))

    drawn = thirds(W1, E1)
    drawn = type(drawn)(drawn.scheme, drawn.base_at,
                        dict(drawn.before) | shapes_of(street, W, E), drawn.after)
    put_officer(street.connection, "new")
    async with as_owner(street) as connection:
        with pytest.raises(DutiesUndecided, match=W2) as refusal:
            await publish(connection, drawn)
        assert refusal.value.undecided[0]["heirs"] == [W1, E1]
        (posting,) = refusal.value.undecided[0]["postings"]
        assert posting.officer_code == f"officer of {W2}"
        with pytest.raises(InvalidInput, match="name an area"):
            await publish(connection, drawn, duties={str(posting.id): E2})
        assert value(street.connection, "SELECT count(*) FROM publication") == 0
        await publish(connection, drawn, duties={
            W2: E1, W1: [{"officer": "new", "role": "head"}]})
    assert _posted(street) == {
        W1: {("new", "head")}, E2: {("officer of " + E2, "head")},
        E1: {("officer of " + E1, "head"), ("officer of " + W2, "full_time")}}


def _posted(street: Street) -> dict[str, set[tuple[str, str]]]:
    posted: dict[str, set[tuple[str, str]]] = {}
    for row in street.connection.execute(
            "SELECT n.code, f.officer_code, d.role FROM duty AS d"
            " JOIN area_identity AS n ON n.id = d.area_identity_id"
            " JOIN officer AS f ON f.id = d.officer_id WHERE upper_inf(d.period)"):
        posted.setdefault(row["code"], set()).add((row["officer_code"], row["role"]))
    return posted


def _bound(street: Street, account: str) -> set[int]:
    return {row["area_identity_id"] for row in street.connection.execute(
        "SELECT area_identity_id FROM account_area AS b JOIN account AS a ON a.id = b.account_id"
        " WHERE a.name = %s", (account,))}


async def test_another_parent_moves_all_that_lies_under_it(street):
    """W2 comes under E, and E's outline with it; the past is told with its own ancestors."""
    number = report(street, 1.5)
    put_building(street.connection, f"{W}0100001", rectangle(1.4, 0.4, 1.6, 0.6))
    house = put_address(street.connection, "here", at(1.5, 0.5))
    drawn = redraw(street, (W2, W, E), area(W2, rectangle(1, 0, 2, 2), E),
                   area(W, rectangle(0, 0, 1, 2), S, "community"),
                   area(E, rectangle(1, 0, 4, 2), S, "community"))
    async with as_owner(street) as connection:
        done = await publish(connection, drawn)
    above = [street.ids[S], street.ids[E], street.ids[W2]]
    assert set(above) <= set(matter(street, number)["scope_ids"])
    assert street.ids[W] not in matter(street, number)["scope_ids"]
    assert matter(street, number)["officer_code"] == f"officer of {W2}"
    assert matter(street, number)["step_count"] == 2
    for table, key in (("building", 1), ("address", house)):
        found = value(street.connection, f"SELECT scope_ids FROM {table} WHERE id = %s", key)
        assert set(above) <= set(found)
        assert street.ids[W] not in found
    paths = street.connection.execute(
        "SELECT path -> 1 ->> 'code' AS above FROM area WHERE code = %s ORDER BY lower(period)",
        (W2,)).fetchall()
    assert [row["above"] for row in paths] == [W, E]
    assert done.detail["changed"] == [W, W2, E]


async def test_a_new_name_above_is_a_version_below(street):
    """Whoever asks for the past is told the names of the past."""
    shapes = shapes_of(street, W)
    async with as_owner(street) as connection:
        done = await publish(connection, redraw(street, (W,), area(W, shapes[W], S, "community",
                                                                   "another name")))
    assert (done.detail["changed"], done.detail["followed"]) == ([W], [W1, W2])
    names = street.connection.execute(
        "SELECT path -> 1 ->> 'name' AS name FROM area WHERE code = %s ORDER BY lower(period)",
        (W1,)).fetchall()
    assert [row["name"] for row in names] == [f"name of {W}", "another name"]
    assert done.detail["matters"] == 0


async def test_places_follow_as_a_full_settling_has_them(street):
    for number in range(40):
        x, y = number % 8 / 2 + 0.25, number // 8 / 2.5
        if number % 2:
            building = put_building(street.connection, f"{W}01{number:05d}",
                                    rectangle(x, y, x + 0.1, y + 0.1))
            put_address(street.connection, f"in {number}", at(x, y), building=building)
        else:
            put_address(street.connection, f"at {number}", at(x, y))
    # On edges: the old one, the new one, a corner of both.
    for place in ((1, 0.5), (0.5, 0.5), (1, 2), (0.5, 0), (2, 1)):
        put_address(street.connection, f"on {place}", at(*place))
    async with as_owner(street) as connection:
        done = await publish(connection, shifted(street, 0.5))
    scopes = "SELECT 'b' || id AS id, scope_ids FROM building UNION ALL" \
             " SELECT 'a' || id, scope_ids FROM address ORDER BY id"
    settled = street.connection.execute(scopes).fetchall()
    street.connection.execute("SELECT settle_places()")
    assert street.connection.execute(scopes).fetchall() == settled
    assert done.detail["addresses"] > 5
    assert done.detail["addresses"] < 20


async def test_undo_restores_the_very_shapes(street):
    before = shapes_of(street, W1, W2)
    report(street, 0.7)
    async with as_owner(street) as connection:
        first = await publish(connection, shifted(street, 0.5))
        second = await publish(connection, shifted(street, 0.25))
        with pytest.raises(Conflict, match="undo that first"):
            await undo(connection, first.id)
        await undo(connection, second.id)
        back = await undo(connection, first.id)
        told = await publications(connection)
    assert {code: shape.wkb for code, shape in shapes_of(street, W1, W2).items()} == {
        code: shape.wkb for code, shape in before.items()}
    assert [one["undoes"] for one in told] == [first.id, second.id, None, None]
    assert told[-1]["undone_by"] == back.id
    assert owners(street.connection, first.at, (0.7, 1)) == [W2]
    assert owners(street.connection, second.at, (0.3, 1)) == [W2]
    assert owners(street.connection, back.at, (0.7, 1)) == [W1]


@pytest.mark.parametrize("after, fault", [
    ([area(W1, rectangle(0, 0, 0.9, 2), W)], "gap"),
    ([area(W1, rectangle(0, 0, 1.1, 2), W)], "overlap"),
    ([area(W1, rectangle(0, 0, 0.6, 2), W), area("+1", rectangle(0.5, 0, 1, 2), W)], "overlap"),
    ([area(W1, rectangle(0, 0, 1, 2), W), area("+1", rectangle(0, 2, 1, 3), W)],
     "outside_parent"),
    ([], "gap"),
])
async def test_what_would_leave_ground_to_nobody_or_two_is_refused(untouched, after, fault):
    async with as_owner(untouched) as connection:
        with pytest.raises(RedrawRefused, match=fault) as refusal:
            await publish(connection, redraw(untouched, (W1,), *after))
    assert refusal.value.faults[0].area_m2 > 100
    assert value(untouched.connection, "SELECT count(*) FROM publication") == 0
    assert value(untouched.connection, "SELECT count(*) FROM area WHERE isempty(period)") == 0


async def test_a_parent_is_not_redrawn_over_its_children(untouched):
    shapes = shapes_of(untouched, W, E)
    drawn = redraw(untouched, (W, E), area(W, rectangle(0, 0, 1.5, 2), S, "community"),
                   area(E, rectangle(1.5, 0, 4, 2), S, "community"))
    async with as_owner(untouched) as connection:
        with pytest.raises(RedrawRefused, match="outside_parent"):
            await publish(connection, drawn)
        with pytest.raises(RedrawRefused, match="orphan"):
            await publish(connection, redraw(untouched, (W, E), area(
                E, shapes[W].union(shapes[E]), S, "community")))


async def test_a_base_that_was_overtaken_is_refused(street):
    drawn = shifted(street, 0.5)
    async with as_owner(street) as connection:
        await publish(connection, shifted(street, 0.7))
        with pytest.raises(Conflict, match="has been changed since"):
            await publish(connection, drawn)
        with pytest.raises(InvalidInput, match="changes nothing"):
            await publish(connection, shifted(street, 0.7))


async def test_the_outlook_writes_nothing(street):
    report(street, 0.7)
    put_address(street.connection, "here", at(0.8, 0.5))
    drawn = redraw(street, (W1,), area(W1, rectangle(0, 0, 0.5, 2), W),
                   area("+1", rectangle(0.5, 0, 1, 2), W))
    async with as_owner(street) as connection:
        seen = await outlook(connection, drawn)
        assert seen.codes["+1"] == f"{W}003"
        assert seen.counts == {"matters": 1, "buildings": 0, "addresses": 1}
        assert [posting.officer_code for _, posting in seen.postings.open] == ["officer of " + W1]
        assert value(street.connection, "SELECT count(*) FROM publication") == 0
        assert (await publish(connection, drawn)).minted["+1"] == f"{W}003"


async def test_who_was_chosen_by_a_desk_keeps_the_matter(street):
    numbers = [report(street, 0.7) for _ in range(3)]
    chosen = put_officer(street.connection, "specialist")
    unit = value(street.connection, "INSERT INTO unit (unit_code, name, kind) VALUES"
                 " ('u', 'Unit', 'department') RETURNING id")
    street.connection.execute("UPDATE incident SET officer_id = %s WHERE id = %s",
                              (chosen, numbers[0]))
    street.connection.execute("UPDATE incident SET officer_id = NULL, unit_id = %s WHERE id = %s",
                              (unit, numbers[1]))
    async with as_owner(street) as connection:
        await publish(connection, shifted(street, 0.5))
    found = [matter(street, number) for number in numbers]
    assert [one["grid"] for one in found] == [W2] * 3
    assert [(one["officer_code"], one["unit_id"]) for one in found] == [
        ("specialist", None), (None, unit), (f"officer of {W2}", None)]
    targets = [value(street.connection, "SELECT target FROM step WHERE incident_id = %s"
                     " AND number = 2", number) for number in numbers]
    assert targets[:2] == [f"officer:{chosen}", f"unit:{unit}"]


async def test_a_report_of_before_is_judged_by_before(street):
    """Told an earlier time, it is that moment's owner's; of an area that ended, today's too."""
    drawn = redraw(street, (W1, W2), area(W1, rectangle(0, 0, 2, 2), W))
    async with as_owner(street) as connection:
        first = await publish(connection, shifted(street, 0.5))
        await undo(connection, first.id)
        second = await publish(connection, drawn)
    late = put_report(street.connection, at(0.2, 1), received_at=first.at - SECOND)
    ended = put_report(street.connection, at(1.5, 1), received_at=first.at - SECOND)
    assert matter(street, late)["grid"] == W1
    assert matter(street, late)["step_count"] == 1
    assert matter(street, ended)["grid"] == W1
    change = street.connection.execute("SELECT * FROM assignment_change").fetchone()
    assert (change["incident_id"], change["publication_id"]) == (ended, second.id)
    assert value(street.connection, "SELECT code FROM area WHERE id = %s",
                 change["before_area_id"]) == W2


async def test_a_report_of_before_goes_to_whoever_has_its_ground_now(street):
    """Its grid is still there, and no longer on this ground."""
    async with as_owner(street) as connection:
        done = await publish(connection, shifted(street, 0.5))
    late = put_report(street.connection, at(0.7, 1), received_at=done.at - SECOND)
    assert matter(street, late)["grid"] == W2
    assert value(street.connection, "SELECT a.code FROM assignment_change AS c"
                 " JOIN area AS a ON a.id = c.before_area_id"
                 " WHERE c.incident_id = %s AND c.publication_id = %s", late, done.id) == W1


async def test_only_planners_and_only_their_own_ground(street):
    drawn = shifted(street, 0.5)
    other = redraw(street, (E1, E2), area(E1, rectangle(2, 0, 2.5, 2), E),
                   area(E2, rectangle(2.5, 0, 4, 2), E))
    from gis.database import open_pool

    async with open_pool(street.database.server_url) as database:
        for name in ("hall", "street", "E1"):
            with pytest.raises(NotAllowed):
                async with database.scope(street.secrets[name]) as connection:
                    await publish(connection, drawn)
        async with database.scope(street.secrets["western planner"]) as connection:
            done = await publish(connection, drawn)
        assert done.detail["changed"] == [W1, W2]
        with pytest.raises((NotAllowed, Conflict, InvalidInput)):
            async with database.scope(street.secrets["western planner"]) as connection:
                await publish(connection, other)
        async with database.scope(street.secrets["planner"]) as connection:
            assert (await publish(connection, other)).detail["changed"] == [E1, E2]
    assert value(street.connection, "SELECT count(*) FROM audit WHERE action = 'areas_published'"
                 " AND account_id IS NOT NULL") == 2


async def test_intake_knows_no_lasting_snapshot(untouched):
    with psycopg.connect(untouched.database.admin_url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with pytest.raises(errors.FeatureNotSupported):
            connection.execute("INSERT INTO report (category_code, lon, lat)"
                               " VALUES ('service', 1, 1)")


async def test_the_server_can_stage_nothing_by_itself(untouched):
    with server(untouched.database.server_url) as connection, connection.transaction():
        connection.execute("SELECT enter(%s)", (untouched.secrets["planner"],))
        with pytest.raises(errors.NoDataFound):
            connection.execute("SELECT put_in_force(1)")


async def test_a_reopened_matter_follows_its_ground(street):
    number = report(street, 0.7)
    street.connection.execute(
        "UPDATE incident SET closed_at = clock_timestamp(), state = 'closed' WHERE id = %s",
        (number,))
    async with as_owner(street) as connection:
        await publish(connection, shifted(street, 0.5))
    street.connection.execute("UPDATE incident SET closed_at = NULL, state = 'verified'"
                              " WHERE id = %s", (number,))
    street.connection.execute("SELECT follow_ground(%s)", (number,))
    assert matter(street, number)["grid"] == W2
    put_duty(street.connection, "late", area=street.ids[W2])


async def test_residents_go_with_their_homes(street):
    for x, homes in ((0.2, 1), (0.7, 3)):
        building = put_building(street.connection, f"B{x}", rectangle(x, 1, x + 0.05, 1.05))
        for number in range(homes):
            put_address(street.connection, f"{x} {number}", at(x, 1), building=building)
    street.connection.execute(
        "UPDATE area SET actual_residents = CASE code WHEN %s THEN 100 ELSE 10 END,"
        " registered_residents = CASE code WHEN %s THEN 40 END WHERE code IN (%s, %s)",
        (W1, W1, W1, W2))
    async with as_owner(street) as connection:
        done = await publish(connection, shifted(street, 0.5))
    told = {row["code"]: (row["actual_residents"], row["registered_residents"])
            for row in street.connection.execute(
                "SELECT code, actual_residents, registered_residents FROM area"
                " WHERE lower(period) = %s", (done.at,))}
    # W2 has no home of its own: what it is told goes by its ground, which it keeps.
    assert (told[W1], told[W2]) == ((25, 10), (85, 30))
