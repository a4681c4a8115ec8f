"""The table of the closed loop: who may take which action, in which state and tier.

The one source for the machine, the API's 409 answers, the buttons on screen, the tests and
``docs/loop.md`` (written by `gis.loop_table`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from gis.types import Channel, Role, TargetKind, Tier


class State(StrEnum):
    """Where a matter stands. Suspended, merged and asked-for are told beside it."""

    REPORTED = "reported"
    VERIFIED = "verified"
    DISPATCHED = "dispatched"
    HANDLING = "handling"
    HANDLED = "handled"
    CHECKED = "checked"
    CLOSED = "closed"
    ASSESSED = "assessed"
    REJECTED = "rejected"


OPEN_STATES = (State.REPORTED, State.VERIFIED, State.DISPATCHED, State.HANDLING, State.HANDLED,
               State.CHECKED)


class Action(StrEnum):
    """What can be done to a matter, in the order in which it is offered."""

    REPORT = "report"
    VERIFY = "verify"
    LOCATE = "locate"
    REJECT = "reject"
    DISPATCH = "dispatch"
    ACCEPT = "accept"
    HANDLE = "handle"
    CHECK = "check"
    CLOSE = "close"
    RETURN = "return"
    ESCALATE = "escalate"
    TRANSFER = "transfer"
    ASK_RETURN = "ask_return"
    ASK_EXTENSION = "ask_extension"
    ASK_SUSPENSION = "ask_suspension"
    APPROVE = "approve"
    REFUSE = "refuse"
    EXTEND = "extend"
    SUSPEND = "suspend"
    RESUME = "resume"
    URGE = "urge"
    MERGE = "merge"
    ABSORB = "absorb"
    SPLIT = "split"
    REOPEN = "reopen"
    ASSESS = "assess"
    REDRAW = "redraw"


class Move(StrEnum):
    """Where an action takes the tier."""

    STAY = "stay"
    UP = "up"
    DOWN = "down"


class Need(StrEnum):
    """What a step must carry."""

    NOTE = "note"
    TO = "to"
    UNTIL = "until"


Actors = Mapping[Tier, frozenset[Role] | frozenset[Channel]]


def _actors(**by_tier: str) -> Actors:
    return MappingProxyType({
        Tier(tier): frozenset(Role(role) for role in roles.split())
        for tier, roles in by_tier.items()
    })


# The desk of a tier dispatches and checks; those above it may act for it.
DESK = _actors(grid="officer community street", community="community street", street="street",
               district="hall", city="hall")
# Who does the work: officers, stations and teams (units sign in as departments).
HANDLER = _actors(grid="officer", community="officer community",
                  street="officer street department", district="department hall",
                  city="department hall")
# Who may grant what a handler asks: never the handler's own role alone in its tier.
APPROVER = _actors(grid="community street", community="street", street="street hall",
                   district="hall", city="hall")
SUPERVISOR = _actors(grid="community street hall", community="street hall",
                     street="street hall", district="hall", city="hall")
SUPERVISOR_OR_CLOCK = MappingProxyType(
    {tier: roles | {Role.SYSTEM} for tier, roles in SUPERVISOR.items()})
DESK_OR_CLOCK = MappingProxyType({tier: roles | {Role.SYSTEM} for tier, roles in DESK.items()})
PUBLICATION = _actors(grid="system", community="system", street="system", district="system",
                      city="system")
EMERGENCY_DESK = _actors(street="street hall", district="hall", city="hall")
GRID_OFFICER = _actors(grid="officer")
DESK_ABOVE_GRID = MappingProxyType(
    {tier: roles for tier, roles in DESK.items() if tier is not Tier.GRID})
# Words without a place belong to nobody's ground: intake, a street's desk or the hall finds it.
LOCATOR = _actors(grid="intake street hall", community="intake street hall",
                  street="intake street hall", district="intake hall", city="hall")
# An emergency is on the desks of street and district at once: either may act.
_EMERGENCY_TOO = _actors(street="hall")
# A report's actor is the channel by which it came: it is anybody's to make.
ANY_CHANNEL = MappingProxyType(
    {tier: frozenset(Channel) for tier in (Tier.GRID, Tier.STREET)})


@dataclass(frozen=True)
class Rule:
    """One row: an action, when and for whom it is lawful, and what becomes of the matter.

    Attributes
    ----------
    action
        What is done.
    states
        The states in which it may be done; empty for the opening `report`.
    actors
        The roles that may do it, by the matter's tier; a tier left out means nobody.
    to_state
        The state after it; None leaves the state.
    move
        Where the tier goes.
    needs
        What the step must carry.
    target_kinds
        What `to` may point at; empty when the step takes no `to`.
    pending
        The request that must be waiting; None where it does not matter.
    suspended
        Whether the matter must be suspended; None where it does not matter.
    merged
        Whether it must be merged into another.
    emergency_only
        Lawful for emergencies only.
    by_authority
        Lawful only where the category may be closed in the tier (data, see `Policy`).
    by_handler
        Once the matter was sent to somebody, lawful for those alone among officers and
        departments (谁认领谁办结); only a transfer gives it to another.
    unplaced_only
        Lawful only while it is not known where the matter is.
    """

    action: Action
    states: tuple[State, ...]
    actors: Actors
    to_state: State | None = None
    move: Move = Move.STAY
    needs: frozenset[Need] = frozenset()
    target_kinds: frozenset[TargetKind] = frozenset()
    pending: Action | None = None
    suspended: bool | None = False
    merged: bool = False
    emergency_only: bool = False
    by_authority: bool = False
    by_handler: bool = False
    unplaced_only: bool = False

    def may(self, role: Role, tier: Tier, emergency: bool) -> bool:
        """Whether a role may do it in a tier."""
        too = _EMERGENCY_TOO.get(tier, ()) if emergency and self.by_desk else ()
        return role in self.actors.get(tier, ()) or role in too

    @property
    def by_desk(self) -> bool:
        """Whether it is the desk's to do: then in emergencies the hall's too."""
        return self.actors in (DESK, DESK_OR_CLOCK, DESK_ABOVE_GRID)

    @property
    def extends(self) -> bool:
        """Whether it moves the deadlines to `until`."""
        return self.action is Action.EXTEND or self._grants(Action.ASK_EXTENSION)

    @property
    def suspends(self) -> bool:
        """Whether it stops the clocks."""
        return self.action is Action.SUSPEND or self._grants(Action.ASK_SUSPENSION)

    @property
    def asks(self) -> Action | None:
        """What it asks for: the action that would grant it unasked; None where it asks nothing."""
        return {Action.ASK_EXTENSION: Action.EXTEND,
                Action.ASK_SUSPENSION: Action.SUSPEND}.get(self.action)

    @property
    def frees(self) -> bool:
        """Whether it takes the matter from its handler without naming another."""
        return self.move is not Move.STAY or self._grants(Action.ASK_RETURN)

    def _grants(self, asked: Action) -> bool:
        return self.action is Action.APPROVE and self.pending is asked


_NOTE = frozenset({Need.NOTE})
_TO = frozenset({Need.TO})
_UNTIL = frozenset({Need.NOTE, Need.UNTIL})
_HANDLERS = frozenset({TargetKind.OFFICER, TargetKind.UNIT})
_INCIDENT = frozenset({TargetKind.INCIDENT})
_PLACES = frozenset({TargetKind.HOUSE, TargetKind.BUILDING, TargetKind.POINT})
_AT_WORK = (State.DISPATCHED, State.HANDLING)

RULES: tuple[Rule, ...] = (
    Rule(Action.REPORT, (), ANY_CHANNEL, State.REPORTED, target_kinds=_HANDLERS),
    Rule(Action.VERIFY, (State.REPORTED,), DESK, State.VERIFIED),
    Rule(Action.LOCATE, (State.REPORTED, State.VERIFIED), LOCATOR, needs=_TO,
         target_kinds=_PLACES, unplaced_only=True),
    Rule(Action.REJECT, (State.REPORTED, State.VERIFIED), DESK, State.REJECTED, needs=_NOTE),
    Rule(Action.DISPATCH, (State.VERIFIED,), DESK, State.DISPATCHED, needs=_TO,
         target_kinds=_HANDLERS),
    Rule(Action.DISPATCH, (State.REPORTED,), EMERGENCY_DESK, State.DISPATCHED, needs=_TO,
         target_kinds=_HANDLERS, emergency_only=True),
    Rule(Action.ACCEPT, (State.VERIFIED, State.DISPATCHED), HANDLER, State.HANDLING, needs=_TO,
         target_kinds=_HANDLERS, by_handler=True),
    Rule(Action.HANDLE, _AT_WORK, HANDLER, State.HANDLED, needs=_NOTE, by_handler=True),
    Rule(Action.CHECK, (State.HANDLED,), DESK, State.CHECKED),
    Rule(Action.CLOSE, (State.CHECKED,), DESK, State.CLOSED, by_authority=True),
    Rule(Action.CLOSE, (State.VERIFIED, State.HANDLING, State.HANDLED), GRID_OFFICER,
         State.CLOSED, needs=_NOTE, by_authority=True, by_handler=True),
    # Not done well: once more, by the same handler.
    Rule(Action.RETURN, (State.HANDLED, State.CHECKED), DESK, State.DISPATCHED, needs=_NOTE),
    # Not for this tier: down again.
    Rule(Action.RETURN, (State.REPORTED,), DESK_ABOVE_GRID, State.REPORTED, Move.DOWN,
         needs=_NOTE),
    Rule(Action.RETURN, (State.VERIFIED, *_AT_WORK), DESK_ABOVE_GRID, State.VERIFIED, Move.DOWN,
         needs=_NOTE),
    Rule(Action.ESCALATE, (State.REPORTED,), DESK_OR_CLOCK, State.REPORTED, Move.UP,
         needs=_NOTE),
    Rule(Action.ESCALATE, (State.VERIFIED, *_AT_WORK, State.HANDLED, State.CHECKED),
         DESK_OR_CLOCK, State.VERIFIED, Move.UP, needs=_NOTE),
    Rule(Action.TRANSFER, _AT_WORK, DESK, State.DISPATCHED, needs=_NOTE | _TO,
         target_kinds=_HANDLERS),
    Rule(Action.ASK_RETURN, _AT_WORK, HANDLER, needs=_NOTE, by_handler=True),
    Rule(Action.ASK_EXTENSION, _AT_WORK, HANDLER, needs=_UNTIL, by_handler=True),
    Rule(Action.ASK_SUSPENSION, _AT_WORK, HANDLER, needs=_UNTIL, by_handler=True),
    # A granted return puts the task back on the desk of its tier.
    Rule(Action.APPROVE, _AT_WORK, APPROVER, State.VERIFIED, pending=Action.ASK_RETURN),
    Rule(Action.APPROVE, _AT_WORK, APPROVER, needs=frozenset({Need.UNTIL}),
         pending=Action.ASK_EXTENSION),
    Rule(Action.APPROVE, _AT_WORK, APPROVER, needs=frozenset({Need.UNTIL}),
         pending=Action.ASK_SUSPENSION),
    Rule(Action.REFUSE, _AT_WORK, APPROVER, needs=_NOTE, pending=Action.ASK_RETURN),
    Rule(Action.REFUSE, _AT_WORK, APPROVER, needs=_NOTE, pending=Action.ASK_EXTENSION),
    Rule(Action.REFUSE, _AT_WORK, APPROVER, needs=_NOTE, pending=Action.ASK_SUSPENSION),
    Rule(Action.EXTEND, OPEN_STATES, APPROVER, needs=_UNTIL),
    Rule(Action.SUSPEND, OPEN_STATES, APPROVER, needs=_UNTIL),
    Rule(Action.RESUME, OPEN_STATES, SUPERVISOR_OR_CLOCK, suspended=True),
    Rule(Action.URGE, OPEN_STATES, SUPERVISOR_OR_CLOCK, suspended=None),
    Rule(Action.MERGE, OPEN_STATES, DESK, needs=_TO, target_kinds=_INCIDENT),
    Rule(Action.ABSORB, OPEN_STATES, DESK, needs=_TO, target_kinds=_INCIDENT, suspended=None),
    Rule(Action.SPLIT, OPEN_STATES, DESK, needs=_NOTE, merged=True),
    Rule(Action.REOPEN, (State.CLOSED, State.ASSESSED), SUPERVISOR, State.VERIFIED, needs=_NOTE),
    Rule(Action.REOPEN, (State.REJECTED,), SUPERVISOR, State.REPORTED, needs=_NOTE),
    Rule(Action.ASSESS, (State.CLOSED,), SUPERVISOR_OR_CLOCK, State.ASSESSED),
    # A publication moved the ground: `to` names whoever has the matter from now on.
    Rule(Action.REDRAW, OPEN_STATES, PUBLICATION, target_kinds=_HANDLERS, suspended=None),
)

ASKED = frozenset({Action.ASK_RETURN, Action.ASK_EXTENSION, Action.ASK_SUSPENSION})


def needs_of(rule: Rule) -> list[str]:
    """What a step by the rule must carry, as the API tells it."""
    return [need.value for need in Need if need in rule.needs]
