"""Those who are inside: a token that is narrow, the server's password, a role that wants more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import psycopg
import pytest
from psycopg import errors

from tests.conftest import cloned
from tests.gis.builders import (
    at,
    owner,
    put_account,
    put_address,
    put_area,
    put_building,
    put_report,
    rectangle,
    server,
    settle,
    value,
)

# Each door that changes something, as somebody would call it; `%(secret)s` is their own.
WRITING = {
    "add_account": "('new', '{\"role\": \"hall\"}', NULL, NULL, false)",
    "change_account": "('street', NULL, true)",
    "reset_password": "('street', '', '', false)",
    "end_sessions": "('street')",
    "make_token": "('street', 'mine', 'full', '1 day')",
    "add_mapping": "('all', 'hall', NULL, NULL, 1::smallint)",
    "remove_mapping": "(1)",
    "revoke_token": "(1)",
    "end_own_sessions": "(%(secret)s, NULL)",
    "change_own_password": "(%(secret)s, '', '', '', NULL)",
    "make_own_token": "(%(secret)s, 'mine', 'full', NULL, '1 day')",
    "rename_place": "('road', 'here', 'there')",
    "unmask_person": "(gen_random_uuid(), 'to see', '{}')",
    "open_draft": "('mine', 'base', 'grid', NULL)",
    "store_draft_operation": "(1, 1, '{}', '{}', '{}', '{}', '{}')",
    "move_draft": "(1, 1, 1)",
    "rebase_draft": "(1, 1, now(), NULL)",
    "set_draft_rules": "(1, 1, '{}')",
    "rename_draft": "(1, 1, 'mine')",
    "abandon_draft": "(1, 1)",
    "set_plan_rules": "('base', '{}')",
    "begin_publication": "('base', now(), '', NULL, NULL, NULL)",
    "stage_publication": "(1, '[]', '{}', NULL)",
    "put_in_force": "(1)",
    "file_reports": "(%(secret)s, '[]')",
    "read_notices": "(1)",
    "append_step": "(%(secret)s, %(report)s, 1, '{\"action\": \"verify\"}', '{}')",
    "append_pair": "(%(secret)s, %(report)s, 1, '{}', '{}', %(report)s, 1, '{}', '{}')",
    "set_extent": "(%(secret)s, %(report)s, NULL, 'cgcs2000', '{}')",
    "rate_incident": "(%(secret)s, %(report)s, 1, '')",
    "change_loop": "('setting', 'working_week', '[1]')",
    "undo_loop_change": "()",
    "store_fixes": "('[]')",
}
# What comes before anybody has entered or ends that, and what the server does for nobody.
OF_SESSIONS = {"enter", "who_is", "note_use", "rotate_session", "renew_session", "hold_session",
               "end_copied_session", "release_session", "end_session", "sign_out", "sign_in",
               "sign_in_from", "sign_in_by_provider"}
OF_THE_SERVER = {"sequence_events", "fold_matters", "keep_changes", "escalate_due",
                 "store_coverage"}
# Changes nothing but the log, which is told who takes what.
TELLING = {"note_export"}


_PLANNED = (
    "INSERT INTO draft (id, name, scheme, level, area_identity_id, account_id, base_at, scope_ids)"
    " SELECT 77, 'east', 'base', 'grid', identity_id, 1, now(), ancestor_ids[2:] FROM area"
    " WHERE identity_id = %(area)s",
    "INSERT INTO draft_operation (draft_id, number, operation, account_id) VALUES (77, 1, '{}', 1)",
    "INSERT INTO draft_face (draft_id, number, key, name, geom) SELECT 77, 1, code, name, geom"
    " FROM area WHERE identity_id = %(area)s",
    "INSERT INTO publication (id, scheme, base_at, name, scope_ids)"
    " VALUES (77, 'base', now(), 'east', ARRAY[%(area)s::bigint])",
    "INSERT INTO publication_area (publication_id, identity_id, kind, key)"
    " VALUES (77, %(area)s, 'changed', 'east')",
    "WITH made AS (INSERT INTO officer (officer_code, name) VALUES ('east', 'E') RETURNING id)"
    ", posted AS (INSERT INTO duty (officer_id, area_identity_id, role)"
    " SELECT id, %(area)s, 'head' FROM made RETURNING id)"
    " INSERT INTO publication_duty (publication_id, duty_id, opened) SELECT 77, id, true"
    " FROM posted",
    "WITH made AS (INSERT INTO raster (name, title, style, min_zoom, max_zoom, area_identity_id)"
    " VALUES ('east', 'east', '{}', 0, 1, %(area)s) RETURNING id)"
    " INSERT INTO raster_file (raster_id, position, path, west, south, east, north)"
    " SELECT id, 0, '/east', 0, 0, 1, 1 FROM made",
)


@pytest.fixture(scope="module")
def world(cluster, template) -> Iterator[SimpleNamespace]:
    """Two streets of one grid, an account for each role, and narrow tokens."""
    with cloned(cluster, template) as database, owner(database.admin_url) as connection:
        areas = {"district": put_area(connection, "district", "D", rectangle(0, 0, 2, 1))}
        for name, x in (("west", 0), ("east", 1)):
            shape = rectangle(x, 0, x + 1, 1)
            areas[name] = put_area(connection, "street", name, shape, parent=areas["district"])
            put_area(connection, "grid", f"{name} grid", shape, parent=areas[name])
        settle(connection)
        for name, x in (("west", 0.5), ("east", 1.5)):
            building = put_building(connection, f"{name} building",
                                    rectangle(x - 0.1, 0.4, x + 0.1, 0.6))
            put_address(connection, name, at(x, 0.5), building=building)
            connection.execute("UPDATE building SET compound = '阳光苑' WHERE id = %s",
                               (building,))
        reports = {name: put_report(connection, at(x, 0.5))
                   for name, x in (("west", 0.5), ("east", 1.5))}
        connection.execute("SELECT sequence_events(), keep_changes(), fold_matters()")
        secrets = {"street": put_account(connection, "street", "street", areas=[areas["west"]]),
                   "admin": put_account(connection, "admin", "admin", whole=True),
                   "planner": put_account(connection, "planner", "planner", areas=[areas["west"]])}
        secrets["planner there"] = put_account(connection, "planner there", "planner",
                                               areas=[areas["east"]])
        for statement in _PLANNED:
            connection.execute(statement, {"area": areas["east"]})
        yield SimpleNamespace(database=database, connection=connection, areas=areas,
                              reports=reports, secrets=secrets)


def token(world, account: str, access: str = "full", area: str | None = None) -> str:
    """A token of an account, as narrow as is told."""
    return value(world.connection, "SELECT open_token((SELECT id FROM account WHERE name = %s),"
                 " 'narrow', %s, %s, '1 day')", account, access, area and world.areas[area])


@contextmanager
def entered(world, secret: str) -> Iterator[psycopg.Connection]:
    """What the server's role may do with a secret; nothing of it is kept."""
    with (server(world.database.server_url) as connection,
          connection.transaction(force_rollback=True)):
        connection.execute("SELECT enter(%s)", (secret,))
        yield connection


