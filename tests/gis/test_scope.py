"""Who sees which rows: the database's word, whatever the server asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace

import mapbox_vector_tile
import psycopg
import pytest
from psycopg import errors, sql

from gis.database import open_pool
from gis.errors import Conflict, DatabaseAway, NotAllowed, NotFound, NotSignedIn
from gis.passwords import proof
from tests.conftest import cloned
from tests.gis.builders import (
    at,
    located,
    owner,
    put_account,
    put_address,
    put_area,
    put_building,
    put_duty,
    put_report,
    rectangle,
    server,
    settle,
    value,
)

GUARDED = {
    "area", "building", "address", "site", "officer", "duty", "report", "incident", "step",
    "assignment", "event", "event_pending", "account", "account_area", "credential",
    "scope_key", "audit", "other_name", "place_object", "dwelling", "enterprise", "person",
    "given_code", "retention",
    "notice", "loop_change",
    "incident_area", "assessment_fact", "assessment_count", "assessment_time", "rating",
    "field_work",
    "incident_change", "seal_batch", "seal_head", "clock_due", "clock_mark", "extent", "share",
    "publication", "publication_area", "publication_duty", "assignment_change",
    "session_secret", "sign_in_try", "account_link", "group_mapping", "provider_key",
    "provider_sign_in",
    "draft", "draft_operation", "draft_face", "raster", "raster_file",
    "area_coverage", "area_shape", "track_fix", "tile_layer",
}
# What no jurisdiction divides: anyone whom the server lets in may read it.
OPEN = {
    "area_identity", "site_change", "scheme", "category", "line", "unit", "shift", "ground",
    "city_setting", "event_head", "role_order", "choice_order", "alembic_version", "place_category",
    "assessment_head", "score_part", "star_rule", "calendar_day", "loop_version",
}
UNREADABLE = {
    "session_secret", "sign_in_try", "account_link", "group_mapping", "provider_key",
    "provider_sign_in",
    "credential", "retention", "scope_key", "event_pending", "given_code",
    "incident_change", "seal_batch", "seal_head", "clock_due", "clock_mark",
    "area_coverage", "area_shape", "tile_layer",
}
# All that runs with the owner's rights at the server's call, and what keeps each in bounds.
DOORS = {
    "coverages_due": "schemes and levels only",
    "coverage_shapes": "shapes of areas without names or codes, for the keeper to generalise",
    "store_coverage": "shapes for tiles alone; refused unless made of the areas in force",
    "store_fixes": "the caller's own, as an officer",
    "tile_tracks": "the scope is its condition",
    "rehearse_officers": "numbers of officers, on grounds in the scope",
    "begin_publication": "a planner's or an admin's",
    "area_codes_given": "a planner's or an admin's: codes only",
    "stage_publication": "needs a publication begun in this transaction",
    "put_in_force": "needs a publication begun in this transaction; areas in the scope",
    "publication_outlook": "a planner's or an admin's: counts only",
    "publication_author": "the scope is its condition",
    "tile_changes": "boxes of what changed, and numbers of accounts; never what, or whose",
    "event_origin": "numbers of the database and of events",
    "tile_share": "a digest of the scope",
    "areas_settled": "true or false",
    "enter": "sets the scope that a secret stands for",
    "scope": "the scope of this transaction",
    "scope_all": "from the scope",
    "scope_ids": "from the scope",
    "scope_above_ids": "from the scope",
    "scope_role": "from the scope",
    "scope_account_id": "from the scope",
    "scope_unit_id": "from the scope",
    "scope_categories": "from the scope",
    "scope_officer_id": "from the scope",
    "scope_unit_ground": "from the scope",
    "scope_places": "from the scope",
    "scope_library": "from the scope",
    "read_notices": "marks the caller's own",
    "incident_people": "the scope is its condition",
    "change_loop": "needs a scope of an admin; writes down what was before",
    "undo_loop_change": "needs a scope of an admin; puts back what was before",
    "sign_in_salt": "a salt, true or false",
    "sign_in": "needs the proof of the password",
    "sign_in_wait": "tells how long guesses are not taken",
    "sign_in_from": "as sign_in, and counts the try",
    "sign_in_by_provider": "needs what a server vouches for, with a key that it can't read here",
    "who_is": "enters, as enter does",
    "note_use": "needs a secret; notes that it is used",
    "rotate_session": "needs the secret of a living session; the next one is of the same",
    "end_copied_session": "needs a secret that has died; ends its session",
    "hold_session": "needs the secret of a living session; another one of the same",
    "release_session": "ends only the held secret that it has",
    "end_session": "ends only the session whose secret it has",
    "own_account": "needs the secret that has entered; the caller's own",
    "end_own_sessions": "needs the session's secret that has entered; the caller's own",
    "change_own_password": "needs the session's secret that has entered, and the old proof",
    "make_own_token": "needs the session's secret that has entered; no wider than the caller",
    "revoke_token": "the caller's own, or an admin",
    "list_accounts": "needs a scope of an admin",
    "list_credentials": "needs a scope of an admin",
    "add_account": "needs a scope of an admin; written down",
    "change_account": "needs a scope of an admin; written down",
    "reset_password": "needs a scope of an admin; written down",
    "end_sessions": "needs a scope of an admin; written down",
    "make_token": "needs a scope of an admin; for programs alone; written down",
    "list_mappings": "needs a scope of an admin",
    "add_mapping": "needs a scope of an admin; written down",
    "remove_mapping": "needs a scope of an admin; written down",
    "sign_out": "ends only the session whose secret it has",
    "renew_session": "lengthens only the living session whose secret it has",
    "file_reports": "needs a secret; adds reports as its owner",
    "append_step": "needs the secret that has entered; an incident in its scope",
    "nearest_buildings": "the scope is its condition",
    "codes_beginning": "the scope is its condition",
    "buildings_within": "the scope is its condition",
    "houses_within": "the scope is its condition",
    "locate_points": "needs a scope: any signed-in caller may ask whose ground it is",
    "incident_assignments": "the scope is its condition",
    "scope_under_ids": "from the scope",
    "ground_matters": "the scope is its condition",
    "ground_counts": "sums of ground_matters",
    "fold_matters": "counts what is there",
    "rate_incident": "needs the secret that has entered; a closed incident in its scope or own",
    "sequence_events": "numbers what is there",
    "unmask_person": "the scope is its condition; writes down who asked, and what for",
    "rename_place": "needs a role that may; refuses what lies outside the scope",
    "open_load": "the scope is its condition",
    "tile_areas": "the scope is its condition",
    "tile_buildings": "the scope is its condition",
    "tile_ground": "no jurisdiction divides it",
    "tile_bounds": "the scope is its condition",
    "tile_incidents": "the scope is its condition",
    "tile_addresses": "the scope is its condition",
    "tile_places": "the scope is its condition",
    "tile_custom": "the scope is its condition, for roles and ground",
    "custom_described": "as tile_custom",
    "desk_map": "the scope is its condition",
    "desk_buildings": "the scope is its condition",
    "note_export": "needs a scope; writes who took what into the audit log",
    "audit_actions": "tells an admin which kinds of act the log has",
    "audit_sealed": "tells an admin up to where the log is sealed",
    "surroundings": "the scope is its condition",
    "map_shapes": "the scope is its condition",
    "keep_changes": "seals what is there",
    "escalate_due": "acts only on what is due by the database's own clock",
    "incident_duplicates": "the scope is its condition",
    "append_pair": "as append_step, for both incidents",
    "report_state": "the scope is its condition, or the caller's own report",
    "extent_told": "the scope is its condition",
    "set_extent": "needs the secret that has entered; an incident in its scope",
    "open_draft": "needs a scope of a planner or admin; an area in it",
    "store_draft_operation": "a draft in the scope of a planner or admin, at the version told",
    "move_draft": "as store_draft_operation",
    "rebase_draft": "as store_draft_operation",
    "set_draft_rules": "as store_draft_operation",
    "rename_draft": "as store_draft_operation",
    "abandon_draft": "as store_draft_operation; who opened it, or an admin",
    "set_plan_rules": "needs a scope of an admin",
    "drafts_told": "the scope of a planner or admin is its condition",
    "draft_areas": "a draft in the scope of a planner or admin",
    "draft_parents": "as draft_areas",
    "draft_faces": "as draft_areas",
    "draft_operations": "as draft_areas",
    "draft_points": "as draft_areas",
    "draft_open_incidents": "as draft_areas",
    "draft_ground": "as draft_areas",
}
# The map tile of zoom 14 in which the world lies.
TILE = (13662, 6743)


@pytest.fixture(scope="module")
def world(cluster, template) -> Iterator[SimpleNamespace]:
    """Two streets of one grid each; all guarded tables have rows in both, and in neither."""
    with cloned(cluster, template) as database, owner(database.admin_url) as connection:
        areas = {"district": put_area(connection, "district", "D", rectangle(0, 0, 2, 1))}
        for name, x in (("west", 0), ("east", 1)):
            shape = rectangle(x, 0, x + 1, 1)
            areas[name] = put_area(connection, "street", name, shape, parent=areas["district"])
            areas[f"{name}_grid"] = put_area(connection, "grid", f"{name} grid", shape,
                                             parent=areas[name])
        beat = put_area(connection, "grid", "beat", rectangle(0, 0, 2, 1), scheme="police")
        settle(connection, "base", "police")
        connection.execute(
            "INSERT INTO category (code, parent_code, name, name_en, class_rank)"
            " VALUES ('gas', 'safety', '燃气', 'Gas', 8)")
        reports = {}
        for name, x in (("west", 0.5), ("east", 1.5)):
            building = put_building(connection, f"{name} building",
                                    rectangle(x - 0.1, 0.4, x + 0.1, 0.6))
            put_address(connection, name, at(x, 0.5), building=building)
            put_duty(connection, f"{name} officer", area=areas[f"{name}_grid"], role="head")
            reports[name] = put_report(connection, at(x, 0.5))
        put_duty(connection, "district officer", area=areas["district"], role="head")
        reports["gas"] = put_report(connection, at(1.5, 0.5), category_code="gas")
        reports["words"] = put_report(connection, address="somewhere")
        connection.execute("SELECT sequence_events()")
        unit = value(connection, "INSERT INTO unit (unit_code, name, kind, categories)"
                     " VALUES ('u', 'Gas', 'department', '{safety}') RETURNING id")
        secrets = {
            "hall": put_account(connection, "hall", "hall", whole=True),
            "admin": put_account(connection, "admin", "admin", whole=True),
            "planner": put_account(connection, "planner", "planner", areas=[areas["district"]]),
            "west street": put_account(connection, "w", "street", areas=[areas["west"]]),
            "east grid": put_account(connection, "e", "officer", areas=[areas["east_grid"]]),
            "both": put_account(connection, "b", "community",
                                areas=[areas["west"], areas["east"]]),
            "police": put_account(connection, "p", "street", areas=[beat]),
            "nowhere": put_account(connection, "n", "street"),
            "intake": put_account(connection, "i", "intake"),
            "department": put_account(connection, "d", "department", unit=unit),
        }
        yield SimpleNamespace(database=database, connection=connection, areas=areas,
                              reports=reports, secrets=secrets, unit=unit)


@contextmanager
def entered(world, name: str) -> Iterator[psycopg.Connection]:
    with server(world.database.server_url) as connection, connection.transaction():
        connection.execute("SELECT enter(%s)", (world.secrets[name],))
        yield connection


@pytest.fixture
def stranger(world) -> Iterator[psycopg.Connection]:
    """The server's role, which has entered for nobody."""
    with server(world.database.server_url) as connection:
        yield connection


