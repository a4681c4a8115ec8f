"""Drafts in the database: versions, undo, scope, what they would change."""

from __future__ import annotations

import pytest
import shapely
from psycopg import errors

from gis.plans import draft_redraw, read_draft
from gis.plans.reading import faces_at, read_base, read_made
from tests.gis.builders import owner, rectangle
from tests.gis.planning import (
    COMMUNITIES,
    ask,
    entered,
    grid,
    open_draft,
    put_planning_town,
    republish,
    store,
    value,
)

pytestmark = pytest.mark.anyio
WEST, EAST = grid(0, 1), grid(0, 2)
MOVED = {WEST: rectangle(0, 0, 8, 10), EAST: rectangle(8, 0, 20, 10)}


@pytest.fixture
def town(database):
    with owner(database.admin_url) as connection:
        made = put_planning_town(connection)
        yield made, database.server_url, connection


async def test_a_new_draft_changes_nothing(town):
    made, url, _ = town
    async with entered(url, made.secrets["planner"]) as connection:
        draft = await open_draft(connection)
        redraw = await draft_redraw(connection, draft)
        told = (await read_draft(connection, draft)).told
    assert (redraw.scheme, redraw.before, redraw.after) == ("base", {}, ())
    assert (told["version"], told["cursor"], told["can_undo"], told["overtaken"]) == (
        1, 0, False, False)
    assert told["owner"] == "planner one"


async def test_what_a_draft_would_change(town):
    made, url, _ = town
    async with entered(url, made.secrets["planner"]) as connection:
        draft = await open_draft(connection)
        assert await store(connection, draft, 1, MOVED) == 2
        halves = {EAST: rectangle(8, 0, 14, 10), "+1": rectangle(14, 0, 20, 10)}
        assert await store(connection, draft, 2, halves) == 3
        merged = {grid(0, 4): None, grid(0, 3): rectangle(0, 10, 20, 20)}
        assert await store(connection, draft, 3, merged) == 4
        redraw = await draft_redraw(connection, draft)
    assert list(redraw.before) == [WEST, EAST, grid(0, 3), grid(0, 4)]
    assert redraw.ended == (grid(0, 4),)
    sources = {area.key: area.from_codes for area in redraw.after}
    assert sources == {"+1": (EAST,), WEST: (WEST,), EAST: (WEST, EAST),
                       grid(0, 3): (grid(0, 3), grid(0, 4))}
    new = next(area for area in redraw.after if area.is_new)
    assert (new.level, new.parent_code) == ("grid", COMMUNITIES[0])
    assert new.geom.geom_type == "MultiPolygon"


async def test_what_is_brought_back_is_no_change(town):
    made, url, _ = town
    async with entered(url, made.secrets["planner"]) as connection:
        draft = await open_draft(connection)
        await store(connection, draft, 1, MOVED)
        await store(connection, draft, 2, {WEST: rectangle(0, 0, 10, 10),
                                           EAST: rectangle(10, 0, 20, 10)})
        assert (await draft_redraw(connection, draft)).after == ()
        await store(connection, draft, 3, {WEST: rectangle(0, 0, 10, 10)}, names={WEST: "西一"})
        (area,) = (await draft_redraw(connection, draft)).after
        assert (area.key, area.name) == (WEST, "西一")


async def test_undo_and_redo_give_back_the_very_same_bytes(town):
    made, url, _ = town
    async with entered(url, made.secrets["planner"]) as connection:
        draft = await open_draft(connection)
        base = await read_base(connection, draft)

        async def bytes_now():
            now = await read_draft(connection, draft)
            faces = faces_at(base, await read_made(connection, draft), now.cursor)
            return {key: shapely.to_wkb(face.geom) for key, face in faces.items()}

        states = [await bytes_now()]
        for step in range(1, 6):
            line = 10 + step / 3
            await store(connection, draft, step, {WEST: rectangle(0, 0, line, 10),
                                                  EAST: rectangle(line, 0, 20, 10)})
            states.append(await bytes_now())
        version = 6
        for expected in reversed(states[:-1]):
            version = await ask(connection, "draft_move", id=draft, version=version, by=-1)
            assert await bytes_now() == expected
        assert await ask(connection, "draft_move", id=draft, version=version, by=-1) is None
        for expected in states[1:]:
            version = await ask(connection, "draft_move", id=draft, version=version, by=1)
            assert await bytes_now() == expected
        assert await ask(connection, "draft_move", id=draft, version=version, by=1) is None