def called(world, connection: psycopg.Connection, door: str, secret: str) -> None:
    """A door of `WRITING`, knocked at."""
    connection.execute(f"SELECT {door}{WRITING[door]}",
                       {"secret": secret, "report": world.reports["west"]})


def test_all_doors_that_may_change_something_are_known(world):
    found = {row["name"] for row in world.connection.execute(
        "SELECT p.proname::text AS name FROM pg_proc AS p"
        " WHERE p.prosecdef AND p.provolatile = 'v' AND p.proowner = current_user::regrole"
        " AND has_function_privilege('gridwall_server', p.oid, 'EXECUTE')")}
    assert found - OF_SESSIONS - OF_THE_SERVER - TELLING == set(WRITING)


@pytest.mark.parametrize("door", WRITING)
def test_a_token_that_reads_changes_nothing_through_any_door(world, door):
    for account in ("admin", "planner", "street"):
        secret = token(world, account, "read")
        with entered(world, secret) as connection, pytest.raises(errors.InsufficientPrivilege):
            called(world, connection, door, secret)


def test_every_door_that_changes_something_writes_it_down(world):
    """By what each calls, and what that calls: somewhere a row goes into the log."""
    bodies = {row["name"]: row["body"] for row in world.connection.execute(
        "SELECT proname::text AS name, string_agg(prosrc, ' ') AS body FROM pg_proc"
        " WHERE proowner = current_user::regrole GROUP BY proname")}
    silent = set()
    for door in WRITING:
        seen, ahead = set(), {door}
        while ahead:
            body = bodies[name := ahead.pop()]
            seen.add(name)
            ahead |= {word for word in re.findall(r"(\w+)\(", body) if word in bodies} - seen
        # Reports are written down by the trigger on their table.
        if not any("INTO audit" in bodies[name] for name in seen) and door != "file_reports":
            silent.add(door)
    # A publication is written down when it is put in force; nothing of it is seen before. Where
    # an officer was is a record by itself, which nobody changes.
    assert silent == {"read_notices", "begin_publication", "stage_publication", "store_fixes"}


