"""How commands that read files tell what came of it: in words, as JSON, and by exit code."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import click

from gis.loading.outcome import Outcome

QUARANTINED = 2


def outcome_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--json` and `--allow-quarantine`."""
    command = click.option("--allow-quarantine", is_flag=True,
                           help="Exit with 0 also when rows were quarantined.")(command)
    return click.option("--json", "as_json", is_flag=True,
                        help="One JSON object on standard output.")(command)


def finish(context: click.Context, outcome: Outcome, as_json: bool, allow: bool) -> None:
    """Tell the outcome; exit with 2 when rows were quarantined and that is not allowed."""
    if as_json:
        click.echo(json.dumps(outcome.as_json(), ensure_ascii=False))
    else:
        for line in _lines(outcome):
            click.echo(line)
    if outcome.quarantined and not allow:
        context.exit(QUARANTINED)


def _lines(outcome: Outcome) -> Iterator[str]:
    yield (f"read {outcome.read:,}, loaded {outcome.loaded:,},"
           f" quarantined {outcome.quarantined:,}")
    for name, count in outcome.counts.items():
        if count:
            yield f"  {name.replace('_', ' ')}: {count:,}"
    for reason, count in outcome.reasons.items():
        yield f"  quarantined, {reason.replace('_', ' ')}: {count:,}"
    if outcome.quarantine_file:
        yield f"  rows put aside, with reasons: {outcome.quarantine_file}"
    for name, told in outcome.details.items():
        yield f"  {name.replace('_', ' ')}: {_told(told)}"
    for note in outcome.notes:
        yield f"  note: {note}"


def _told(value: Any) -> str:
    if isinstance(value, dict):
        # Lists are for programs (--json) and reports; a terminal gets their counts.
        return "; ".join(f"{name.replace('_', ' ')} {_told(inner)}"
                         for name, inner in value.items()
                         if inner is not None and not isinstance(inner, list))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