def _count(connection, table: str) -> int:
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
    return connection.execute(query).fetchone()["count"]


def _column(connection, query: str) -> set:
    return {next(iter(row.values())) for row in connection.execute(query)}


def test_every_table_is_guarded_or_open(world):
    tables = _column(world.connection, "SELECT relname::text FROM pg_class"
                     " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
                     " AND relowner = current_user::regrole")
    guarded = _column(world.connection, "SELECT relname::text FROM pg_class"
                      " WHERE relrowsecurity AND relnamespace = 'public'::regnamespace")
    assert tables == GUARDED | OPEN
    assert guarded == GUARDED


def test_views_show_no_more_than_their_tables(world):
    views = world.connection.execute(
        "SELECT relname::text AS name, reloptions AS options FROM pg_class WHERE relkind IN"
        " ('v', 'm') AND relnamespace = 'public'::regnamespace"
        " AND relowner = current_user::regrole"
        " AND has_table_privilege('gridwall_server', oid, 'SELECT')").fetchall()
    for view in views:
        assert "security_invoker=true" in (view["options"] or []), view["name"]


def test_the_server_s_role_owns_and_makes_nothing(world, stranger):
    assert value(world.connection, "SELECT count(*) FROM pg_shdepend AS d"
                 " JOIN pg_roles AS r ON r.oid = d.refobjid"
                 " WHERE r.rolname = 'gridwall_server' AND d.deptype = 'o'") == 0
    role = world.connection.execute(
        "SELECT * FROM pg_roles WHERE rolname = 'gridwall_server'").fetchone()
    assert not any(role[name] for name in (
        "rolsuper", "rolcreaterole", "rolcreatedb", "rolreplication", "rolbypassrls"))
    assert not value(world.connection, "SELECT pg_has_role('gridwall_server',"
                     " 'gridwall_owner', 'MEMBER')")
    for statement in ("CREATE TABLE mine (id int)", "CREATE TEMP TABLE mine (id int)",
                      "CREATE SCHEMA mine", "CREATE FUNCTION mine() RETURNS int"
                      " LANGUAGE sql RETURN 1", "SET ROLE gridwall_owner",
                      "SET SESSION AUTHORIZATION gridwall_owner",
                      "ALTER ROLE gridwall_server BYPASSRLS",
                      "ALTER TABLE area DISABLE ROW LEVEL SECURITY"):
        with pytest.raises((errors.InsufficientPrivilege, errors.InvalidSchemaName)):
            stranger.execute(statement)


