"""Guessing is slow, whoever guesses, wherever; and nobody locks somebody else out for long."""

from __future__ import annotations

import logging
import time

import psycopg
import pytest

from console.server import create_app
from gis.errors import BadPassword
from gis.origin import ORIGIN
from gis.passwords import check_password
from gis.sessions import network_of, sign_in
from tests.console.conftest import PASSWORD, serving

pytestmark = pytest.mark.anyio
WRONG = "wrong and wrong again"
VICTIM, THIEF = "10.0.0.1", "203.0.113.9"


def owner(town, query: str, *values: object) -> object:
    with psycopg.connect(town.admin_url) as connection:
        cursor = connection.execute(query.encode(), values)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


async def attempt(town, name: str, password: str, address: str) -> tuple[bool, float]:
    """Whether somebody came in, and how long they have to wait; without the slow proof."""
    ORIGIN.set(address)
    state = town.app.inner.state
    entry = await sign_in(state.database, name, password, 1, "a test", state.proving)
    return entry.secret is not None, entry.wait_s


def guess(town, name: str, address: str, times: int) -> float:
    """So many wrong guesses that were taken, of a name or (with `%`) of many; the wait after."""
    owner(town, "SELECT count(*) FROM (SELECT lock_tries(n, %s), count_try(n, %s, false)"
                " FROM (SELECT replace(%s, '%%', k::text) FROM generate_series(1, %s) AS k) AS t(n)"
                " OFFSET 0) AS t", address, address, name, times)
    return owner(town, "SELECT extract(epoch FROM max(blocked_until) - clock_timestamp())::float"
                       " FROM sign_in_try") or 0.0


@pytest.fixture(autouse=True)
def quick_proofs(monkeypatch):
    """What is tried here is the counting: proofs are as good and not as slow."""
    from gis import sessions

    kept = {}
    slow = sessions.proof
    monkeypatch.setattr(sessions, "proof", lambda password, salt: kept.setdefault(
        (password, salt), slow(password, salt) if password == PASSWORD else b"0" * 32))


async def test_waits_double_from_the_sixth_guess_on_and_end_at_five_minutes(town):
    assert guess(town, "wang", THIEF, 4) == 0
    waits = [guess(town, "wang", THIEF, 1) for _ in range(11)]
    assert waits == pytest.approx([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300], abs=0.9)


async def test_what_is_right_is_refused_while_one_has_to_wait_and_taken_after(town):
    guess(town, "wang", THIEF, 9)
    came_in, wait_s = await attempt(town, "wang", PASSWORD, THIEF)
    assert not came_in
    assert 0 < wait_s <= 16
    owner(town, "UPDATE sign_in_try SET blocked_until = clock_timestamp()")
    assert await attempt(town, "wang", PASSWORD, THIEF) == (True, 0)
    # From here it is forgotten.
    assert guess(town, "wang", THIEF, 4) == 0


async def test_nobody_is_locked_out_by_guesses_from_elsewhere(town):
    assert (await attempt(town, "wang", PASSWORD, VICTIM))[0]
    guess(town, "wang", THIEF, 40)
    assert (await attempt(town, "wang", PASSWORD, THIEF))[1] > 60
    # Whoever has come in from here before comes in; from a new place they wait a minute at most.
    assert await attempt(town, "wang", PASSWORD, VICTIM) == (True, 0)
    came_in, wait_s = await attempt(town, "wang", PASSWORD, "10.0.0.2")
    assert not came_in
    assert 0 < wait_s <= 60


async def test_many_names_from_one_address_are_slowed_down_and_the_known_are_not(town):
    assert (await attempt(town, "wang", PASSWORD, THIEF))[0]
    guess(town, "name%", THIEF, 51)
    assert (await attempt(town, "another", WRONG, THIEF))[1] > 0
    assert await attempt(town, "wang", PASSWORD, THIEF) == (True, 0)


async def test_a_right_sign_in_does_not_wash_the_address_clean(town):
    guess(town, "name%", THIEF, 49)
    for _ in range(2):
        assert (await attempt(town, "wang", PASSWORD, THIEF))[0]
    guess(town, "last", THIEF, 1)
    assert (await attempt(town, "another", WRONG, THIEF))[1] > 0


