"""`gridwall simulate` and `gridwall replay`: reports that come by themselves."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import click
import psycopg

from console.cli.context import Session, pass_session
from console.cli.load import CONTEXT, FILE, file_options, own_options, report_options, told_options
from console.cli.outcomes import finish, outcome_options
from console.cli.ready import ready_admin_url
from console.progress import step
from fixtures.feed import Fed, feed
from fixtures.senders import DirectSender, HttpSender, Sender

TO = click.option("--to", metavar="ADDRESS",
                  help="A running server, such as http://127.0.0.1:5006; straight into the"
                       " database by default.")
TOKEN = click.option("--token", help="API token for --to [one of role intake is made].")


@contextmanager
def sender_to(session: Session, to: str | None, token: str | None) -> Iterator[Sender]:
    """Where the reports go."""
    if to:
        from gis.accounts import issue_token

        yield HttpSender(to, token or issue_token(ready_admin_url(session), "intake"))
        return
    with psycopg.connect(ready_admin_url(session), autocommit=True) as connection:
        yield DirectSender(connection)


@click.command(context_settings=CONTEXT)
@click.option("--rate", type=float, default=60.0, show_default=True, help="Reports a minute.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--count", type=click.IntRange(min=1), help="Stop after so many [never].")
@TO
@TOKEN
@pass_session
def simulate(session: Session, rate: float, seed: int, count: int | None, to: str | None,
             token: str | None) -> None:
    """Send made-up reports of the synthetic district at a rate of your choice.

    Its officers go on with their rounds meanwhile, unless a --token says that the database is
    not this one.
    """
    from fixtures.district import build_district
    from fixtures.patrol_loader import PatrolFeed
    from fixtures.simulate import simulated

    district = build_district("demo")
    patrols = None if token else PatrolFeed(ready_admin_url(session), district)
    with sender_to(session, to, token) as sender, \
            step(f"simulating {rate:g} reports a minute; Ctrl-C ends it") as progress:
        def told(fed: Fed) -> None:
            progress(fed.sent, count or 0, "reports")
            if patrols:
                patrols()

        feed(itertools.islice(simulated(rate, seed, district=district), count), sender, told=told)


@click.command(context_settings=CONTEXT)
@FILE
@click.option("--speed", type=float, default=1.0, show_default=True,
              help="Seconds of the file in one second: 3600 plays an hour in a second.")
@click.option("--start", metavar="T", help="Leave out what came before this moment.")
@click.option("--count", type=click.IntRange(min=1), help="Stop after so many.")
@TO
@TOKEN
@report_options
@file_options
@outcome_options
@click.pass_context
@pass_session
def replay(session: Session, context: click.Context, **values: Any) -> None:
    """Play FILE of reports by its own timestamps, faster or slower.

    Columns are named as in `load reports`. Each report is received now; when it happened stays
    what the file says. The same file can be played again.
    """
    from fixtures.replay import played, read_reports

    options, own = told_options(values), own_options(values)
    start = _moment(values["start"])
    with step(f"reading {values['file']}"):
        rows, outcome = read_reports(ready_admin_url(session), values["file"], options, own)
    mark = f"replay {datetime.now():%Y%m%d%H%M%S}"
    due = list(itertools.islice(played(rows, values["speed"], mark, start), values["count"]))
    with sender_to(session, values["to"], values["token"]) as sender, \
            step(f"playing {len(due):,} reports in {due[-1][0] / 60:,.1f} minutes") as progress:
        fed: Fed = feed(due, sender, told=lambda fed: progress(fed.sent, len(due), "reports"))
    outcome.loaded = fed.sent - fed.refused
    outcome.counts["refused by the server"] = fed.refused
    finish(context, outcome, values["as_json"], values["allow_quarantine"])


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no moment: write it as 2016-01-31T08:30",
                                 param_hint="--start") from None
    return found if found.tzinfo else found.astimezone()