@pytest.mark.parametrize("table", sorted(GUARDED | OPEN))
def test_the_server_s_role_writes_no_table(stranger, table):
    for privilege in ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES"):
        assert not value(stranger, "SELECT has_table_privilege(%s, %s)", table, privilege)
        if privilege in ("INSERT", "UPDATE", "REFERENCES"):
            assert not value(stranger, "SELECT has_any_column_privilege(%s, %s)", table,
                             privilege)


@pytest.mark.parametrize("statement", [
    *(f"SELECT * FROM {table}" for table in sorted(UNREADABLE)),
    "SELECT password_salt FROM account", "SELECT password_verifier FROM account",
    "SELECT * FROM account", "SELECT a FROM account AS a",
    "SELECT sealed FROM person", "SELECT lookup FROM person", "SELECT * FROM person",
])
def test_what_the_server_s_role_never_reads(world, statement):
    for name in ("admin", "hall"):
        with entered(world, name) as connection, pytest.raises(errors.InsufficientPrivilege):
            connection.execute(statement)


def test_nothing_is_seen_before_entering(stranger):
    for table in GUARDED - UNREADABLE - {"account"}:
        assert _count(stranger, table) == 0, table
    assert stranger.execute("SELECT id FROM account").fetchall() == []
    with pytest.raises(errors.InsufficientPrivilege):
        located(stranger, at(0.5, 0.5))
    for tile in ("tile_areas(0, 0, 0, 'base', 'grid')", "tile_buildings(0, 0, 0)",
                 "tile_incidents(0, 0, 0)", "tile_places(0, 0, 0)",
                 f"tile_addresses(14, {TILE[0]}, {TILE[1]})", "tile_custom(14, 0, 0, 'any')"):
        assert not value(stranger, f"SELECT length({tile})")
    assert value(stranger, "SELECT tile_bounds('areas')") is None
    assert stranger.execute("SELECT * FROM open_load()").fetchall() == []


