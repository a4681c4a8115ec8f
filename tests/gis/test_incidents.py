"""The closed loop: a worked life, and laws that hold for any sequence of actions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from gis.errors import Conflict, InvalidInput, NotLawful
from gis.incident_rules import OPEN_STATES, RULES, Action, Need, State
from gis.incidents import (
    Incident,
    Policy,
    apply,
    lawful_actions,
    lawful_rule,
    open_step,
    opened,
    rebuild,
    take,
)
from gis.loop_table import loop_table
from gis.steps import NO_DIGEST, Step, field_digest, sealed, step_hash
from gis.types import Channel, Place, Role, Target, TargetKind, Tier, read_target

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FULL_CITY = Policy(top_tier=Tier.CITY)


class Life:
    """An incident and its steps, an hour apart; reads as a sentence in the tests."""

    def __init__(self, emergency: bool = False, placed: bool = True) -> None:
        first = open_step(7, START, emergency=emergency, target="officer:5")
        self.emergency = emergency
        self.steps = [first]
        self.incident = opened(first, emergency, placed)

    def then(self, action: str, role: str, policy: Policy | None = None, **fields: object) -> Life:
        step = take(self.incident, Action(action), actor_role=Role(role),
                    at=self.incident.last_step_at + HOUR, policy=policy, **fields)
        self.incident = apply(self.incident, step, policy)
        self.steps.append(step)
        return self

    def is_at(self, state: str, tier: str) -> bool:
        return (self.incident.state, self.incident.tier) == (state, tier)


def hours(count: int) -> datetime:
    return START + count * HOUR


def test_a_whole_life_with_one_return() -> None:
    life = Life().then("verify", "officer").then("escalate", "officer", note="too big")
    assert life.is_at("verified", "community")
    assert life.incident.officer_id is None
    life.then("dispatch", "community", target="officer:9").then("accept", "officer",
                                                               target="officer:9")
    life.then("handle", "officer", note="swept").then("return", "community", note="not clean")
    assert life.is_at("dispatched", "community")
    assert life.incident.officer_id == 9
    assert life.incident.handled_at is None
    life.then("handle", "officer", note="swept again").then("check", "community")
    life.then("close", "community").then("assess", "street")
    assert life.is_at("assessed", "community")
    incident = life.incident
    assert (incident.verified_at, incident.dispatched_at) == (hours(1), hours(3))
    assert (incident.handled_at, incident.closed_at) == (hours(7), hours(9))
    assert rebuild(life.steps) == incident


def test_an_officer_closes_on_the_spot_only_what_the_grid_may_close() -> None:
    life = Life().then("verify", "officer")
    assert Action.CLOSE not in lawful_actions(life.incident, Role.OFFICER, Policy(
        may_close=frozenset({Tier.STREET})))
    life.then("close", "officer", note="done at once")
    assert life.is_at("closed", "grid")
    assert life.incident.handled_at == life.incident.closed_at == hours(2)


def test_an_emergency_starts_at_the_street_and_is_dispatched_unverified() -> None:
    life = Life(emergency=True)
    assert life.is_at("reported", "street")
    assert Action.DISPATCH in lawful_actions(life.incident, Role.HALL)
    life.then("dispatch", "street", target="unit:3")
    assert life.incident.unit_id == 3
    assert life.incident.verified_at == life.incident.dispatched_at == hours(1)
    assert rebuild(life.steps, emergency=True) == life.incident
    assert Action.DISPATCH not in lawful_actions(Life().incident, Role.STREET)


def test_a_breach_climbs_to_the_top_and_no_further() -> None:
    life = Life()
    for tier in ("community", "street", "district"):
        life.then("escalate", "system", note="overdue")
        assert life.is_at("reported", tier)
    assert Action.ESCALATE not in lawful_actions(life.incident, Role.SYSTEM)
    life.then("escalate", "system", FULL_CITY, note="overdue")
    assert life.is_at("reported", "city")
    assert Action.ESCALATE not in lawful_actions(life.incident, Role.SYSTEM, FULL_CITY)
    assert rebuild(life.steps) == life.incident


def test_a_request_waits_for_its_approver() -> None:
    life = Life().then("verify", "officer").then("accept", "officer", target="officer:5")
    life.then("ask_extension", "officer", note="rain", until=hours(50))
    assert life.incident.pending is Action.ASK_EXTENSION
    assert Action.APPROVE not in lawful_actions(life.incident, Role.OFFICER)
    life.then("refuse", "community", note="no")
    assert life.incident.pending is None
    life.then("ask_suspension", "officer", note="waits for a part", until=hours(60))
    life.then("approve", "community", until=hours(40))
    assert life.incident.suspended_at == hours(6)
    assert lawful_actions(life.incident, Role.OFFICER) == (Action.ABSORB,)
    life.then("resume", "system")
    assert life.incident.suspended_at is None
    life.then("ask_return", "officer", note="not mine").then("approve", "street")
    assert life.is_at("verified", "grid")
    assert life.incident.officer_id is None
    assert rebuild(life.steps) == life.incident


def test_deadlines_are_moved_by_extension_and_by_rest() -> None:
    life = Life()
    first = replace(life.steps[0], stage_deadline_at=hours(10), deadline_at=hours(100))
    life.incident = opened(sealed(first))
    life.then("suspend", "street", note="typhoon", until=hours(30)).then("urge", "hall")
    life.then("resume", "street")
    assert life.incident.stage_deadline_at == hours(12)
    assert life.incident.deadline_at == hours(102)
    life.then("extend", "street", note="more", until=hours(110))
    assert (life.incident.stage_deadline_at, life.incident.deadline_at) == (hours(110), hours(110))
    life.then("verify", "officer")
    assert life.incident.stage_deadline_at == hours(110)
    life.then("escalate", "officer", note="too big")
    assert (life.incident.stage_deadline_at, life.incident.deadline_at) == (None, hours(110))


def test_splitting_a_merge_loses_nothing() -> None:
    life = Life().then("verify", "officer").then("accept", "officer", target="officer:5")
    before = life.incident
    life.then("merge", "community", target="incident:6")
    assert (life.incident.merged_into_id, life.incident.closed_at) == (6, hours(3))
    assert lawful_actions(life.incident, Role.COMMUNITY) == (Action.SPLIT,)
    life.then("split", "community", note="two holes")
    kept = {"step_count": 3, "last_step_at": before.last_step_at, "last_hash": before.last_hash}
    assert replace(life.incident, **kept) == before


def test_an_unlawful_action_tells_the_lawful_ones_and_changes_nothing() -> None:
    incident = Life().incident
    with pytest.raises(NotLawful, match="officer may not handle an incident that is reported"
                       ) as caught:
        take(incident, Action.HANDLE, actor_role=Role.OFFICER, at=hours(1))
    assert caught.value.lawful == lawful_actions(incident, Role.OFFICER)
    assert Action.VERIFY in caught.value.lawful
    assert lawful_actions(incident, Role.PLANNER) == ()


@pytest.mark.parametrize(
    "action,fields,field",
    [
        ("reject", {}, "note"),
        ("reject", {"note": "  "}, "note"),
        ("merge", {}, "to"),
        ("merge", {"target": "officer:1"}, "to"),
        ("merge", {"target": "incident:7"}, "to"),
        ("merge", {"target": "somebody"}, "to"),
        ("verify", {"target": "officer:1"}, "to"),
        ("extend", {"note": "rain"}, "until"),
        ("extend", {"note": "rain", "until": START}, "until"),
        ("extend", {"note": "rain", "until": datetime(2026, 12, 1)}, "until"),
        ("verify", {"at": START - HOUR}, "at"),
        ("verify", {"at": datetime(2026, 12, 1)}, "at"),
    ])
def test_a_missing_or_wrong_field_is_named(
    action: str, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        take(Life().incident, Action(action),
             **{"actor_role": Role.STREET, "at": hours(1), **fields})
    assert caught.value.field == field


def test_steps_that_do_not_follow_are_refused() -> None:
    life = Life()
    step = take(life.incident, Action.VERIFY, actor_role=Role.OFFICER, at=hours(1))
    after = apply(life.incident, step)
    for wrong in (sealed(replace(step, number=3)), sealed(replace(step, incident_id=8)),
                  sealed(replace(step, previous_hash=bytes(32))), replace(step, actor_id=99)):
        with pytest.raises(Conflict):
            apply(life.incident, wrong)
    with pytest.raises(Conflict):
        apply(after, step)
    with pytest.raises(NotLawful, match="does not lead to"):
        apply(life.incident, sealed(replace(step, state=State.CLOSED)))
    for wrong in (step, sealed(replace(life.steps[0], tier=Tier.CITY))):
        with pytest.raises(NotLawful):
            rebuild([wrong])
    with pytest.raises(NotLawful):
        rebuild([])


def test_erasing_a_note_keeps_the_chain_and_changing_it_breaks_it() -> None:
    life = Life().then("reject", "officer", note="call Mrs Li, 13800000000")
    erased = replace(life.steps[1], note=None)
    assert rebuild([life.steps[0], erased]) == life.incident
    for wrong in (replace(erased, note="call nobody"), replace(erased, note_digest=NO_DIGEST)):
        with pytest.raises(Conflict):
            rebuild([life.steps[0], wrong])


ROLES = st.sampled_from(list(Role))
NOTES = st.text(st.characters(codec="utf-8"), max_size=8)


def target_of(data: st.DataObject, kinds: list[str]) -> str:
    kind, number = data.draw(st.sampled_from(kinds)), data.draw(st.integers(8, 99))
    return f"point:{number}.5,30.25 officer:{number}" if kind == "point" else f"{kind}:{number}"


def attempt(data: st.DataObject, incident: Incident, policy: Policy) -> Step | None:
    """One random action by a random role, mostly a lawful one; None when it was refused."""
    role = data.draw(ROLES)
    lawful = lawful_actions(incident, role, policy)
    action = data.draw(st.sampled_from(lawful or tuple(Action)) | st.sampled_from(list(Action)))
    kinds = lawful_rule(incident, action, role, policy).target_kinds if action in lawful else ()
    at = incident.last_step_at + data.draw(st.timedeltas(timedelta(0), 9 * HOUR))
    fields = {
        "note": data.draw(NOTES | st.just("because")),
        "target": target_of(data, sorted(kinds)) if kinds else None,
        "until": at + data.draw(st.timedeltas(-HOUR, 90 * HOUR)),
    }
    try:
        step = take(incident, action, actor_role=role, at=at, policy=policy, **fields)
    except (NotLawful, InvalidInput) as error:
        refused_rightly = (error.lawful == lawful and action not in lawful
                           if isinstance(error, NotLawful) else error.field in set(Need))
        return None if refused_rightly else pytest.fail(f"refused wrongly: {error}")
    assert action in lawful
    return step


def check_laws(incident: Incident) -> None:
    is_open = incident.state in OPEN_STATES and incident.merged_into_id is None
    assert is_open == (incident.closed_at is None)
    assert incident.officer_id is None or incident.unit_id is None
    if incident.state in (State.DISPATCHED, State.HANDLING, State.HANDLED, State.CHECKED):
        assert incident.verified_at is not None
        assert incident.dispatched_at is not None
    if incident.state in (State.HANDLED, State.CHECKED, State.CLOSED, State.ASSESSED):
        assert incident.handled_at is not None
    if incident.suspended_at is not None or incident.pending is not None:
        assert incident.state in OPEN_STATES


@settings(max_examples=150, deadline=None)
@given(data=st.data(), emergency=st.booleans(), placed=st.booleans(),
       top=st.sampled_from([Tier.DISTRICT, Tier.CITY]),
       may_close=st.frozensets(st.sampled_from(list(Tier))))
def test_any_sequence_folds_to_what_its_steps_rebuild(
    data: st.DataObject, emergency: bool, placed: bool, top: Tier, may_close: frozenset[Tier]
) -> None:
    policy = Policy(top, may_close)
    life = Life(emergency, placed)
    for _ in range(data.draw(st.integers(0, 15))):
        step = attempt(data, life.incident, policy)
        if step is not None:
            life.incident = apply(life.incident, step, policy)
            life.steps.append(step)
            assert life.incident.tier.rank <= top.rank
        check_laws(life.incident)
    assert rebuild(life.steps, emergency, life.incident.placed) == life.incident
    assert life.incident.step_count == len(life.steps)
    for left_out in range(len(life.steps) - 1):
        with pytest.raises((Conflict, NotLawful)):
            rebuild(life.steps[:left_out] + life.steps[left_out + 1:], emergency)


def test_at_most_one_rule_answers_for_each_case() -> None:
    def clash(first, second) -> bool:
        return (first.action is second.action and set(first.states) & set(second.states)
                and first.merged == second.merged
                and (None in (first.pending, second.pending) or first.pending == second.pending)
                and any(first.actors.get(tier, set()) & second.actors.get(tier, set())
                        for tier in Tier))

    assert not [(a, b) for i, a in enumerate(RULES) for b in RULES[:i] if clash(a, b)]


def test_every_action_and_every_state_is_in_the_table() -> None:
    assert {rule.action for rule in RULES} == set(Action)
    assert {rule.to_state for rule in RULES if rule.to_state} == set(State)
    assert all((Need.TO in rule.needs) <= bool(rule.target_kinds) for rule in RULES)


def test_the_page_shows_the_table_in_force() -> None:
    page = Path(__file__).parents[2] / "docs" / "loop.md"
    assert f"<!-- table -->\n{loop_table()}<!-- end" in page.read_text(encoding="utf-8"), (
        "run python -m gis.loop_table docs/loop.md")


def test_targets_are_read_and_written() -> None:
    for kind in (TargetKind.OFFICER, TargetKind.UNIT, TargetKind.INCIDENT):
        assert read_target(f"{kind}:12") == Target(kind, 12)
        assert str(Target(kind, 12)) == f"{kind}:12"
    for text, place in (
            ("house:3301040010010112345000101", Place(TargetKind.HOUSE,
                                                      "3301040010010112345000101")),
            ("building:B-7", Place(TargetKind.BUILDING, "B-7")),
            ("point:120.25,-30.5 officer:7", Place(TargetKind.POINT, "120.25,-30.5", 7))):
        assert read_target(text) == place
        assert str(place) == text
    for wrong in ("point:120.25", "point:1e3,4", "house:", "house:a b", "building:x unit:7",
                  "point:120.25,30.5 officer:x"):
        with pytest.raises(InvalidInput):
            read_target(wrong)
    for wrong in ("", "officer", "officer:", "officer:-1", "officer:１", "cat:1"):
        with pytest.raises(InvalidInput):
            Target.parse(wrong)


def test_tiers_have_neighbours() -> None:
    assert (Tier.GRID.below, Tier.GRID.above) == (None, Tier.COMMUNITY)
    assert (Tier.CITY.below, Tier.CITY.above) == (Tier.DISTRICT, None)


SQL_HASH = """
SELECT step_hash(%(previous_hash)s, %(incident_id)s, %(number)s, %(action)s, %(at)s,
                 %(actor_id)s, %(actor_role)s, %(tier)s, %(state)s, %(until)s,
                 %(stage_deadline_at)s, %(deadline_at)s, %(note)s::text, %(target)s::text),
       step_field_digest(%(note)s)
