"""`gridwall token` and `gridwall user`."""

from __future__ import annotations

import sys

import click

from console.cli.context import Session, pass_session
from gis.accounts import ACCOUNT_ROLES, create_account, issue_token, set_password

_ROLE = click.option("--role", required=True, type=click.Choice([str(r) for r in ACCOUNT_ROLES]),
                     help="What it may do; see README.")
_AREA = click.option("--area", metavar="CODE", help="The area it stands for, with all under it.")


@click.group()
def token() -> None:
    """API tokens."""


@token.command("create")
@_ROLE
@_AREA
@pass_session
def create(session: Session, role: str, area: str | None) -> None:
    """Make a token and print it, alone, on stdout. It is kept nowhere: note it down."""
    click.echo(issue_token(session.admin_url(), role, area))


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
    create_account(session.admin_url(), name, role, _password(), area)
    click.echo(f"{name} may sign in as {role}", err=True)


@user.command("password")
@click.argument("name")
@pass_session
def password(session: Session, name: str) -> None:
    """Give an account a new password; its sessions end."""
    set_password(session.admin_url(), name, _password())
    click.echo(f"{name} has a new password", err=True)


def _password() -> str:
    if sys.stdin.isatty():
        return click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return sys.stdin.readline().rstrip("\n")
