"""What a step needs, by action, for the forms of the desks: told from the one table of rules."""

from __future__ import annotations

from gis.incident_rules import RULES


def needs() -> dict[str, list[str]]:
    """Action to what its step must carry in some state: ``note``, ``to``, ``until``."""
    found: dict[str, set[str]] = {}
    for rule in RULES:
        found.setdefault(rule.action.value, set()).update(need.value for need in rule.needs)
    return {action: sorted(wanted) for action, wanted in found.items()}
