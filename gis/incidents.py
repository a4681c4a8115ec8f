"""The closed loop: a pure machine over an append-only list of steps.

The rules stand in `gis.incident_rules`. An incident is what its steps make of it and nothing
else: ``rebuild(steps)`` gives the row that the database keeps as a cache. Time is always an
argument; deadlines are computed by `gis.clocks` and carried in the steps, so that a later
change of limits never rewrites what was in force.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from gis.errors import Conflict, InvalidInput, NotLawful
from gis.incident_folding import Incident, begun, folded
from gis.incident_policy import ANY_POLICY, Actor, Allowance, Policy, is_theirs
from gis.incident_rules import RULES, Action, Move, Need, Rule, State
from gis.steps import Step, sealed, step_hash
from gis.types import Channel, Place, Role, Target, TargetKind, Tier, read_target

__all__ = ["ANY_POLICY", "Actor", "Allowance", "Deadlines", "Incident", "Policy", "Who", "apply",
           "initial_tier", "lawful_actions", "lawful_rule", "lawful_rules", "open_step", "opened",
           "outcome", "rebuild", "take"]

# A bare role is judged by the table; an actor by who they are, too.
Who = Role | Actor


@dataclass(frozen=True)
class Deadlines:
    """Both clocks as a step leaves them; None where none runs."""

    stage_deadline_at: datetime | None = None
    deadline_at: datetime | None = None


def initial_tier(emergency: bool) -> Tier:
    """Where a report starts: the grid; emergencies (突发) go past grid and community."""
    return Tier.STREET if emergency else Tier.GRID


def lawful_rules(incident: Incident, who: Who, policy: Policy | None = None) -> list[Rule]:
    """The rows by which somebody may act now, at most one an action, in the table's order."""
    actor = _actor(who)
    city = policy or Policy()
    return [rule for rule in RULES
            if _holds(rule, incident, actor.role) and city.allows(rule, incident, actor.role)
            and (not isinstance(who, Actor) or is_theirs(rule, incident, actor))]


def lawful_actions(incident: Incident, who: Who,
                   policy: Policy | None = None) -> tuple[Action, ...]:
    """The actions that somebody may take now, in the machine's order; often none."""
    rules = lawful_rules(incident, who, policy)
    return tuple(action for action in Action if any(rule.action is action for rule in rules))


def lawful_rule(incident: Incident, action: Action, who: Who,
                policy: Policy | None = None) -> Rule:
    """The row by which somebody may take an action now (what it needs, what it may point at).

    Raises
    ------
    NotLawful
        Where there is none; carries the lawful actions.
    """
    for rule in lawful_rules(incident, who, policy):
        if rule.action is action:
            return rule
    lawful = lawful_actions(incident, who, policy)
    raise NotLawful(
        f"{_actor(who).role} may not {action} an incident that is {_standing(incident)} at"
        f" {incident.tier}; lawful: {', '.join(lawful) or 'nothing'}", lawful)


def open_step(incident_id: int, at: datetime, *, emergency: bool = False,
              channel: Channel = Channel.IMPORT, actor_id: int | None = None,
              target: str | None = None, deadlines: Deadlines | None = None) -> Step:
    """The first step, as the database's insert trigger writes it; it never carries a note."""
    clocks = deadlines or Deadlines()
    return sealed(Step(
        incident_id, 1, Action.REPORT, at, Channel(channel), initial_tier(emergency),
        State.REPORTED, actor_id=actor_id, target=target,
        stage_deadline_at=clocks.stage_deadline_at, deadline_at=clocks.deadline_at))


def take(incident: Incident, action: Action, *, actor_role: Who, at: datetime,
         actor_id: int | None = None, note: str | None = None, target: str | None = None,
         until: datetime | None = None, deadlines: Deadlines | None = None,
         policy: Policy | None = None) -> Step:
    """The step that an action makes, ready to be stored and applied.

    Without `deadlines` the running ones stay: an extension moves them to `until`, a resumption
    moves them by the time suspended, and a new tier ends the stage's. `actor_role` may be an
    `Actor`: then what was sent to others, or claimed by them, is not theirs to do.

    Raises
    ------
    NotLawful
        The role may not do it now; carries the lawful actions.
    InvalidInput
        A needed field is missing or can't be used (note, to, until, at).
    """
    actor = _actor(actor_role)
    rule = lawful_rule(incident, action, actor_role, policy)
    state, tier = outcome(incident, rule)
    step = Step(incident.id, incident.step_count + 1, action, at, actor.role, tier, state,
                actor.account_id if actor_id is None else actor_id, note, target, until,
                previous_hash=incident.last_hash)
    _check_fields(incident, rule, step)
    _check_until(incident, rule, step, policy or Policy())
    if isinstance(actor_role, Actor):
        _check_claim(rule, step, actor)
    clocks = deadlines or _running_deadlines(incident, rule, step)
    return sealed(replace(step, stage_deadline_at=clocks.stage_deadline_at,
                          deadline_at=clocks.deadline_at))


def apply(incident: Incident, step: Step, policy: Policy | None = None) -> Incident:
    """The incident after a step. The incident given is never changed.

    Raises
    ------
    NotLawful
        The step is not in the table for this incident and role, or claims another outcome.
    Conflict
        It does not follow the last step (number, hash).
    InvalidInput
        A needed field is missing or can't be used.
    """
    _check_chain(incident, step)
    rule = lawful_rule(incident, step.action, Role(step.actor_role), policy)
    if (step.state, step.tier) != outcome(incident, rule):
        raise NotLawful(f"{step.action} does not lead to {step.state} at {step.tier}",
                        lawful_actions(incident, Role(step.actor_role), policy))
    _check_fields(incident, rule, step)
    _check_until(incident, rule, step, policy or Policy())
    return folded(incident, rule, step)