"""
OPTIONAL_TIMES = st.none() | st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30),
                                          timezones=st.just(UTC))
STEPS = st.builds(
    Step, incident_id=st.integers(1, 2**62), number=st.integers(1, 2**31 - 1),
    action=st.sampled_from(list(Action)), at=OPTIONAL_TIMES.filter(bool), actor_role=ROLES,
    tier=st.sampled_from(list(Tier)), state=st.sampled_from(list(State)),
    actor_id=st.none() | st.integers(1, 2**62),
    note=st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\x00")),
    target=st.none() | st.just("officer:12"), until=OPTIONAL_TIMES,
    stage_deadline_at=OPTIONAL_TIMES, deadline_at=OPTIONAL_TIMES,
    previous_hash=st.none() | st.binary(min_size=32, max_size=32))


def test_sql_hashes_alike(database) -> None:
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        @settings(max_examples=200, deadline=None)
        @given(STEPS)
        def hashes_are_equal(step: Step) -> None:
            fields = {name: getattr(step, name) for name in Step.__dataclass_fields__}
            answer = connection.execute(SQL_HASH, fields).fetchone()
            assert answer == (step_hash(step), field_digest(step.note))

        hashes_are_equal()


def test_a_row_is_read_as_its_step() -> None:
    step = sealed(replace(open_step(1, START), actor_role=Channel.HOTLINE))
    row = {name: getattr(step, name) for name in Step.__dataclass_fields__}
    read = Step.from_row({**row, "action": "report", "actor_role": "hotline", "tier": "grid",
                          "state": "reported"})
    assert read == step
    assert opened(read).state is State.REPORTED


GROUND = """
WITH identity AS (
    INSERT INTO area_identity (scheme, level, code) VALUES ('base', 'grid', '330104001002003')
    RETURNING id
), grid AS (
    INSERT INTO area (identity_id, ancestor_ids, scheme, level, code, name, geom)
    SELECT id, ARRAY[id], 'base', 'grid', '330104001002003', 'grid 3',
           ST_Multi(ST_MakeEnvelope(120, 30, 120.01, 30.01, 4490))
    FROM identity
), person AS (
    INSERT INTO officer (officer_code, name) VALUES ('A1', 'Li') RETURNING id
)
INSERT INTO duty (officer_id, area_identity_id, role)
SELECT person.id, identity.id, 'head' FROM person, identity
"""
REPORTS = """
INSERT INTO report (category_code, channel, address, lon, lat)
VALUES ('urban', 'resident', 'Renmin Road 1', NULL, NULL),
       ('urban', 'device', NULL, 120.005, 30.005),
       ('safety', 'hotline', NULL, 120.005, 30.005)
"""


def test_what_the_trigger_writes_rebuilds_to_the_stored_row(database) -> None:
    with psycopg.connect(database.admin_url, row_factory=dict_row) as connection:
        connection.execute("UPDATE category SET emergency = code = 'safety'")
        connection.execute(GROUND)
        connection.execute(REPORTS)
        rows = connection.execute("SELECT * FROM incident ORDER BY id").fetchall()
        for row in rows:
            steps = connection.execute(
                "SELECT * FROM step WHERE incident_id = %s ORDER BY number", (row["id"],))
            rebuilt = rebuild(map(Step.from_row, steps.fetchall()), row["emergency"])
            kept = {name: getattr(rebuilt, name) for name in row if hasattr(rebuilt, name)}
            assert kept == {name: row[name] for name in kept}
            assert {"state", "tier", "deadline_at", "officer_id", "step_count"} <= set(kept)
    assert [row["tier"] for row in rows] == ["grid", "grid", "street"]
    assert [row["officer_id"] is not None for row in rows] == [False, True, True]
