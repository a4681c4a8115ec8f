"""What was kept long enough goes, what is not due stays, and what is left still verifies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import psycopg
import pytest
from psycopg import errors

from gis import retention
from gis.errors import Conflict, InvalidInput, NotFound
from gis.incident_rules import Action
from gis.retention import Due, Rule
from gis.sealing import verify
from tests.conftest import cloned
from tests.gis.builders import value
from tests.gis.loop_world import Life, build_world, connect, entered, plain

OLD = datetime.now(UTC) - timedelta(days=2000)
WORDS = "张三 13812345678 家中漏水"


@pytest.fixture(scope="module")
def kept_template(cluster, template) -> Iterator[SimpleNamespace]:
    """Closed matters of two classes, old and new, and an old one that is open; all sealed."""
    with cloned(cluster, template) as database:
        world = build_world(database)
        with connect(database.admin_url) as owner, connect(database.server_url) as server:
            made = SimpleNamespace(name=database.name, world=world, owner=owner, server=server)
            made.old = _closed(made, "service", OLD)
            made.old_road = _closed(made, "urban.road", OLD)
            made.new = _closed(made, "service", datetime.now(UTC) - timedelta(days=400))
            made.open = Life.begin(world, owner, "service", OLD).incident.id
            owner.execute("SELECT sequence_events()")
            owner.execute("SELECT keep_changes()")
        yield made


@pytest.fixture
def kept(cluster, kept_template) -> Iterator[SimpleNamespace]:
    with (cloned(cluster, kept_template.name) as database,
          connect(database.admin_url) as owner):
        yield SimpleNamespace(**vars(kept_template) | {"database": database, "owner": owner})


def _closed(made: SimpleNamespace, category: str, moment: datetime) -> int:
    life = Life.begin(made.world, made.owner, category, moment)
    step = life.take(Action.REJECT, made.world.actors["street"], moment + timedelta(hours=1),
                     note=f"已电话告知{WORDS}")
    with entered(made.server, made.world, "street"):
        value(made.server, "SELECT append_step(%s, %s, %s, %s, %s)",
              made.world.secrets["street"], life.incident.id, 1, plain(step),
              plain(life.after(step)))
    return life.incident.id


def _erased(made: SimpleNamespace) -> set[int]:
    return {row["id"] for row in made.owner.execute(
        "SELECT id FROM report WHERE erased_at IS NOT NULL")}


def _purge(made: SimpleNamespace, **options) -> list[Due]:
    with psycopg.connect(made.database.admin_url, autocommit=True) as connection:
        return retention.purge(connection, **options)


def test_words_of_old_closed_matters_go_and_their_chain_holds(kept):
    assert _purge(kept, dry_run=True) == [
        Due("report", "service", 1), Due("report", "urban.road", 1)]
    assert _erased(kept) == set()
    _purge(kept)
    assert _erased(kept) == {kept.old, kept.old_road}
    text = kept.owner.execute(
        "SELECT string_agg(t::text, '') AS all FROM ("
        " SELECT to_jsonb(r) FROM report AS r WHERE id = %(id)s"
        " UNION ALL SELECT to_jsonb(s) FROM step AS s WHERE incident_id = %(id)s"
        " UNION ALL SELECT to_jsonb(i) FROM incident AS i WHERE id = %(id)s"
        " UNION ALL SELECT payload::jsonb FROM event"
        "   WHERE (payload::jsonb ->> 'id')::bigint = %(id)s) AS t",
        {"id": kept.old}).fetchone()["all"]
    assert "漏水" not in text
    assert "路灯" not in text
    row = kept.owner.execute("SELECT state, grid_id, closed_at FROM incident WHERE id = %s",
                             (kept.old,)).fetchone()
    assert row["closed_at"] is not None
    assert row["grid_id"] is not None
    with psycopg.connect(kept.database.admin_url, autocommit=True) as connection:
        assert verify(connection).findings == []
    assert _purge(kept) == []


def test_a_category_s_own_rule_goes_before_its_class_s_and_that_of_all(kept):
    with psycopg.connect(kept.database.admin_url, autocommit=True) as connection:
        retention.set_rule(connection, "report", 365)
        retention.set_rule(connection, "report", 4000, "urban")
        assert Rule("report", "urban", 4000) in retention.rules(connection)
        _purge(kept)
        assert _erased(kept) == {kept.old, kept.new}
        retention.set_rule(connection, "report", 1000, "urban.road")
        _purge(kept)
        assert _erased(kept) == {kept.old, kept.new, kept.old_road}
        retention.set_rule(connection, "report", None, "urban")
        assert "urban" not in {rule.category_code for rule in retention.rules(connection)}
    changes = [row["detail"] for row in kept.owner.execute(
        "SELECT detail FROM audit WHERE action = 'retention_set' ORDER BY id")]
    assert changes[0] == {"before": 1095, "after": 365}
    assert changes[-1] == {"before": 4000, "after": None}


@pytest.mark.parametrize("given", [
    ("report", 0, ""), ("report", 365, "no.such"), ("report", None, ""), ("audit", 10, ""),
    ("event", 10, "service"), ("person", 10, "service")])
def test_rules_that_mean_nothing_are_refused(kept, given):
    with (psycopg.connect(kept.database.admin_url, autocommit=True) as connection,
          pytest.raises(InvalidInput)):
        retention.set_rule(connection, *given)


def test_the_future_is_not_purged(kept):
    with pytest.raises(InvalidInput, match="lies ahead"):
        _purge(kept, as_of=datetime.now(UTC) + timedelta(days=1))


def test_one_matter_is_erased_on_request_with_a_reason_and_only_when_closed(kept):
    with psycopg.connect(kept.database.admin_url, autocommit=True) as connection:
        with pytest.raises(InvalidInput, match="say why"):
            retention.erase_matter(connection, kept.new, " ")
        with pytest.raises(Conflict, match="still open"):
            retention.erase_matter(connection, kept.open, "本人申请")
        with pytest.raises(NotFound):
            retention.erase_matter(connection, 999_999, "本人申请")
        retention.erase_matter(connection, kept.new, "本人申请")
    assert _erased(kept) == {kept.new}
    noted = kept.owner.execute("SELECT subject, detail FROM audit WHERE action = 'erase'")
    assert noted.fetchall() == [
        {"subject": f"incident:{kept.new}", "detail": {"reason": "本人申请"}}]


@pytest.mark.parametrize("statement", [
    "UPDATE report SET text = 'another'", "UPDATE report SET lon = 0",
    "UPDATE report SET category_code = 'urban', text = ''", "DELETE FROM report",
    "UPDATE step SET state = 'closed', note = NULL", "UPDATE step SET note = 'another'"])
def test_an_erasure_can_only_blank(kept, statement):
    kept.owner.execute("SET gridwall.erasing = 'on'")
    with pytest.raises(errors.InsufficientPrivilege):
        kept.owner.execute(statement)


def test_people_that_no_load_confirmed_and_what_has_ended_go(kept):
    kept.owner.execute(
        "INSERT INTO address (house_code, text, geom) VALUES"
        " ('3301040010010010000100001', 'a', ST_SetSRID(ST_MakePoint(0.5, 0.5), 4490))")
    kept.owner.execute(
        "INSERT INTO person (id, address_id, kind, key_id, lookup, masked, sealed, confirmed_at)"
        " SELECT gen_random_uuid(), a.id, 'registered', 'k', d::text::bytea, '', '',"
        " now() - make_interval(days => d) FROM address a, (VALUES (10), (800)) AS v(d)")
    kept.owner.execute("INSERT INTO credential (secret_hash, account_id, kind, expires_at)"
                       " SELECT 'x', min(id), 'session', now() - interval '1 year' FROM account")
    kept.owner.execute("INSERT INTO notice (account_id, incident_id, kind, read_at)"
                       " VALUES (1, 1, 'closed', now() - interval '1 year')")
    found = {(due.kind, due.category_code): due.count for due in _purge(kept)}
    assert found[("person", "registered")] == 1
    assert found[("credential", "")] == 1
    assert found[("notice", "")] == 1
    assert value(kept.owner, "SELECT count(*) FROM person") == 1


def test_events_go_but_for_those_that_who_comes_back_may_ask_for(kept):
    kept.owner.execute("DELETE FROM event")
    kept.owner.execute(
        "INSERT INTO event (sequence, at, kind, payload)"
        " SELECT n, now() - interval '60 days', 'incident', '{}' FROM generate_series(1, 6000) n")
    kept.owner.execute("UPDATE event_head SET sequence = 6000")
    kept.owner.execute("UPDATE assessment_head SET sequence = 6000")
    assert Due("event", "", 1000) in _purge(kept)
    assert value(kept.owner, "SELECT min(sequence) FROM event") == 1001