def test_the_doors_are_these_and_no_others(world):
    routines = world.connection.execute(
        "SELECT p.proname::text AS name, p.prosecdef AS definer, p.proconfig AS settings,"
        " has_function_privilege('gridwall_server', p.oid, 'EXECUTE') AS may,"
        " p.prorettype = 'trigger'::regtype AS trigger"
        " FROM pg_proc AS p WHERE p.proowner = current_user::regrole").fetchall()
    assert {row["name"] for row in routines if row["definer"] and row["may"]} == set(DOORS)
    for row in routines:
        if row["definer"]:
            path = [part for part in row["settings"] if part.startswith("search_path=")]
            assert path, row["name"]
            assert path[0].endswith("pg_temp"), row["name"]
    assert not [row["name"] for row in routines if row["trigger"] and row["may"]]


def test_nobody_else_may_call_anything(world):
    found = _column(
        world.connection,
        "SELECT p.proname::text FROM pg_proc AS p,"
        " LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a"
        " WHERE p.proowner = current_user::regrole AND a.grantee = 0")
    assert found == set()


@pytest.mark.parametrize("call", [
    "open_credential(1, 'token', NULL)", "scope_signature('{}')", "credential_account('x')",
    "report_answers('{1}')", "new_epoch()", "settle_places()", "settle_areas('base')",
    "locate_point(1, 120.2, 30.3, 'wgs84', NULL, NULL, NULL, NULL, now())",
    "choose_officer('{1}', NULL, NULL, now(), now()::timestamp)",
])
def test_what_only_the_owner_calls(world, call):
    with entered(world, "admin") as connection, pytest.raises(
            (errors.InsufficientPrivilege, errors.UndefinedFunction)):
        connection.execute(f"SELECT {call}")


