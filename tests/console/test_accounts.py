"""Accounts, demo accounts and tokens."""

from __future__ import annotations

import json

import psycopg
import pytest
from click.testing import CliRunner

from console.cli.accounts import token, user
from console.cli.context import Session
from console.cli.up import prepare
from gis.accounts import (
    ACCOUNT_ROLES,
    DEMO_PASSWORD,
    DEMO_SALT,
    create_account,
    disable_account,
    ensure_demo_accounts,
    revoke_token,
    set_password,
)
from gis.errors import Conflict, InvalidInput, NotFound
from gis.settings import Settings


def session(database, tmp_path) -> Session:
    return Session(Settings(home=tmp_path, database_url=database.server_url,
                            admin_database_url=database.admin_url, secret="s" * 40))


def test_demo_accounts_have_the_known_password_on_loopback_alone(database):
    first = ensure_demo_accounts(database.admin_url, loopback=True)
    assert [one.role for one in first] == [str(role) for role in ACCOUNT_ROLES]
    assert {one.password for one in first} == {DEMO_PASSWORD}
    assert ensure_demo_accounts(database.admin_url, loopback=True) == first
    opened = ensure_demo_accounts(database.admin_url, loopback=False)
    assert len({one.password for one in opened}) == len(ACCOUNT_ROLES)
    assert DEMO_PASSWORD not in {one.password for one in opened}
    # Told once.
    assert ensure_demo_accounts(database.admin_url, loopback=False) == []


def test_without_demo_nobody_keeps_the_known_password(database, tmp_path):
    ensure_demo_accounts(database.admin_url, loopback=True)
    create_account(database.admin_url, "li", "hall", "my own password")
    without_demo = session(database, tmp_path)
    without_demo.change(demo=False)
    assert prepare(without_demo) == []
    with psycopg.connect(database.admin_url) as connection:
        salts = connection.execute(
            "SELECT password_salt FROM account WHERE name <> 'li'").fetchall()
    assert len(salts) == len(ACCOUNT_ROLES)
    assert (DEMO_SALT,) not in salts
    # Those of the house are gone for good: the next start does not bring them back.
    assert ensure_demo_accounts(database.admin_url, loopback=True) == []


def test_an_account_made_by_hand_is_never_touched(database):
    create_account(database.admin_url, "admin", "admin", "my own password")
    for loopback in (True, False):
        told = ensure_demo_accounts(database.admin_url, loopback)
        assert "admin" not in [one.name for one in told]


def test_what_cannot_be_an_account(database):
    with pytest.raises(InvalidInput, match="no role"):
        create_account(database.admin_url, "a", "king", "long enough")
    with pytest.raises(InvalidInput, match="needs an area"):
        create_account(database.admin_url, "a", "street", "long enough")
    with pytest.raises(InvalidInput, match="too short"):
        create_account(database.admin_url, "a", "hall", "short")
    with pytest.raises(NotFound, match="no area"):
        create_account(database.admin_url, "a", "street", "long enough", "330104001")
    create_account(database.admin_url, "a", "hall", "long enough")
    with pytest.raises(Conflict):
        create_account(database.admin_url, "a", "hall", "long enough")
    with pytest.raises(NotFound):
        set_password(database.admin_url, "b", "long enough")


def test_a_token_stands_alone_on_stdout(database, tmp_path):
    made = CliRunner().invoke(token, ["create", "--role", "hall"],
                              obj=session(database, tmp_path))
    assert made.exit_code == 0
    [line] = made.stdout.splitlines()
    with psycopg.connect(database.server_url) as connection:
        assert connection.execute("SELECT role FROM enter(%s)", (line,)).fetchone() == ("hall",)


def test_a_person_is_added_with_a_password_from_stdin(database, tmp_path):
    made = CliRunner().invoke(user, ["add", "li", "--role", "planner"],
                              input="a good password\n", obj=session(database, tmp_path))
    assert made.exit_code == 0, made.output
    changed = CliRunner().invoke(user, ["password", "li"], input="another one\n",
                                 obj=session(database, tmp_path))
    assert changed.exit_code == 0, changed.output


def test_accounts_and_tokens_are_kept_at_the_command_line(database, tmp_path):
    given = session(database, tmp_path)

    def run(group, *arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(group, arguments, obj=given)
        assert done.exit_code == code, done.output
        return done.stdout

    create_account(database.admin_url, "li", "hall", "a good password")
    create_account(database.admin_url, "root", "admin", "a good password")
    made = run(token, "create", "--role", "intake", "--name", "lamp posts", "--access", "file",
               "--expires-days", "30").strip()
    [told] = json.loads(run(token, "list", "--json"))
    assert (told["name"], told["access"], told["role"]) == ("lamp posts", "file", "intake")
    assert made not in json.dumps(told)
    assert "lamp posts" in run(token, "list")
    run(token, "revoke", str(told["id"]))
    assert json.loads(run(token, "list", "--json")) == []
    run(user, "disable", "li")
    accounts = {one["name"]: one for one in json.loads(run(user, "list", "--json"))}
    assert accounts["li"]["disabled_at"]
    assert "closed" in run(user, "list")
    run(user, "enable", "li")
    run(user, "sign-out", "li")
    with psycopg.connect(database.admin_url) as connection:
        assert connection.execute(
            "SELECT array_agg(action ORDER BY id) FROM audit WHERE origin = 'command line'"
            " AND subject = 'account:li'").fetchone()[0] == [
                "account_made", "account_disabled", "account_enabled", "sessions_ended"]
        # The last admin is not closed, not even from here.
        with pytest.raises(Conflict, match="last admin"):
            disable_account(database.admin_url, "root", True)
    with pytest.raises(NotFound, match="token"):
        revoke_token(database.admin_url, 999)
    with pytest.raises(NotFound, match="account"):
        disable_account(database.admin_url, "nobody", True)
