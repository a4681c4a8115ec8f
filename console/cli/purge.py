"""`gridwall purge`: what has been kept long enough goes; `--rules` and `--keep` say how long."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click
import psycopg

from console.cli.context import Session, pass_session
from console.progress import Progress
from gis import retention
from gis.errors import InvalidInput


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--dry-run", is_flag=True, help="Only tell what is due.")
@click.option("--as-of", "as_of", metavar="T", help="What was due at T; not in the future.")
@click.option("--rules", is_flag=True, help="Tell how long what is kept.")
@click.option("--keep", metavar="KIND[:CATEGORY]=DAYS",
              help="Set how long: report=1095, report:dispute=365; report:dispute= takes it back.")
@click.option("--incident", type=int, metavar="ID", help="Erase one closed matter on request.")
@click.option("--person", metavar="ID", help="Erase one person on request.")
@click.option("--officer", metavar="CODE", help="Erase where one officer was, on request.")
@click.option("--reason", default="", help="Why, for the audit log; needed with the last three.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@pass_session
def purge(session: Session, dry_run: bool, as_of: str | None, rules: bool, keep: str | None,
          incident: int | None, person: str | None, officer: str | None, reason: str,
          as_json: bool) -> None:
    """Take away words and contacts of closed matters, people, and where officers were, when they
    were kept long enough.

    The matter, its steps, its place and its counts stay, and `doctor` still verifies them. Each
    erasure is in the audit log. Run it daily, by a timer.
    """
    with psycopg.connect(session.admin_url(), autocommit=True) as connection:
        if keep:
            retention.set_rule(connection, *_rule(keep))
        if incident is not None:
            retention.erase_matter(connection, incident, reason)
        if person is not None:
            retention.erase_person(connection, person, reason)
        if officer is not None:
            retention.erase_tracks(connection, officer, reason)
        if rules or keep:
            _tell_rules(retention.rules(connection), as_json)
        if rules or keep or (incident, person, officer) != (None, None, None):
            return
        with Progress() as progress:
            found = retention.purge(connection, _moment(as_of), dry_run, progress)
    _tell(found, dry_run, as_json)


def _rule(text: str) -> tuple[str, int | None, str]:
    what, sign, days = text.partition("=")
    kind, _, category = what.partition(":")
    if not sign or (days and not days.isdecimal()):
        raise InvalidInput(f"--keep {text!r:.60}: write report=1095 or report:dispute=365", "keep")
    return kind.strip(), int(days) if days else None, category.strip()


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise InvalidInput(f"--as-of {text!r:.60}: write 2026-11-22 or"
                           " 2026-11-22T08:30:00+08:00", "as_of") from None


def _tell_rules(found: list[retention.Rule], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"rules": [vars(rule) for rule in found]}))
        return
    for rule in found:
        click.echo(f"{rule.kind} {rule.category_code or '(all others)'}: {rule.keep_days:,} days")


def _tell(found: list[retention.Due], dry_run: bool, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"dry_run": dry_run, "purged": [vars(due) for due in found],
                               "total": sum(due.count for due in found)}))
        return
    for due in found:
        click.echo(f"{due.kind} {due.category_code}".rstrip() + f": {due.count:,}")
    done = "due" if dry_run else "taken away"
    click.echo(f"{sum(due.count for due in found):,} {done}")