def test_the_right_to_write_of_one_token_is_not_joined_to_the_ground_of_another(world):
    wide, narrow = token(world, "admin", "read"), token(world, "admin", "full", "east")
    for door in ("append_step", "set_extent", "rate_incident"):
        for first, second in ((wide, narrow), (world.secrets["admin"], narrow)):
            with (entered(world, first) as connection,
                  pytest.raises(errors.InsufficientPrivilege)):
                called(world, connection, door, second)


@pytest.mark.parametrize("door", [
    "add_account", "change_account", "reset_password", "make_token", "add_mapping", "change_loop",
    "set_plan_rules"])
def test_an_admin_s_token_for_one_area_does_not_widen_itself(world, door):
    secret = token(world, "admin", "full", "west")
    with entered(world, secret) as connection, pytest.raises(errors.InsufficientPrivilege):
        called(world, connection, door, secret)


def test_an_admin_s_token_for_one_area_reads_no_log_and_no_accounts(world):
    with entered(world, token(world, "admin", "full", "west")) as connection:
        assert value(connection, "SELECT count(*) FROM audit") == 0
        assert value(connection, "SELECT array_agg(name) FROM account") == ["admin"]
        assert value(connection, "SELECT array_agg(id) FROM incident") == [world.reports["west"]]


def test_a_unit_counts_no_matters_that_it_does_not_see(world):
    unit = value(world.connection, "INSERT INTO unit (unit_code, name, kind, categories)"
                 " VALUES ('u', 'Gas', 'department', '{gas}') RETURNING id")
    assert value(world.connection, "SELECT count(*) FROM incident_area") > 0
    with entered(world, put_account(world.connection, "unit", "department", unit=unit)) as gas:
        assert value(gas, "SELECT count(*) FROM incident_area") == 0
        world.connection.execute("UPDATE incident SET unit_id = %s WHERE id = %s",
                                 (unit, world.reports["east"]))
        assert value(gas, "SELECT array_agg(DISTINCT incident_id) FROM incident_area") == [
            world.reports["east"]]


@pytest.mark.parametrize("table", [
    "draft", "draft_operation", "draft_face", "publication", "publication_area",
    "publication_duty", "raster", "raster_file"])
def test_what_is_planned_or_drawn_of_another_street_is_not_seen(world, table):
    """Not by the server's role, whoever of the other street it has entered for."""
    seen = {}
    for planner in ("planner", "planner there"):
        with entered(world, world.secrets[planner]) as connection:
            seen[planner] = value(connection, f"SELECT count(*) FROM {table}")
    assert seen == {"planner": 0, "planner there": 1}


def test_a_rename_here_leaves_the_names_of_another_street_s_alone(world):
    """Two streets have a compound of one name; one of them gets another."""
    world.connection.execute("INSERT INTO other_name (kind, origin, name, standard)"
                             " VALUES ('compound', 'alias', '老院子', '阳光苑')")
    with (server(world.database.server_url) as connection, connection.transaction()):
        connection.execute("SELECT enter(%s)", (world.secrets["admin"],))
        connection.execute("SELECT rename_place('compound', '阳光苑', '月光苑', 'west')")
    standing = {(row["standard"], row["scope_ids"] == [] or world.areas["east"]
                 in row["scope_ids"]) for row in world.connection.execute(
        "SELECT standard, scope_ids FROM other_name WHERE name = '老院子'")}
    assert standing == {("阳光苑", True), ("月光苑", False)}
    assert {row["compound"] for row in world.connection.execute(
        "SELECT compound FROM building")} == {"阳光苑", "月光苑"}


def test_a_rating_is_in_the_log(world):
    closed = ("UPDATE incident SET state = 'closed', closed_at = now() WHERE id = %s")
    with world.connection.transaction(force_rollback=True):
        world.connection.execute(closed, (world.reports["west"],))
        world.connection.execute("SELECT enter(%s)", (world.secrets["street"],))
        called(world, world.connection, "rate_incident", world.secrets["street"])
        assert value(world.connection, "SELECT detail ->> 'score' FROM audit"
                     " WHERE action = 'rate'") == "1"
