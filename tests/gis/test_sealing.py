"""Seals: whatever is changed, taken away or put in afterwards is found, and told in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import psycopg
import pytest
from psycopg import errors

from gis.errors import InvalidInput
from gis.keeping import keep_once
from gis.sealing import Anchor, Verdict, batch_hash, verify
from tests.conftest import cloned
from tests.gis.builders import NOON, at, owner, put_area, put_duty, put_report, rectangle, settle

STEPS = 4


@pytest.fixture(scope="module")
def sealed_template(cluster, template) -> Iterator[str]:
    """A database in which three incidents were urged on and sealed after each step."""
    with cloned(cluster, template) as database:
        with owner(database.admin_url) as connection:
            street = put_area(connection, "street", "S", rectangle(0, 0, 1, 1))
            settle(connection)
            put_duty(connection, "o", area=street, role="head")
            for _ in range(3):
                put_report(connection, at(0.5, 0.5))
        with psycopg.connect(database.admin_url, autocommit=True) as connection:
            for day in range(1, 7):
                keep_once(connection, NOON + timedelta(days=day))
            keep_once(connection, NOON)
        yield database.name


@pytest.fixture
def sealed(cluster, sealed_template) -> Iterator[SimpleNamespace]:
    with cloned(cluster, sealed_template) as database, owner(database.admin_url) as connection:
        yield SimpleNamespace(database=database, connection=connection)


def _verify(world, **options) -> Verdict:
    with psycopg.connect(world.database.admin_url, autocommit=True) as connection:
        return verify(connection, **options)


def _tamper(world, table: str, *statements: str) -> None:
    """What somebody who owns the tables can do."""
    with world.connection.transaction():
        world.connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            world.connection.execute(statement)
        world.connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _rehash(world, incident: int, number: int) -> None:
    """Compute the chain anew from a step on, as an owner could."""
    _tamper(world, "step", *(
        "UPDATE step AS s SET previous_hash = p.hash, hash = step_hash(p.hash, s.incident_id,"
        " s.number, s.action, s.at, s.actor_id, s.actor_role, s.tier, s.state, s.until,"
        " s.stage_deadline_at, s.deadline_at, s.note_digest, s.target_digest)"
        f" FROM step AS p WHERE s.incident_id = {incident} AND s.number = {n}"
        f" AND p.incident_id = {incident} AND p.number = {n - 1}"
        for n in range(number, _count(world, incident) + 1)))


def _count(world, incident: int) -> int:
    return world.connection.execute("SELECT step_count FROM incident WHERE id = %s",
                                    (incident,)).fetchone()["step_count"]


def test_what_nobody_touched_is_well(sealed):
    verdict = _verify(sealed)
    assert verdict.findings == []
    assert verdict.incidents == 3
    assert verdict.steps == sum(_count(sealed, n) for n in (1, 2, 3)) > 3 * STEPS
    assert verdict.batches == verdict.last.number >= STEPS
    assert _verify(sealed, anchor=verdict.last).findings == []
    assert Anchor.parse(str(verdict.last)) == verdict.last


TAMPERINGS: dict[str, tuple[str, str, str]] = {
    "a field": ("step", "UPDATE step SET at = at - interval '1 hour' WHERE incident_id = 2"
                " AND number = 3", "step 3 of incident 2 was changed"),
    "a state": ("step", "UPDATE step SET state = 'closed' WHERE incident_id = 2 AND number = 3",
                "step 3 of incident 2 was changed"),
    "a note": ("step", "UPDATE step SET note = 'nothing' WHERE incident_id = 2 AND number = 2",
               "step 2 of incident 2: its note is not the one"),
    "a target": ("step", "UPDATE step SET target = 'officer:7' WHERE incident_id = 2"
                 " AND number = 1", "step 1 of incident 2: whom it points at"),
    "one in the middle": ("step", "DELETE FROM step WHERE incident_id = 2 AND number = 2",
                          "step 2 of incident 2 was taken away"),
    "the last": ("step", "DELETE FROM step WHERE incident_id = 2 AND number = (SELECT max(number)"
                 " FROM step WHERE incident_id = 2)", "of incident 2 was taken away after batch"),
    "all": ("step", "DELETE FROM step WHERE incident_id = 2",
            "all steps of incident 2 were taken away"),
    "one put in": (
        "step", "INSERT INTO step SELECT (jsonb_populate_record(s, jsonb_build_object('number',"
        " s.number + 1))).* FROM step AS s WHERE incident_id = 2 ORDER BY number DESC LIMIT 1",
        "of incident 2 was changed: its fields do not give its hash"),
    "a row": ("incident", "UPDATE incident SET tier = 'grid', officer_id = 1 WHERE id = 2",
              "the row of incident 2 is not what its steps make of it: tier, officer_id"),
    "a head": ("seal_head", "UPDATE seal_head SET step_count = 1 WHERE incident_id = 2"
               " AND batch_number = 2", "the list of heads of batch 2 was changed"),
    "a batch": ("seal_batch", "UPDATE seal_batch SET sealed_at = now() WHERE number = 2",
                "batch 2 was changed"),
    "no batch": ("seal_batch", "DELETE FROM seal_batch WHERE number = 2",
                 "batch 2 was taken away"),
    "an incident": ("incident", "DELETE FROM incident WHERE id = 2",
                    "incident 2 is gone, its steps are there"),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_each_tampering_is_found_and_told(sealed, what):
    table, statement, told = TAMPERINGS[what]
    _tamper(sealed, table, statement)
    verdict = _verify(sealed)
    assert any(told in finding.text for finding in verdict.findings), verdict.findings
    if table in ("step", "incident"):
        assert {finding.incident_id for finding in verdict.findings} == {2}


def test_a_chain_computed_anew_is_told_by_its_batches(sealed):
    _tamper(sealed, "step", "UPDATE step SET at = at + interval '1 minute'"
            " WHERE incident_id = 2 AND number = 3")
    _rehash(sealed, 2, 3)
    findings = _verify(sealed).findings
    assert [finding.incident_id for finding in findings] == [2]
    assert "one of the steps 2 to 3 of incident 2 was rewritten" in findings[0].text
    assert "rewritten, hashes and all, after batch" in findings[0].text


def test_a_step_put_in_with_a_good_hash_is_told(sealed):
    number = _count(sealed, 2) + 1
    _tamper(sealed, "step", "INSERT INTO step SELECT (jsonb_populate_record(s, jsonb_build_object("
            "'number', s.number + 1))).* FROM step AS s WHERE incident_id = 2"
            " ORDER BY number DESC LIMIT 1",
            f"UPDATE incident SET step_count = {number} WHERE id = 2")
    _rehash(sealed, 2, number)
    findings = _verify(sealed).findings
    assert "written past the program" in findings[0].text
    assert (findings[0].incident_id, findings[0].number) == (2, number)


def test_batches_computed_anew_are_told_by_the_one_noted_down(sealed):
    noted = _verify(sealed).last
    _tamper(sealed, "seal_batch", "UPDATE seal_batch AS b SET sealed_at = now()"
            f" WHERE number = {noted.number}", "UPDATE seal_batch AS b SET hash = seal_hash(b)")
    assert _verify(sealed).findings == []
    told = _verify(sealed, anchor=noted).findings
    assert "is not the one that was noted down" in told[0].text
    missing = _verify(sealed, anchor=Anchor(noted.number + 5, noted.hash)).findings
    assert "is not the one that was noted down" in missing[0].text


def test_the_audit_log_is_sealed_too(sealed):
    for _ in range(3):
        sealed.connection.execute("SELECT sign_in('nobody', 'x', '1 hour')")
    sealed.connection.execute("SELECT keep_changes()")
    assert _verify(sealed).findings == []
    _tamper(sealed, "audit", "UPDATE audit SET subject = 'somebody' WHERE id = 2")
    assert "the audit log's rows 1 to 3 were changed" in _verify(sealed).findings[0].text
    _tamper(sealed, "audit", "DELETE FROM audit WHERE id = 2")
    assert "3 were sealed, 2 are there" in _verify(sealed).findings[0].text


def test_an_audit_row_under_way_waits_for_the_next_batch(sealed):
    """With a lower number than one that is there already it must not slip through."""
    with owner(sealed.database.admin_url) as other, other.transaction():
        other.execute("INSERT INTO audit (action, subject) VALUES ('export', 'first')")
        sealed.connection.execute("INSERT INTO audit (action, subject) VALUES ('export', 'second')")
        assert _keep(sealed) is None
    assert _keep(sealed) is not None
    row = sealed.connection.execute(
        "SELECT audit_count, audit_to FROM seal_batch ORDER BY number DESC LIMIT 1").fetchone()
    assert row == {"audit_count": 2, "audit_to": 5}


def _keep(world) -> int | None:
    return next(iter(world.connection.execute("SELECT keep_changes()").fetchone().values()))


def test_only_what_is_asked_for_since(sealed):
    _tamper(sealed, "step", "UPDATE step SET state = 'closed' WHERE incident_id = 2"
            " AND number = 3")
    put_report(sealed.connection, at(0.5, 0.5))
    moment = datetime.now(UTC)
    assert _keep(sealed) is not None
    verdict = _verify(sealed, since=moment)
    assert (verdict.findings, verdict.incidents, verdict.batches) == ([], 1, 1)
    assert len(_verify(sealed).findings) > 0


def test_the_hash_of_a_batch_is_the_same_in_python(sealed):
    for batch in sealed.connection.execute("SELECT * FROM seal_batch").fetchall():
        assert batch_hash(batch) == batch["hash"]


def test_a_keeper_that_dies_half_way_leaves_nothing_half(sealed):
    put_report(sealed.connection, at(0.5, 0.5))
    waiting = "SELECT count(*) FROM incident_change"
    before = sealed.connection.execute(waiting).fetchone()
    with owner(sealed.database.admin_url) as dying:
        dying.execute("BEGIN")
        dying.execute("SELECT keep_changes()")
        # Elected already: whoever else comes finds nothing to do.
        assert _keep(sealed) is None
        sealed.connection.execute("SELECT pg_terminate_backend(%s, 5000)",
                                  (dying.info.backend_pid,))
        with pytest.raises(errors.AdminShutdown):
            dying.execute("COMMIT")
    assert sealed.connection.execute(waiting).fetchone() == before
    assert _keep(sealed) is not None
    assert _verify(sealed).findings == []


def test_a_load_past_intake_is_told_and_can_be_taken_in(sealed):
    sealed.connection.execute("ALTER TABLE incident_change DISABLE TRIGGER USER")
    put_report(sealed.connection, at(0.5, 0.5))
    sealed.connection.execute("DELETE FROM incident_change")
    assert "written past the program" in _verify(sealed).findings[0].text
    assert sealed.connection.execute("SELECT take_in_unsealed() AS n").fetchone()["n"] == 1
    assert _verify(sealed).findings == []
    assert _keep(sealed) is not None
    assert _verify(sealed).findings == []


@pytest.mark.parametrize("text", ["", "12", "x:00", "1:zz"])
def test_an_anchor_that_is_none(text):
    with pytest.raises(InvalidInput):
        Anchor.parse(text)




def test_a_batch_costs_what_changed_and_not_what_was(sealed):
    query = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT keep_changes()"

    def pages() -> int:
        for _ in range(2):
            put_report(sealed.connection, at(0.5, 0.5))
            plan = sealed.connection.execute(query).fetchone()["QUERY PLAN"][0]["Plan"]
        return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]

    before = pages()
    with sealed.connection.transaction():
        last = sealed.connection.execute(
            "SELECT max(number) AS n FROM seal_batch").fetchone()["n"]
        sealed.connection.execute(
            "INSERT INTO seal_batch SELECT n, now(), 10, '', NULL, 0, 0, '', NULL, ''"
            " FROM generate_series(%s, 20000) AS n", (last + 1,))
        sealed.connection.execute(
            "INSERT INTO seal_head SELECT n, i, 1, '' FROM generate_series(%s, 20000) AS n,"
            " generate_series(1, 5) AS i", (last + 1,))
    sealed.connection.execute("ANALYZE seal_batch, seal_head")
    assert pages() <= before * 1.3 + 10
