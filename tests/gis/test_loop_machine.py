"""The loop against the real database: random lives, a worker that is killed, and all laws hold.

Some hundred lives ordinarily, ten thousand with ``--long``. Each example has several at once,
under one clock; each act is a transaction of its own through the doors that the server uses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg import errors

from gis.errors import InvalidInput, NotLawful
from gis.incident_rules import Action
from gis.incidents import lawful_actions
from gis.sealing import differences, verify
from gis.steps import Step, sealed
from tests.conftest import cloned
from tests.gis.builders import NOON, value
from tests.gis.loop_world import CATEGORIES, Life, World, build_world, connect, entered, plain

TOGETHER = 8
TICK = timedelta(hours=3)
PEOPLE = ("hall", "street", "community", "officer", "department", "planner", "intake")
ACTIONS = tuple(action for action in Action if action not in (Action.REPORT, Action.LOCATE))


@pytest.fixture(scope="module")
def stage(cluster, template) -> Iterator[SimpleNamespace]:
    with cloned(cluster, template) as database:
        world = build_world(database)
        with (connect(world.admin_url) as admin, connect(world.server_url) as server):
            tally = SimpleNamespace(lives=0, steps=0, refused=0, worker=0, killed=0)
            yield SimpleNamespace(world=world, admin=admin, server=server, tally=tally)


# Whose matter, who, which action (mostly a lawful one), a number for the rest, minutes that pass,
# and what befalls the worker's looks meanwhile.
ACTS = st.lists(
    st.tuples(st.integers(0, TOGETHER - 1), st.integers(0, len(PEOPLE) - 1),
              st.integers(0, 99), st.integers(0, 999), st.integers(0, 360),
              st.sampled_from(["well"] * 6 + ["killed", "twice", "late", "unsealed"])),
    min_size=20, max_size=90)


class Play:
    """One example: lives under one clock, acted out on both sides."""

    def __init__(self, stage: SimpleNamespace) -> None:
        self.world: World = stage.world
        self.admin, self.server, self.tally = stage.admin, stage.server, stage.tally
        self.now = NOON
        self.next_tick = NOON + TICK
        self.lives = [Life.begin(self.world, self.admin, CATEGORIES[n % len(CATEGORIES)], NOON)
                      for n in range(TOGETHER)]
        self.tally.lives += TOGETHER

    def act(self, which: int, person: int, choice: int, seed: int, minutes: int,
            fate: str) -> None:
        """Time passes, the worker looks, and somebody tries something."""
        self.now += timedelta(minutes=minutes)
        while self.next_tick <= self.now:
            self.look(fate)
            self.next_tick += TICK
            fate = "well"
        life = self.lives[which]
        who, action = self._choose(life, PEOPLE[person], choice)
        if seed % 17 == 0:
            self._tamper(life, seed)
        try:
            self._take(life, who, action, seed)
        except (NotLawful, InvalidInput):
            self.tally.refused += 1

    def _choose(self, life: Life, who: str, choice: int) -> tuple[str, Action]:
        """Mostly something that somebody may do now; otherwise anything by anybody."""
        policy = self.world.rules.policy(life.category)
        lawful = [(name, action) for name in PEOPLE for action in lawful_actions(
            life.incident, self.world.actors[name], policy) if action in ACTIONS]
        if lawful and choice < 80:
            return lawful[choice % len(lawful)]
        return who, ACTIONS[choice % len(ACTIONS)]

    def _take(self, life: Life, who: str, action: Action, seed: int) -> None:
        if action in (Action.MERGE, Action.ABSORB):
            other = self.lives[seed % TOGETHER]
            merged, into = (life, other) if action is Action.MERGE else (other, life)
            self._merge(merged, into, who)
            return
        step = life.take(action, self.world.actors[who], self.now, **self._fields(life, seed))
        with entered(self.server, self.world, who):
            count = value(self.server, "SELECT append_step(%s, %s, %s, %s, %s)",
                          self.world.secrets[who], life.incident.id, life.incident.step_count,
                          plain(step), plain(life.after(step)))
        assert count == step.number
        life.add(step)
        self.tally.steps += 1

    def _fields(self, life: Life, seed: int) -> dict[str, Any]:
        targets = (None, "officer:1", f"unit:{self.world.unit}", None)
        return {"note": ("因为", "雨", None)[seed % 3 if seed % 5 else 0],
                "target": targets[seed % 4],
                "until": self.now + timedelta(hours=seed % 60 - 3)}

    def _merge(self, merged: Life, into: Life, who: str) -> None:
        actor = self.world.actors[who]
        one = merged.take(Action.MERGE, actor, self.now, target=f"incident:{into.incident.id}")
        two = into.take(Action.ABSORB, actor, self.now, target=f"incident:{merged.incident.id}")
        with entered(self.server, self.world, who):
            value(self.server, "SELECT append_pair(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                  self.world.secrets[who],
                  merged.incident.id, merged.incident.step_count, plain(one),
                  plain(merged.after(one)),
                  into.incident.id, into.incident.step_count, plain(two), plain(into.after(two)))
        merged.add(one)
        into.add(two)
        self.tally.steps += 2

    def _tamper(self, life: Life, seed: int) -> None:
        """What nobody may: each is refused, and changes nothing."""
        step = replace(life.steps[-1], number=life.incident.step_count + 1, action=Action.URGE)
        call = "SELECT append_step(%s, %s, %s, %s, %s)"
        number, count = life.incident.id, life.incident.step_count
        state = plain(life.incident)
        tries = (
            ("street", call, (number, count - 1, plain(step), state), errors.SerializationFailure),
            ("beside", call, (number, count, plain(step), state), errors.NoDataFound),
            ("street", call, (number, count, plain(replace(step, action=Action.MERGE)), state),
             errors.CheckViolation))
        who, query, values, refusal = tries[seed % len(tries)]
        with pytest.raises(refusal), entered(self.server, self.world, who):
            self.server.execute(query, (self.world.secrets[who], *values))
        change = ("UPDATE step SET note = 'x' WHERE incident_id = %s",
                  "DELETE FROM step WHERE incident_id = %s",
                  "DELETE FROM clock_mark WHERE %s > 0",
                  "DELETE FROM incident WHERE id = %s")[seed % 4]
        # A row trigger has nothing to refuse where there is no row.
        if "clock_mark" not in change or life.marks:
            with pytest.raises(errors.InsufficientPrivilege):
                self.admin.execute(change, (number,))
        self.tally.refused += 2

    def look(self, fate: str) -> None:
        """One tick of the worker, and whatever befalls it."""
        now = self.next_tick
        if fate == "late":
            # Somebody else was elected and died: this tick is the next one's.
            return
        if fate == "killed":
            self._killed("SELECT keep_changes()")
            self._killed("SELECT escalate_at(%s)", now)
        if fate != "unsealed":
            self.admin.execute("SELECT keep_changes()")
            for life in self.lives:
                life.look(now)
        for _ in range(2 if fate == "twice" else 1):
            self._act_all(now)
        if fate == "unsealed":
            # What changed is not settled yet: what is done is due all the same.
            self.admin.execute("SELECT keep_changes()")
            for life in self.lives:
                life.look(now)
            self._act_all(now)

    def _act_all(self, now: Any) -> None:
        while value(self.admin, "SELECT escalate_at(%s, 5)", now):
            continue

    def _killed(self, query: str, *values: Any) -> None:
        """A worker that has claimed and acted, terminated before it commits."""
        with psycopg.connect(self.world.admin_url) as dying:
            dying.execute(query, values)
            self.admin.execute("SELECT pg_terminate_backend(%s, 5000)", (dying.info.backend_pid,))
            with pytest.raises(errors.AdminShutdown):
                dying.execute("SELECT 1")
        self.tally.killed += 1

    def check(self) -> None:
        """Nothing lost, nothing early, late or twice; hashes and rows as the laws have them."""
        for life in self.lives:
            number = life.incident.id
            rows = self.admin.execute("SELECT * FROM step WHERE incident_id = %s ORDER BY number",
                                      (number,)).fetchall()
            assert [_told(Step.from_row(row)) for row in rows] == [
                _told(step) for step in life.steps]
            for before, row in zip([None, *rows], rows, strict=False):
                assert row["previous_hash"] == (before and before["hash"])
                step = Step.from_row(row)
                assert step == sealed(step)
            row = self.admin.execute("SELECT * FROM incident WHERE id = %s", (number,)).fetchone()
            assert set(differences(life.incident, row)) <= {"last_hash"}
            self._check_marks(life)

    def _check_marks(self, life: Life) -> None:
        marks = self.admin.execute("SELECT * FROM clock_mark WHERE incident_id = %s",
                                   (life.incident.id,)).fetchall()
        assert {(mark["clock"], mark["kind"], mark["set_by"]):
                (mark["due_at"], mark["step_number"]) for mark in marks} == life.marks
        by_worker = [step.number for step in life.steps if step.actor_role == "system"]
        assert sorted({mark["step_number"] for mark in marks}) == by_worker
        for mark in marks:
            assert mark["due_at"] <= mark["acted_at"]
        self.tally.worker += len(by_worker)

    def clear(self) -> None:
        """The next example's clock begins anew: these lives have none any more."""
        self.admin.execute("SELECT keep_changes()")
        self.admin.execute("DELETE FROM clock_due")