async def test_who_saw_an_older_version_writes_nothing(town):
    made, url, admin = town
    async with entered(url, made.secrets["planner"]) as connection:
        draft = await open_draft(connection)
        await store(connection, draft, 1, MOVED)
    async with entered(url, made.secrets["second"]) as connection:
        assert await store(connection, draft, 1, MOVED) is None
        assert await ask(connection, "draft_move", id=draft, version=1, by=-1) is None
        assert await store(connection, draft, 2, MOVED) == 3
    assert value(admin, "SELECT count(*) FROM draft_operation") == 2
    actions = admin.execute("SELECT action FROM audit WHERE subject = %s ORDER BY id",
                            (f"draft:{draft}",)).fetchall()
    assert [row["action"] for row in actions] == ["draft_opened", "draft_changed",
                                                  "draft_changed"]


async def test_two_at_once_and_one_is_first(town):
    made, url, _ = town
    async with entered(url, made.secrets["planner"]) as connection:
        draft = await open_draft(connection)
    async with (entered(url, made.secrets["planner"]) as one,
                entered(url, made.secrets["second"]) as other):
        assert await store(one, draft, 1, MOVED) == 2
        await other.execute("SET LOCAL lock_timeout = '50ms'")
        with pytest.raises(errors.LockNotAvailable):
            await store(other, draft, 1, MOVED)
        await one.commit()
    async with entered(url, made.secrets["second"]) as other:
        assert await store(other, draft, 1, MOVED) is None


async def test_what_is_undone_is_gone_when_something_else_is_done(town):
    made, url, _ = town
    async with entered(url, made.secrets["planner"]) as connection:
        draft = await open_draft(connection)
        await store(connection, draft, 1, MOVED)
        await ask(connection, "draft_move", id=draft, version=2, by=-1)
        await store(connection, draft, 3, {WEST: rectangle(0, 0, 9, 10),
                                           EAST: rectangle(9, 0, 20, 10)})
        told = (await read_draft(connection, draft)).told
    assert (told["operations_count"], told["can_redo"]) == (1, False)


@pytest.mark.parametrize("name", ["west", "street"])
async def test_a_draft_is_seen_by_planners_of_its_ground_alone(town, name):
    made, url, _ = town
    async with entered(url, made.secrets["planner"]) as connection:
        draft = await open_draft(connection)
    async with entered(url, made.secrets[name]) as connection:
        assert await ask(connection, "drafts_told", id=None, state=None) is None
        for query, values in (
                ("draft_areas", {"at": None}), ("draft_points", {}), ("draft_operations", {}),
                ("draft_move", {"version": 1, "by": -1}),
                ("draft_abandon", {"version": 1})):
            with pytest.raises(errors.NoDataFound):
                async with connection.transaction():
                    await ask(connection, query, id=draft, **values)


async def test_a_planner_of_a_part_works_in_that_part(town):
    made, url, _ = town
    async with entered(url, made.secrets["west"]) as connection:
        with pytest.raises(errors.NoDataFound):
            async with connection.transaction():
                await open_draft(connection, COMMUNITIES[1])
        draft = await open_draft(connection, None)
        assert set(await read_base(connection, draft)) == {grid(0, n) for n in range(1, 5)}
    async with entered(url, made.secrets["street"]) as connection:
        with pytest.raises(errors.InsufficientPrivilege):
            await open_draft(connection)


async def test_a_base_that_is_overtaken(town):
    made, url, admin = town
    async with entered(url, made.secrets["planner"]) as connection:
        draft = await open_draft(connection)
        part = await open_draft(connection, COMMUNITIES[1])
        await store(connection, draft, 1, MOVED)
    republish(admin, grid(0, 3), rectangle(0, 10, 9, 20))
    republish(admin, grid(0, 4), rectangle(9, 10, 20, 20))
    async with entered(url, made.secrets["planner"]) as connection:
        told = (await read_draft(connection, draft)).told
        assert told["overtaken_codes"] == [grid(0, 3), grid(0, 4)]
        # Its base is what it was.
        base = await read_base(connection, draft)
        assert base[grid(0, 3)].geom.equals(rectangle(0, 10, 10, 20))
        assert (await read_draft(connection, part)).told["overtaken"] is False


async def test_only_who_opened_a_draft_or_an_admin_gives_it_up(town):
    made, url, _ = town
    async with entered(url, made.secrets["planner"]) as connection:
        draft = await open_draft(connection)
    async with entered(url, made.secrets["second"]) as connection:
        with pytest.raises(errors.InsufficientPrivilege):
            await ask(connection, "draft_abandon", id=draft, version=1)
    async with entered(url, made.secrets["admin"]) as connection:
        assert await ask(connection, "draft_abandon", id=draft, version=1) == 2
        assert await store(connection, draft, 2, MOVED) is None
