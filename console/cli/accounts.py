"""`gridwall token` and `gridwall user`."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from console.cli.context import Session, pass_session
from gis import accounts
from gis.accounts import ACCESSES, ACCOUNT_ROLES

_ROLE = click.option("--role", required=True, type=click.Choice([str(r) for r in ACCOUNT_ROLES]),
                     help="What it may do; see README.")
_AREA = click.option("--area", metavar="CODE", help="The area it stands for, with all under it.")
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON array on stdout.")


@click.group()
def token() -> None:
    """API tokens."""


@token.command("create")
@_ROLE
@_AREA
@click.option("--name", default="", metavar="TEXT", help="What it is for, as lists show it.")
@click.option("--access", type=click.Choice(ACCESSES), default="full", show_default=True,
              help="full, read (no changes) or file (files reports, sees nothing).")
@click.option("--expires-days", type=click.IntRange(1, 3650), metavar="N",
              help="Ends after so many days; without it, when it is revoked.")
@pass_session
def create(session: Session, role: str, area: str | None, name: str, access: str,
           expires_days: int | None) -> None:
    """Make a token and print it, alone, on stdout. It is kept nowhere: note it down."""
    click.echo(accounts.issue_token(session.admin_url(), role, area, name, access, expires_days))


@token.command("list")
@_JSON
@pass_session
def tokens(session: Session, as_json: bool) -> None:
    """The tokens that live: number, account, what they may, when they end."""
    _show(accounts.list_tokens(session.admin_url()), as_json, (
        "id", "account", "name", "role", "access", "area", "expires_at", "last_used_at",
        "address"))


@token.command("revoke")
@click.argument("number", type=click.IntRange(min=1))
@pass_session
def revoke(session: Session, number: int) -> None:
    """Take a token away by its number, as `token list` tells it."""
    accounts.revoke_token(session.admin_url(), number)
    click.echo(f"token {number} is good for nothing any more", err=True)


@click.group()
def user() -> None:
    """Accounts of people."""


@user.command("add")
@click.argument("name")
@_ROLE
@_AREA
@pass_session
def add(session: Session, name: str, role: str, area: str | None) -> None:
    """Make an account; asks for its password, or reads one line of stdin."""
    accounts.create_account(session.admin_url(), name, role, _password(), area)
    click.echo(f"{name} may sign in as {role}", err=True)


@user.command("list")
@_JSON
@pass_session
def users(session: Session, as_json: bool) -> None:
    """All accounts: what they stand for, how they sign in, when they were last here."""
    rows = accounts.list_accounts(session.admin_url())
    _show(rows if as_json else [_plainly(row) for row in rows], as_json, (
        "name", "role", "areas", "unit", "signs in by", "sessions", "tokens", "last_used_at",
        "state"))


@user.command("password")
@click.argument("name")
@pass_session
def password(session: Session, name: str) -> None:
    """Give an account a new password; its sessions end."""
    accounts.set_password(session.admin_url(), name, _password())
    click.echo(f"{name} has a new password", err=True)


@user.command("disable")
@click.argument("name")
@pass_session
def disable(session: Session, name: str) -> None:
    """Close an account: its sessions and tokens rest until it is enabled again."""
    accounts.disable_account(session.admin_url(), name, True)
    click.echo(f"{name} is closed", err=True)


@user.command("enable")
@click.argument("name")
@pass_session
def enable(session: Session, name: str) -> None:
    """Open an account again."""
    accounts.disable_account(session.admin_url(), name, False)
    click.echo(f"{name} is open again", err=True)


@user.command("sign-out")
@click.argument("name")
@pass_session
def sign_out(session: Session, name: str) -> None:
    """End all sessions of an account, everywhere."""
    ended = accounts.end_sessions(session.admin_url(), name)
    click.echo(f"{name}: {ended} sessions ended", err=True)


def _plainly(row: dict[str, Any]) -> dict[str, Any]:
    way = "provider" if row["provider"] else "password" if row["password"] else "token"
    return row | {
        "areas": "whole city" if row["whole"] else " ".join(one["code"] for one in row["areas"]),
        "unit": (row["unit"] or {}).get("name"), "signs in by": way,
        "state": "closed" if row["disabled_at"] else "open"}


def _show(rows: list[dict[str, Any]], as_json: bool, columns: tuple[str, ...]) -> None:
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    heads = [column.removesuffix("_at").replace("_", " ") for column in columns]
    lines = [[_cell(row[column]) for column in columns] for row in rows]
    console = Console()
    if not console.is_terminal:  # for another program: one a line, whole
        click.echo("\n".join("\t".join(line) for line in [heads, *lines]))
        return
    table = Table(*heads, box=SIMPLE_HEAD)
    for line in lines:
        table.add_row(*line)
    console.print(table)


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    if "T" not in text:
        return text
    try:
        return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return text


def _password() -> str:
    if sys.stdin.isatty():
        return click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return sys.stdin.readline().rstrip("\n")