def _told(step: Step) -> tuple[Any, ...]:
    """A step without its hash; of two clocks that run out together either may be named."""
    note = step.note.split()[-1] if step.actor_role == "system" and step.note else step.note
    return (step.incident_id, step.number, step.action, step.at, step.actor_role, step.tier,
            step.state, step.actor_id, note, step.target, step.until, step.stage_deadline_at,
            step.deadline_at)


def _play(stage: SimpleNamespace, acts: list[tuple[Any, ...]]) -> None:
    play = Play(stage)
    try:
        for act in acts:
            play.act(*act)
        play.check()
    finally:
        play.clear()


def _is_whole(stage: SimpleNamespace) -> None:
    """All lives of the run: chains, seals, and rows rebuilt from their steps."""
    with psycopg.connect(stage.world.admin_url, autocommit=True) as connection:
        verdict = verify(connection)
    assert verdict.findings == []
    assert verdict.incidents == stage.tally.lives
    assert min(vars(stage.tally).values()) > 0, stage.tally


LAX = {
    "deadline": None, "phases": [Phase.generate],
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large,
                              HealthCheck.large_base_example]}


def test_some_hundred_lives(stage):
    @settings(max_examples=15, **LAX)
    @given(acts=ACTS)
    def play(acts):
        _play(stage, acts)

    play()
    _is_whole(stage)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_ten_thousand_lives(stage):
    @settings(max_examples=10_000 // TOGETHER, **LAX)
    @given(acts=ACTS)
    def play(acts):
        _play(stage, acts)

    play()
    assert stage.tally.lives >= 10_000
    _is_whole(stage)
