"""An incident, and what each lawful step makes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from gis.incident_rules import ASKED, Action, Rule, State
from gis.steps import Step
from gis.types import Place, Target, TargetKind, Tier


@dataclass(frozen=True)
class Incident:
    """A matter as its steps have left it. It is open exactly while `closed_at` is None.

    `answerable_id` is the account that took the first call (首问责任), whoever handles it;
    `placed` whether it is known where it is.
    """

    id: int
    state: State
    tier: Tier
    emergency: bool
    step_count: int
    last_step_at: datetime
    last_hash: bytes
    opened_at: datetime
    officer_id: int | None = None
    unit_id: int | None = None
    verified_at: datetime | None = None
    dispatched_at: datetime | None = None
    handled_at: datetime | None = None
    closed_at: datetime | None = None
    stage_deadline_at: datetime | None = None
    deadline_at: datetime | None = None
    suspended_at: datetime | None = None
    merged_into_id: int | None = None
    pending: Action | None = None
    suspended_until: datetime | None = None
    answerable_id: int | None = None
    extension_count: int = 0
    suspension_count: int = 0
    placed: bool = True


def begun(step: Step, emergency: bool, placed: bool = True) -> Incident:
    """The incident as its first step leaves it."""
    officer_id, unit_id = _handler(step)
    return Incident(
        step.incident_id, step.state, step.tier, emergency, 1, step.at, step.hash, step.at,
        officer_id, unit_id, stage_deadline_at=step.stage_deadline_at,
        deadline_at=step.deadline_at, answerable_id=step.actor_id, placed=placed)


def folded(incident: Incident, rule: Rule, step: Step) -> Incident:
    """The incident as a step by a rule leaves it; the step has been found lawful."""
    changed = replace(
        incident, state=step.state, tier=step.tier, step_count=step.number,
        last_step_at=step.at, last_hash=step.hash, stage_deadline_at=step.stage_deadline_at,
        deadline_at=step.deadline_at, pending=_pending(incident, rule))
    if rule.action in (Action.DISPATCH, Action.ACCEPT, Action.TRANSFER, Action.REDRAW):
        officer_id, unit_id = _handler(step)
        changed = replace(changed, officer_id=officer_id, unit_id=unit_id)
    elif rule.action is Action.LOCATE and step.target is not None:
        changed = replace(changed, officer_id=Place.parse(step.target).officer_id, unit_id=None,
                          placed=True)
    elif rule.frees:
        changed = replace(changed, officer_id=None, unit_id=None)
    return _marked(changed, rule, step)


def _pending(incident: Incident, rule: Rule) -> Action | None:
    """What waits for an answer: a later request takes the place of an earlier one."""
    if rule.action in ASKED:
        return rule.action
    answered = rule.action in (Action.APPROVE, Action.REFUSE) or rule.to_state is not None
    return None if answered or rule.extends or rule.suspends else incident.pending


def _marked(incident: Incident, rule: Rule, step: Step) -> Incident:
    """Times and marks: first verified and dispatched, last handled and closed."""
    if rule.action is Action.REOPEN:
        return replace(incident, handled_at=None, closed_at=None)
    if rule.action is Action.MERGE and step.target is not None:
        return replace(incident, merged_into_id=Target.parse(step.target).id, closed_at=step.at)
    if rule.action is Action.SPLIT:
        return replace(incident, merged_into_id=None, closed_at=None)
    if rule.suspends:
        return replace(incident, suspended_at=step.at, suspended_until=step.until,
                       suspension_count=incident.suspension_count + 1)
    if rule.extends:
        return replace(incident, extension_count=incident.extension_count + 1)
    if rule.action is Action.RESUME:
        return replace(incident, suspended_at=None, suspended_until=None)
    return _timed(incident, step)


def _timed(incident: Incident, step: Step) -> Incident:
    at, state = step.at, step.state
    if step.action is Action.RETURN or state is State.DISPATCHED:
        incident = replace(incident, handled_at=None)
    if state in (State.VERIFIED, State.DISPATCHED):
        incident = replace(incident, verified_at=incident.verified_at or at)
    if state in (State.DISPATCHED, State.HANDLING):
        incident = replace(incident, dispatched_at=incident.dispatched_at or at)
    if state in (State.HANDLED, State.CLOSED):
        incident = replace(incident, handled_at=incident.handled_at or at)
    if step.action in (Action.CLOSE, Action.REJECT):
        incident = replace(incident, closed_at=at)
    return incident


def _handler(step: Step) -> tuple[int | None, int | None]:
    """Officer and unit that a step's target names, one of them at most."""
    if step.target is None:
        return None, None
    target = Target.parse(step.target)
    return (target.id if target.kind is TargetKind.OFFICER else None,
            target.id if target.kind is TargetKind.UNIT else None)