def opened(step: Step, emergency: bool = False, placed: bool = True) -> Incident:
    """The incident that a first step opens; refuses any other step as `apply` does."""
    if step.action is not Action.REPORT or step.number != 1:
        raise NotLawful("an incident begins with report", (Action.REPORT,))
    if step.state is not State.REPORTED or step.tier is not initial_tier(emergency):
        raise NotLawful(f"report does not lead to {step.state} at {step.tier}", (Action.REPORT,))
    if step.previous_hash is not None or step.hash != step_hash(step):
        raise Conflict(f"step 1 of incident {step.incident_id} is not what its hash says")
    return begun(step, emergency, placed)


def rebuild(steps: Iterable[Step], emergency: bool = False, placed: bool = True) -> Incident:
    """The incident that a list of steps makes, whatever the policies were on the way.

    `emergency` and `placed` (whether it is known where it is) are those of the incident now; one
    that a step has located came without a place.
    """
    remaining = list(steps)
    if not remaining:
        raise NotLawful("an incident without a step is none", (Action.REPORT,))
    located = any(step.action is Action.LOCATE for step in remaining)
    incident = opened(remaining[0], emergency, placed and not located)
    for step in remaining[1:]:
        incident = apply(incident, step, ANY_POLICY)
    return incident


def _actor(who: Who) -> Actor:
    return who if isinstance(who, Actor) else Actor(Role(who))


def _standing(incident: Incident) -> str:
    if incident.merged_into_id is not None:
        return f"merged into {incident.merged_into_id}"
    return f"{incident.state}, suspended" if incident.suspended_at else incident.state


def _holds(rule: Rule, incident: Incident, role: Role) -> bool:
    return (
        incident.state in rule.states
        and rule.may(role, incident.tier, incident.emergency)
        and rule.merged == (incident.merged_into_id is not None)
        and rule.suspended in (None, incident.suspended_at is not None)
        and rule.pending in (None, incident.pending)
        and (incident.emergency or not rule.emergency_only)
        and not (rule.unplaced_only and incident.placed)
    )


def outcome(incident: Incident, rule: Rule) -> tuple[State, Tier]:
    """State and tier to which a rule leads."""
    moved = {Move.STAY: incident.tier, Move.UP: incident.tier.above,
             Move.DOWN: incident.tier.below}[rule.move]
    return rule.to_state or incident.state, moved or incident.tier


def _check_chain(incident: Incident, step: Step) -> None:
    if step.incident_id != incident.id:
        raise Conflict(f"a step of incident {step.incident_id} on incident {incident.id}")
    if step.number != incident.step_count + 1 or step.previous_hash != incident.last_hash:
        raise Conflict(f"step {step.number} of incident {incident.id} does not follow its last,"
                       f" number {incident.step_count}")
    if step.hash != step_hash(step):
        raise Conflict(f"step {step.number} of incident {incident.id} is not what its hash says")


def _check_fields(incident: Incident, rule: Rule, step: Step) -> None:
    given = {Need.NOTE: step.has_note, Need.TO: step.target, Need.UNTIL: step.until}
    for need in Need:
        if need in rule.needs and not given[need]:
            raise InvalidInput(f"{step.action} needs {need}", field=need)
    if step.at.tzinfo is None or step.at < incident.last_step_at:
        raise InvalidInput(f"a step at {step.at} can't follow one at {incident.last_step_at}",
                           field="at")
    if step.until is not None and (step.until.tzinfo is None or step.until <= step.at):
        raise InvalidInput(f"until {step.until} does not lie after {step.at}", field="until")
    if step.target is not None:
        _check_target(incident, rule, read_target(step.target))


def _check_until(incident: Incident, rule: Rule, step: Step, policy: Policy) -> None:
    latest = policy.latest(rule, incident, step.at)
    if latest is not None and step.until is not None and step.until > latest:
        raise InvalidInput(
            f"until may be {latest.isoformat(timespec='seconds')} at the latest: the city allows"
            f" no more at once", field="until")


def _check_claim(rule: Rule, step: Step, actor: Actor) -> None:
    """Officers and departments claim for themselves alone."""
    if rule.action is not Action.ACCEPT or actor.role not in (Role.OFFICER, Role.DEPARTMENT):
        return
    if step.target is not None and not actor.is_target(Target.parse(step.target)):
        raise InvalidInput(f"{step.target} is not you: claim it for yourself or your unit;"
                           " another gets it by dispatch or transfer", field="to")


def _check_target(incident: Incident, rule: Rule, target: Target | Place) -> None:
    if target.kind not in rule.target_kinds:
        kinds = " or ".join(kind for kind in TargetKind if kind in rule.target_kinds)
        raise InvalidInput(f"{rule.action} can't point at {target}: expected {kinds or 'nothing'}",
                           field="to")
    if target == Target(TargetKind.INCIDENT, incident.id):
        raise InvalidInput(f"incident {incident.id} can't {rule.action} itself", field="to")


def _running_deadlines(incident: Incident, rule: Rule, step: Step) -> Deadlines:
    stage, whole = incident.stage_deadline_at, incident.deadline_at
    if rule.extends and step.until is not None:
        return Deadlines(step.until, None if whole is None else max(whole, step.until))
    if rule.action is Action.RESUME and incident.suspended_at is not None:
        rested = step.at - incident.suspended_at
        return Deadlines(stage and stage + rested, whole and whole + rested)
    return Deadlines(stage if step.tier is incident.tier else None, whole)
