"""What decides beside the table: who acts, and what a city has set for a category."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gis.incident_folding import Incident
from gis.incident_rules import Action, Move, Rule, State
from gis.types import Role, Target, TargetKind, Tier

# Of those who approve, who may grant what a lower one may not.
_APPROVERS = (Role.COMMUNITY, Role.STREET, Role.HALL)
# Sent to somebody: from then on it is theirs.
_SENT = (State.DISPATCHED, State.HANDLING, State.HANDLED, State.CHECKED)
_WORKERS = (Role.OFFICER, Role.DEPARTMENT)


@dataclass(frozen=True)
class Actor:
    """Who acts: the role, and as which account, officer and unit.

    `of_city` tells that a hall's ground is the whole city: only such may act in the city's tier.
    """

    role: Role
    account_id: int | None = None
    officer_id: int | None = None
    unit_id: int | None = None
    of_city: bool = False

    def is_target(self, target: Target) -> bool:
        """Whether a step's target is this officer or this unit."""
        own = self.officer_id if target.kind is TargetKind.OFFICER else self.unit_id
        return own is not None and own == target.id

    def handles(self, incident: Incident) -> bool:
        """Whether the matter was sent to this officer or this unit."""
        return ((incident.officer_id is not None and incident.officer_id == self.officer_id)
                or (incident.unit_id is not None and incident.unit_id == self.unit_id))


@dataclass(frozen=True)
class Allowance:
    """How a clock may be moved or stopped: how often, for how long at most, by whom.

    None leaves it to the table alone. `approver` is the lowest role that may grant it.
    """

    times: int | None = None
    longest: timedelta | None = None
    approver: Role | None = None

    def grants(self, role: Role) -> bool:
        """Whether a role is high enough to grant it."""
        if self.approver not in _APPROVERS or role not in _APPROVERS:
            return True
        return _APPROVERS.index(role) >= _APPROVERS.index(self.approver)

    def latest(self, begins: datetime) -> datetime | None:
        """The latest `until` of one that begins at an instant; None where nothing limits it."""
        return None if self.longest is None else begins + self.longest


@dataclass(frozen=True)
class Policy:
    """What differs by city and category, as data.

    Attributes
    ----------
    top_tier
        The highest tier: the district, or the city where that is switched on.
    may_close
        The tiers in which a matter of the category may be closed.
    extension, suspension
        How far the clock may be moved (延期), how long it may be stopped (挂账).
    """

    top_tier: Tier = Tier.DISTRICT
    may_close: frozenset[Tier] = frozenset(Tier)
    extension: Allowance = Allowance()
    suspension: Allowance = Allowance()

    def allowance(self, rule: Rule) -> tuple[Allowance, str] | None:
        """The allowance that a rule draws on, with the incident's field that counts its use."""
        if rule.extends or rule.asks is Action.EXTEND:
            return self.extension, "extension_count"
        if rule.suspends or rule.asks is Action.SUSPEND:
            return self.suspension, "suspension_count"
        return None

    def allows(self, rule: Rule, incident: Incident, role: Role) -> bool:
        """Whether the city's data let a rule of the table stand for this matter."""
        if rule.by_authority and incident.tier not in self.may_close:
            return False
        if rule.move is Move.UP and incident.tier.rank >= self.top_tier.rank:
            return False
        drawn = self.allowance(rule)
        if drawn is None:
            return True
        allowance, counted = drawn
        spent = allowance.times is not None and getattr(incident, counted) >= allowance.times
        return not spent and (rule.asks is not None or allowance.grants(role))

    def latest(self, rule: Rule, incident: Incident, at: datetime) -> datetime | None:
        """The latest `until` that a step by a rule may name at an instant; None: any.

        An extension is counted from the deadline that runs, a suspension from now.
        """
        drawn = self.allowance(rule)
        if drawn is None:
            return None
        running = incident.stage_deadline_at or incident.deadline_at or at
        counted_from = max(at, running) if drawn[1] == "extension_count" else at
        return drawn[0].latest(counted_from)


# What was done was lawful by the data of its day: the past is judged by the table alone.
ANY_POLICY = Policy(top_tier=Tier.CITY)


def is_theirs(rule: Rule, incident: Incident, actor: Actor) -> bool:
    """Whether a matter is the actor's to act on: who claims it closes it, whoever else may see it.

    Desks of the tier may enter what a handler did; officers and departments act for themselves.
    """
    if actor.role is Role.HALL and incident.tier is Tier.CITY and not actor.of_city:
        return False
    if not rule.by_handler or actor.role not in _WORKERS or incident.state not in _SENT:
        return True
    return actor.handles(incident)
