"""The table of the closed loop as Markdown: ``python -m gis.loop_table docs/loop.md``."""

from __future__ import annotations

import sys
from pathlib import Path

from gis.incident_rules import RULES, Need, Rule
from gis.types import Channel, Role, TargetKind


def loop_table() -> str:
    """The rules as a Markdown table, one row a rule, in the machine's order."""
    lines = [
        "| action | in state | then | tier | who, by tier | must carry | only when |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += ["| " + " | ".join(_cells(rule)) + " |" for rule in RULES]
    return "\n".join(lines) + "\n"


def _cells(rule: Rule) -> tuple[str, ...]:
    who = "; ".join(
        f"{tier}: {', '.join(dict.fromkeys(a.value for a in (*Role, *Channel) if a in actors))}"
        for tier, actors in rule.actors.items()
    ) + ("; in an emergency also street: hall" if rule.by_desk else "")
    targets = " or ".join(kind for kind in TargetKind if kind in rule.target_kinds)
    needs = [f"to ({targets})" if need is Need.TO else need.value
             for need in Need if need in rule.needs]
    return (f"`{rule.action}`", ", ".join(rule.states) or "(new)", rule.to_state or "unchanged",
            rule.move, who, ", ".join(needs) or "–", ", ".join(_conditions(rule)) or "–")


def _conditions(rule: Rule) -> list[str]:
    told = [
        (rule.pending is not None, f"`{rule.pending}` waits"),
        (rule.suspended is True, "suspended"),
        (rule.suspended is None, "suspended or not"),
        (rule.merged, "merged into another"),
        (rule.emergency_only, "emergency"),
        (rule.by_authority, "the category may be closed in this tier"),
        (rule.by_handler, "once sent to somebody: by them"),
        (rule.unplaced_only, "its place is not known"),
        (rule.extends or rule.suspends or rule.asks is not None, "within the city's allowance"),
    ]
    return [text for holds, text in told if holds]


def write_table(page: Path) -> None:
    """Put the table between the marks of a page, leaving the prose around it alone."""
    before, _, rest = page.read_text(encoding="utf-8").partition("<!-- table -->\n")
    _, _, after = rest.partition("<!-- end of table -->\n")
    page.write_text(
        f"{before}<!-- table -->\n{loop_table()}<!-- end of table -->\n{after}", encoding="utf-8"
    )


if __name__ == "__main__":
    write_table(Path(sys.argv[1]))