# Whose: areas, incidents, buildings, officers they see.
WHOLE = ({"D", "west", "east", "west grid", "east grid", "beat"},
         {"west", "east", "gas", "words"}, {"west building", "east building"},
         {"west officer", "east officer", "district officer"})
WEST = ({"D", "west", "west grid"}, {"west"}, {"west building"}, {"west officer"})
EAST = ({"D", "east", "east grid"}, {"east", "gas"}, {"east building"}, {"east officer"})
SEEN = {
    "hall": WHOLE,
    "admin": WHOLE,
    "planner": (WHOLE[0] - {"beat"}, WHOLE[1] - {"words"}, WHOLE[2], WHOLE[3]),
    "west street": WEST,
    "east grid": EAST,
    "both": (WEST[0] | EAST[0], WEST[1] | EAST[1], WEST[2] | EAST[2], WEST[3] | EAST[3]),
    "police": ({"beat"}, {"west", "east", "gas"}, WHOLE[2], set()),
    "nowhere": (set(), set(), set(), set()),
    # Nobody's ground yet: intake finds the place, in the whole library.
    "intake": (WHOLE[0], {"words"}, WHOLE[2], set()),
    "department": (set(), {"gas"}, set(), set()),
}


@pytest.mark.parametrize("name", SEEN)
def test_own_ground_and_what_lies_under_it(world, name):
    areas, incidents, buildings, officers = SEEN[name]
    numbers = {world.reports[report] for report in incidents}
    with entered(world, name) as connection:
        assert _column(connection, "SELECT code FROM area") == areas
        assert _column(connection, "SELECT id FROM incident") == numbers
        assert _column(connection, "SELECT id FROM report") == numbers
        assert _column(connection, "SELECT DISTINCT incident_id FROM step") == numbers
        assert _column(connection, "SELECT DISTINCT incident_id FROM assignment") == numbers
        assert _column(connection, "SELECT building_code FROM building") == buildings
        assert {f"{text} building" for text in _column(
            connection, "SELECT text FROM address")} == buildings
        assert _column(connection, "SELECT officer_code FROM officer") == officers
        assert _count(connection, "duty") == len(officers)
        events = _column(connection, "SELECT (payload::json ->> 'id')::bigint FROM event"
                         " WHERE kind = 'incident'")
        assert events == numbers


