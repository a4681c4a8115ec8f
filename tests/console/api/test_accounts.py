"""Accounts, tokens and passwords over the API: one's own, and all of them for admins."""

from __future__ import annotations

import io

import httpx
import openpyxl
import psycopg
import pytest

from console.cookies import NAME
from gis.accounts import create_account
from tests.console.conftest import PASSWORD, STREETS, report
from tests.console.doors import doors

pytestmark = pytest.mark.anyio


def owner(town, query: str, *values: object) -> object:
    with psycopg.connect(town.admin_url) as connection:
        cursor = connection.execute(query.encode(), values)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


async def signed_in(town, name: str = "wang", password: str = PASSWORD) -> httpx.AsyncClient:
    client = town.client()
    answer = await client.post("/login", data={"name": name, "password": password})
    assert answer.status_code == 303, answer.status_code
    town.app.inner.state.callers._known.clear()
    return client


async def an_admin(town) -> httpx.AsyncClient:
    create_account(town.admin_url, "root", "admin", PASSWORD)
    return await signed_in(town, "root")


async def test_a_password_is_changed_by_whoever_knows_it_and_ends_other_sessions(town):
    here, there = await signed_in(town), await signed_in(town)
    for sent, status, field in (
            ({"old": "not it at all", "new": "tall grass 8"}, 422, "old"),
            ({"old": PASSWORD, "new": "password1"}, 422, "password"),
            ({"old": PASSWORD, "new": "wang is here"}, 422, "password"),
            ({"old": PASSWORD}, 422, "new")):
        answer = await here.post("/api/account/password", json=sent)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field)
    before = here.cookies[NAME]
    changed = await here.post("/api/account/password",
                              json={"old": PASSWORD, "new": "tall grass 8"})
    assert changed.status_code == 200
    assert here.cookies[NAME] != before
    town.app.inner.state.callers._known.clear()
    assert (await here.get("/api/account")).status_code == 200
    assert (await there.get("/api/account")).status_code == 401
    await signed_in(town, "wang", "tall grass 8")
    assert owner(town, "SELECT count(*) FROM audit WHERE action = 'password_changed'") == 1


