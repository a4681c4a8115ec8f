"""`gridwall escalate`: the clock's worker by hand, as the server runs it by itself."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import click
import psycopg

from console.cli.context import Session, pass_session
from gis.errors import InvalidInput
from gis.keeping import keep_once


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--once", is_flag=True, help="Look once and end; otherwise look every few seconds.")
@click.option("--at", "moment", metavar="T",
              help="As if it were T (RFC 3339), for trials: steps are dated T. Implies --once.")
@pass_session
def escalate(session: Session, once: bool, moment: str | None) -> None:
    """Seal what changed; urge and escalate what is due. It may run beside the server's own."""
    at = _moment(moment)
    with psycopg.connect(session.admin_url(), autocommit=True) as connection:
        while True:
            acted = keep_once(connection, at)
            click.echo(f"{acted} acted upon")
            if once or at:
                return
            time.sleep(session.settings.tick_s)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"--at {text!r:.60}: write 2026-11-22T08:30:00+08:00") from None
    if at.tzinfo is None:
        raise InvalidInput(f"--at {text}: its offset is missing")
    return at.astimezone(UTC)