@pytest.mark.parametrize("name", SEEN)
def test_the_layers_hold_what_the_policies_let_through(world, name):
    with entered(world, name) as connection:
        tile = connection.execute("SELECT tile_buildings(14, %s, %s) AS tile",
                                  TILE).fetchone()["tile"]
        for building in ("west building", "east building"):
            seen = value(connection, "SELECT count(*) FROM building WHERE building_code = %s",
                         building)
            assert (building.encode() in tile) == bool(seen)
        for layer, rows in (
            ("incidents", "incident WHERE closed_at IS NULL AND geom IS NOT NULL"),
            ("places", "place_object"),
        ):
            told = mapbox_vector_tile.decode(
                value(connection, f"SELECT tile_{layer}(0, 0, 0)") or b"")
            seen = [f["properties"]["count"] for f in told.get(layer, {"features": []})["features"]]
            assert sum(seen) == value(connection, f"SELECT count(*) FROM {rows}"), layer
        tile = value(connection, "SELECT tile_addresses(14, %s, %s)", *TILE)
        for address in ("west", "east"):
            seen = value(connection, "SELECT count(*) FROM address WHERE text = %s", address)
            assert (address.encode() in tile) == bool(seen)
        open_load = value(connection, "SELECT coalesce(max(load), 0) FROM open_load()")
        most = value(connection, "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM"
                     " incident, unnest(scope_ids) AS s (id) GROUP BY s.id) AS counted")
        assert open_load == most


def test_accounts_see_themselves_and_the_admin_sees_all(world):
    with entered(world, "west street") as connection:
        assert _column(connection, "SELECT name FROM account") == {"w"}
        assert _count(connection, "account_area") == 1
        assert _count(connection, "audit") == 0
    with entered(world, "admin") as connection:
        assert len(_column(connection, "SELECT name FROM account")) == len(world.secrets)


def test_what_is_sent_to_a_unit_is_seen_by_it(world):
    put = "UPDATE incident SET unit_id = %s WHERE id = %s"
    world.connection.execute(put, (world.unit, world.reports["west"]))
    try:
        with entered(world, "department") as connection:
            both = {world.reports["west"], world.reports["gas"]}
            assert _column(connection, "SELECT id FROM incident") == both
            assert _column(connection, "SELECT (payload::json ->> 'id')::bigint FROM event"
                           " WHERE kind = 'incident'") == both
    finally:
        world.connection.execute(put, (None, world.reports["west"]))


def test_enter_tells_who_it_is(world):
    with server(world.database.server_url) as connection, connection.transaction():
        who = connection.execute("SELECT * FROM enter(%s)",
                                 (world.secrets["both"],)).fetchone()
    assert (who["name"], who["role"], who["whole"]) == ("b", "community", False)
    assert who["area_codes"] == ["west", "east"]


@pytest.mark.parametrize("secret", ["", "nonsense", None])
def test_a_secret_that_stands_for_nobody(stranger, secret):
    with pytest.raises(errors.InvalidAuthorizationSpecification):
        stranger.execute("SELECT enter(%s)", (secret,))