async def test_a_password_of_somebody_elses_opens_nothing_but_its_change(town):
    admin = await an_admin(town)
    made = await admin.post("/api/admin/accounts", json={
        "name": "li", "role": "street", "areas": [STREETS[0]]})
    given = made.json()["password"]
    assert len(given) == 23
    li = await signed_in(town, "li", given)
    refused = await li.get("/api/incidents")
    assert (refused.status_code, refused.json()["title"]) == (403, "Password to be changed")
    page = await li.get("/street", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/account")
    assert (await li.get("/account")).status_code == 200
    assert (await li.post("/api/account/tokens", json={"name": "x", "days": 1})
            ).status_code == 403
    changed = await li.post("/api/account/password",
                            json={"old": given, "new": "my own long one"})
    assert changed.json()["must_change"] is False
    town.app.inner.state.callers._known.clear()
    assert (await li.get("/api/incidents")).status_code == 200


async def test_a_token_is_told_once_kept_as_a_hash_and_ends(town):
    client = await signed_in(town)
    made = (await client.post("/api/account/tokens", json={"name": "BI", "days": 30})).json()
    token = made["token"]
    program = town.client(token)
    assert (await program.get("/api/incidents")).status_code == 200
    assert token not in (await client.get("/api/account")).text
    assert owner(town, "SELECT count(*) FROM credential AS c, audit AS a"
                       " WHERE strpos(to_jsonb(c)::text || to_jsonb(a)::text, %s) > 0", token) == 0
    [told] = [one for one in made["credentials"] if one["kind"] == "token"]
    # A token makes no tokens, changes no password, ends no sessions.
    for path, sent in (("tokens", {"name": "x", "days": 1}), ("sessions/end", {}),
                       ("password", {"old": PASSWORD, "new": "tall grass 8"})):
        assert (await program.post(f"/api/account/{path}", json=sent)).status_code == 403, path
    await client.post("/api/account/tokens/revoke", json={"id": told["id"]})
    town.app.inner.state.callers._known.clear()
    assert (await program.get("/api/incidents")).status_code == 401
    again = await client.post("/api/account/tokens/revoke", json={"id": told["id"]})
    assert again.status_code == 404
    for sent in ({"name": "x"}, {"name": "x", "days": 0}, {"name": "x", "days": 9999},
                 {"name": "x", "days": True}, {"name": "", "days": 1},
                 {"name": "x", "days": 1, "access": "all"}):
        assert (await client.post("/api/account/tokens", json=sent)).status_code == 422, sent
    owner(town, "UPDATE credential SET revoked_at = NULL,"
                " expires_at = clock_timestamp() - interval '1 second' WHERE kind = 'token'")
    assert (await program.get("/api/incidents")).status_code == 401


async def test_a_token_is_as_narrow_as_it_was_made(town):
    """To one area, to reading, or to filing reports: the database holds it to that."""
    create_account(town.admin_url, "zhao", "street", PASSWORD, STREETS[0])
    await town.client(town.token("intake")).post("/api/reports", json=report())
    zhao, wang = await signed_in(town, "zhao"), await signed_in(town)

    async def token(client, **narrow) -> httpx.AsyncClient:
        made = await client.post("/api/account/tokens", json={"name": "t", "days": 1} | narrow)
        assert made.status_code == 200, made.text
        return town.client(made.json()["token"])

    async def seen(client) -> int:
        return len((await client.get("/api/incidents")).json()["incidents"])

    assert await seen(await token(wang, area=STREETS[0])) == 1
    assert await seen(await token(wang, area=STREETS[1])) == 0
    foreign = await zhao.post("/api/account/tokens",
                              json={"name": "t", "days": 1, "area": STREETS[1]})
    absent = await zhao.post("/api/account/tokens",
                             json={"name": "t", "days": 1, "area": "330104009"})
    assert (foreign.status_code, absent.status_code) == (404, 404)
    reader = await token(zhao, access="read")
    assert await seen(reader) == 1
    assert (await reader.post("/api/reports", json=report())).status_code == 403
    filing = await token(zhao, access="file")
    assert (await filing.get("/api/incidents")).status_code == 403
    assert (await filing.get("/wall")).status_code == 403
    state = town.app.inner.state
    for client, visible in ((reader, 1), (filing, 0)):
        secret = client.headers["authorization"].split()[1]
        async with state.database.scope(secret) as connection:
            cursor = await connection.execute("SELECT count(*) FROM incident")
            assert await cursor.fetchone() == (visible,)
    assert (await filing.post("/api/reports", json=report())).status_code == 201
    # When the account moves elsewhere, what was narrowed to the old ground sees nothing there:
    # what is left is the matter that zhao has reported, and answers for.
    narrowed = await token(zhao, area=STREETS[0] + "001")
    assert await seen(narrowed) == 2
    owner(town, "SELECT place_account((SELECT id FROM account WHERE name = 'zhao'), %s)",
          f'{{"role": "street", "areas": ["{STREETS[1]}"]}}')
    assert await seen(narrowed) == 1


async def test_an_admin_makes_changes_closes_and_opens_accounts(town):
    admin = await an_admin(town)
    li = {"name": "li", "role": "street", "areas": [STREETS[0]]}
    assert (await admin.post("/api/admin/accounts", json=li)).status_code == 200
    assert (await admin.post("/api/admin/accounts", json=li)).status_code == 409
    moved = await admin.post("/api/admin/accounts/change", json=li | {"areas": [STREETS[1]]})
    row = next(one for one in moved.json()["accounts"] if one["name"] == "li")
    assert [area["code"] for area in row["areas"]] == [STREETS[1]]
    change = owner(town, "SELECT detail FROM audit WHERE action = 'account_changed'")
    assert (change["before"]["areas"], change["after"]["areas"]) == ([STREETS[0]], [STREETS[1]])
    for bad, status in (({"role": "king"}, 422), ({"areas": []}, 422), ({"areas": ["no"]}, 422),
                        ({"name": "nobody"}, 404), ({"unit": "no such"}, 422)):
        answer = await admin.post("/api/admin/accounts/change", json=li | bad)
        assert answer.status_code == status, (bad, answer.text)
    # Nobody closes or changes themselves; the last admin stays.
    for path, sent in (("disable", {"name": "root", "disabled": True}),
                       ("change", {"name": "root", "role": "hall"})):
        assert (await admin.post(f"/api/admin/accounts/{path}", json=sent)).status_code == 403
    wang = await signed_in(town)
    await admin.post("/api/admin/accounts/disable", json={"name": "wang", "disabled": True})
    town.app.inner.state.callers._known.clear()
    assert (await wang.get("/api/account")).status_code == 401
    await admin.post("/api/admin/accounts/disable", json={"name": "wang", "disabled": False})
    assert (await wang.get("/api/account")).status_code == 200
    assert (await admin.post("/api/admin/accounts/sign-out", json={"name": "wang"})
            ).json()["ended"] == 1
    town.app.inner.state.callers._known.clear()
    assert (await wang.get("/api/account")).status_code == 401


async def test_an_admin_makes_tokens_for_programs_and_not_for_people(town):
    admin = await an_admin(town)
    await admin.post("/api/admin/accounts", json={
        "name": "sensor", "role": "intake", "program": True})
    made = await admin.post("/api/admin/accounts/token", json={
        "account": "sensor", "name": "lamp posts", "access": "file", "days": 365})
    assert (await town.client(made.json()["token"]).post("/api/reports", json=report())
            ).status_code == 201
    refused = await admin.post("/api/admin/accounts/token",
                               json={"account": "wang", "name": "as wang"})
    assert refused.status_code == 403
    listed = (await admin.get("/api/admin/accounts/credentials?name=sensor")).json()
    assert [one["name"] for one in listed["credentials"]] == ["lamp posts"]


async def test_accounts_leave_as_a_table_that_says_who_took_it(town):
    admin = await an_admin(town)
    answer = await admin.get("/api/admin/accounts/export.xlsx?lang=en")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert [row[0] for row in rows[1:]] == ["root", "wang"]
    assert all("root" in row[-3:] for row in rows[1:])
    text = (await admin.get("/api/admin/accounts/export.csv")).text
    assert "wang" in text


async def test_another_sites_page_changes_nothing_by_ones_cookie(town):
    """Each changing route of the application, those of pages too, by the browser's own words."""
    client = await signed_in(town)
    changing = [door for door in doors(town.app)
                if door.method not in ("GET", "HEAD", "OPTIONS")]
    assert len(changing) > 30
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        for door in changing:
            path = door.path if "{" not in door.path else door.path.split("{")[0] + "1"
            answer = await client.request(door.method, path, headers=headers, content=b"{}")
            assert answer.status_code == 403, f"{door}: {answer.status_code}"
            assert "another site" in answer.text
    assert (await client.get("/api/account")).status_code == 200