async def test_ipv6_is_counted_by_the_network_of_a_house(town):
    assert network_of("2001:db8:1:2:aaaa::1") == network_of("2001:db8:1:2:bbbb::9")
    assert network_of("2001:db8:1:3::1") != network_of("2001:db8:1:2::1")
    assert network_of("::ffff:192.0.2.7") == "192.0.2.7"
    assert (network_of("192.0.2.7"), network_of(None), network_of("x")) == ("192.0.2.7", None, "x")


async def test_another_server_and_a_restart_know_of_it(town):
    guess(town, "wang", "127.0.0.1", 10)
    second = create_app(town.app.inner.state.settings)
    async with serving(second) as url, town.client() as client:
        answer = await client.post(f"{url}/login", data={"name": "wang", "password": PASSWORD})
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 33


async def test_names_that_do_not_exist_are_answered_and_counted_alike(town):
    client = town.client()
    pages = []
    for name in ("wang", "nobody"):
        answers = [await client.post("/login", data={"name": name, "password": WRONG})
                   for _ in range(6)]
        pages.append([(one.status_code, one.text) for one in answers])
    assert pages[0] == pages[1]
    assert [status for status, _ in pages[0]] == [401] * 5 + [429]
    # Neither the log nor the table of guesses has what was typed as a name that nobody has.
    assert owner(town, "SELECT count(*) FROM audit WHERE subject LIKE '%%nobody%%'") == 0
    assert owner(town, "SELECT count(*) FROM audit WHERE subject = 'account:wang'"
                       " AND action = 'sign_in_refused'") == 5


async def test_an_answer_takes_as_long_for_a_name_that_does_not_exist(town, monkeypatch):
    """The proof is computed for both: that is what takes time."""
    from gis import sessions

    seen = []
    monkeypatch.setattr(sessions, "proof",
                        lambda password, salt: seen.append(len(salt)) or b"0" * 32)
    for name in ("wang", "nobody"):
        assert await attempt(town, name, WRONG, THIEF) == (False, 0)
    assert seen == [16, 16]


async def test_what_is_old_is_forgotten(town):
    guess(town, "wang", THIEF, 12)
    owner(town, "UPDATE sign_in_try SET last_at = last_at - interval '61 minutes',"
                " blocked_until = NULL")
    assert guess(town, "wang", THIEF, 1) == 0
    owner(town, "UPDATE sign_in_try SET last_at = last_at - interval '25 hours'")
    owner(town, "SELECT forget_old_tries()")
    assert owner(town, "SELECT count(*) FROM sign_in_try") == 0


async def test_passwords_and_secrets_are_in_no_log_and_no_page(town, caplog):
    caplog.set_level(logging.DEBUG)
    client = town.client()
    shown = []
    for name, password in (("wang", PASSWORD), ("wang", "a secret guess"), ("\0", "a secret guess"),
                           ("a secret guess", "a secret guess")):
        shown.append((await client.post("/login", data={"name": name, "password": password})).text)
    said = "".join(one.getMessage() for one in caplog.records
                   if not one.name.startswith("httpcore")) + "".join(shown) + str(owner(
        town, "SELECT jsonb_agg(to_jsonb(a)) FROM audit AS a"))
    for secret in (PASSWORD, "a secret guess", client.cookies["gridwall_session"].split(".")[0]):
        assert secret not in said


@pytest.mark.parametrize("password, reason", [
    ("short 7", "short"), ("x" * 1001, "long"), ("password1", "common"), ("Woaini1314", "common"),
    ("P@ssw0rd", "common"), ("gridwall2026", "common"), ("19891231", "simple"),
    ("aaaaaaaaaa", "simple"), ("abcabcabcab", "simple"), ("12341234", "simple"),
    ("qwertyuiop", "simple"), ("87654321", "simple"), ("lidaming-8x", "name")])
def test_passwords_that_are_guessed_early(password, reason):
    with pytest.raises(BadPassword) as refused:
        check_password(password, "lidaming")
    assert refused.value.reason == reason


@pytest.mark.parametrize("password", [
    "correct horse", "望江街道的石榴树", "tall grass 8", "no CAPITALS needed", "48151623 42",
    "        two words", "🌳🌳🍎🍎🌲🌲🍐🍊"])
def test_nothing_is_asked_of_a_passwords_signs(password):
    check_password(password, "lidaming")


def test_the_list_is_read_once_and_quickly():
    check_password("correct horse", "li")
    started = time.perf_counter()
    for _ in range(1000):
        check_password("correct horse", "li")
    assert time.perf_counter() - started < 1