@pytest.mark.parametrize("end", [
    "UPDATE credential SET expires_at = clock_timestamp()",
    "UPDATE credential SET revoked_at = clock_timestamp()",
    "UPDATE account SET disabled_at = clock_timestamp()",
])
def test_a_secret_that_has_ended(world, end):
    with world.connection.transaction(force_rollback=True):
        world.connection.execute(end)
        for call in ("enter(%s)", "file_reports(%s, '[]')",
                     "append_step(%s, 1, 1, '{}', '{}')"):
            with (pytest.raises(errors.InvalidAuthorizationSpecification),
                  world.connection.transaction()):
                world.connection.execute(f"SELECT {call}", (world.secrets["admin"],))


@pytest.mark.parametrize("forged", [
    '{"whole": true}', "x" * 64 + '{"whole": true, "areas": []}', "0" * 64, "",
])
def test_a_scope_written_by_hand_stands_for_nobody(stranger, forged):
    with stranger.transaction():
        stranger.execute("SELECT set_config('gridwall.scope', %s, true)", (forged,))
        assert _count(stranger, "area") == 0
        assert value(stranger, "SELECT scope()") is None


def test_a_scope_is_good_for_its_own_transaction_only(world, stranger):
    with stranger.transaction():
        stranger.execute("SELECT enter(%s)", (world.secrets["hall"],))
        kept = value(stranger, "SELECT current_setting('gridwall.scope')")
    assert _count(stranger, "area") == 0
    stranger.execute("SELECT set_config('gridwall.scope', %s, false)", (kept,))
    assert _count(stranger, "area") == 0
    with stranger.transaction():
        stranger.execute("SELECT enter(%s)", (world.secrets["west street"],))
        stranger.execute("SELECT set_config('gridwall.scope', %s, true)", (kept,))
        assert _count(stranger, "area") == 0
    with server(world.database.server_url) as other, other.transaction():
        other.execute("SELECT set_config('gridwall.scope', %s, true)", (kept,))
        assert _count(other, "area") == 0


def test_a_scope_made_wider_does_not_hold(world, stranger):
    with stranger.transaction():
        stranger.execute("SELECT enter(%s)", (world.secrets["west street"],))
        own = value(stranger, "SELECT current_setting('gridwall.scope')")
        stranger.execute("SELECT set_config('gridwall.scope', %s, true)",
                         (own.replace('"whole": false', '"whole": true'),))
        assert _count(stranger, "area") == 0


def test_signing_in_and_out(world, stranger):
    salt = bytes(range(16))
    own = proof("correct horse", salt)
    with world.connection.transaction():
        world.connection.execute(
            "UPDATE account SET password_salt = %s, password_verifier = sha256(%s)"
            " WHERE name = 'w'", (salt, own))
    assert value(stranger, "SELECT sign_in_salt('w')") == salt
    day = timedelta(days=1)
    for name, shown in (("w", proof("wrong", salt)), ("e", own), ("nobody", own), ("w", None)):
        assert value(stranger, "SELECT sign_in(%s, %s, %s)", name, shown, day) is None
    # What the tables hold is not enough.
    verifier = value(world.connection,
                     "SELECT password_verifier FROM account WHERE name = 'w'")
    assert value(stranger, "SELECT sign_in('w', %s, %s)", verifier, day) is None
    secret = value(stranger, "SELECT sign_in('w', %s, %s)", own, None)
    assert value(stranger, "SELECT name FROM enter(%s)", secret) == "w"
    assert value(world.connection, "SELECT bool_and(expires_at < now() + interval '32 days')"
                 " FROM credential WHERE kind = 'session'") is True
    assert value(world.connection, "SELECT count(*) FROM credential WHERE secret_hash ="
                 " convert_to(%s, 'UTF8')", secret) == 0
    stranger.execute("SELECT sign_out(%s)", (secret,))
    with pytest.raises(errors.InvalidAuthorizationSpecification):
        stranger.execute("SELECT enter(%s)", (secret,))
    with world.connection.transaction(force_rollback=True):
        world.connection.execute("UPDATE account SET disabled_at = now() WHERE name = 'w'")
        assert value(world.connection, "SELECT sign_in('w', %s, %s)", own, day) is None
    actions = world.connection.execute(
        "SELECT action FROM audit WHERE action LIKE 'sign%%' ORDER BY id").fetchall()
    assert [row["action"] for row in actions] == ["sign_in_refused"] * 5 + ["sign_in", "sign_out"]


def test_the_salt_of_nobody_lasts_and_looks_like_any(stranger):
    first = value(stranger, "SELECT sign_in_salt('nobody')")
    assert len(first) == 16
    assert value(stranger, "SELECT sign_in_salt('nobody')") == first
    assert value(stranger, "SELECT sign_in_salt('somebody else')") != first


def test_places_follow_the_boundaries(world):
    """A new version of an area, and what lies in it, comes under who stands for it."""
    connection = world.connection
    with connection.transaction(force_rollback=True):
        connection.execute("UPDATE area SET period = tstzrange(lower(period), now())"
                           " WHERE code IN ('west', 'west grid', 'east', 'east grid')")
        for name, shape in (("west", rectangle(0, 0, 1.9, 1)), ("east", rectangle(1.9, 0, 2, 1))):
            put_area(connection, "street", name, shape, parent=world.areas["district"],
                     period=f"[{value(connection, 'SELECT now()').isoformat()},)")
        settle(connection)
        moved = ("SELECT b.scope_ids AS building, a.scope_ids AS address FROM building AS b"
                 " JOIN address AS a ON a.building_id = b.id"
                 " WHERE b.building_code = 'east building'")
        row = connection.execute(moved).fetchone()
        assert world.areas["west"] in row["building"]
        assert world.areas["east"] not in row["building"]
        assert row["address"] == row["building"]
        # Now nothing lies under the streets, so that they answer for points.
        assert value(connection, "SELECT leaf FROM area WHERE code = 'west'"
                     " AND upper_inf(period)") is True
        changed = value(connection, "SELECT count(*) FROM event_pending WHERE kind = 'area'")
        settle(connection)
        assert value(connection, "SELECT count(*) FROM event_pending"
                     " WHERE kind = 'area'") == changed + 1


REFUSALS = {"28000": NotSignedIn, "42501": NotAllowed, "P0002": NotFound, "40001": Conflict,
            "57P01": DatabaseAway, "53300": DatabaseAway}


@pytest.mark.anyio
async def test_refusals_in_the_project_s_words(world):
    async with open_pool(world.database.server_url) as database:
        for state, error in REFUSALS.items():
            with pytest.raises(error):
                async with database.plain() as connection:
                    await connection.execute(
                        f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$")
        with pytest.raises(errors.DivisionByZero):
            async with database.plain() as connection:
                await connection.execute("SELECT 1 / 0")
        with pytest.raises(NotSignedIn):
            async with database.scope("nonsense"):
                pass


@pytest.mark.anyio
async def test_a_scope_ends_with_its_block(world):
    async with open_pool(world.database.server_url, most=2) as database:
        for _ in range(3):
            async with database.scope(world.secrets["west street"]) as connection:
                cursor = await connection.execute("SELECT count(*) FROM area")
                assert await cursor.fetchone() == (3,)
        for _ in range(3):
            async with database.plain() as connection:
                cursor = await connection.execute("SELECT count(*) FROM area")
                assert await cursor.fetchone() == (0,)


def test_any_caller_may_ask_whose_ground_it_is(world):
    with entered(world, "west street") as connection:
        rows = located(connection, at(1.5, 0.5))
    assert rows["base"]["code"] == "east grid"
