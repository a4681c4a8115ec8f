"""Attacks by name, each against the served application over PostGIS."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
import re
import socket
import threading
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

import httpx
import openpyxl
import pytest
import websockets
from bokeh.util.token import generate_jwt_token, get_session_id, get_token_payload

from console.cookies import NAME, SessionCookie
from console.spreadsheet import csv_rows, xlsx_rows
from tests.console.bodies import GRIDS, NUMBERS, OWN, PERSONS
from tests.console.doors import doors
from tests.console.streets import MARK, SECRET
from tests.console.test_matrix import APART, as_it_was, leaks
from tests.console.town import PASSWORD, report

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings(
    "ignore:The (method, uri, and version|start_line) argument:DeprecationWarning")]
INJECTIONS = ("' OR '1'='1", "1; DROP TABLE incident; --", "') UNION SELECT token FROM token --",
              "%' OR true --", "\\'; SELECT pg_sleep(9); --", "$$;TRUNCATE report;$$",
              "{{7*7}}", "1/**/OR/**/1=1", "0x27 OR 1=1", "' || (SELECT secret) || '")
SCRIPT = '"><img src=x onerror=alert(1)><script>alert(1)</script>'
TRACE = re.compile(r"Traceback|File \"|psycopg|asyncpg|SELECT |site-packages|/work|\.py\b")


def strings_of(app) -> list[tuple[str, str, str]]:
    """Every parameter in a path or query that a call takes as text: method, path, name."""
    return sorted((method.upper(), path, one["name"])
                  for path, calls in app.inner.openapi()["paths"].items()
                  for method, call in calls.items() for one in call.get("parameters", ())
                  if one["in"] in ("path", "query") and path not in APART | {"/wall"})


@pytest.mark.parametrize("role", ["street", "admin"])
async def test_sql_injection_by_every_parameter(streets, role):
    token = streets.tokens["street"] if role == "street" else streets.token("admin")
    client, before, faults = streets.client(token), as_it_was(streets.admin_url), []
    for method, path, name in strings_of(streets.app):
        door = next(one for one in doors(streets.app) if (one.method, one.path) == (method, path))

        async def tried(text: str, door=door, name=name):
            address = door.address(OWN)
            if name in door.parameters:
                address = re.sub(r"{(\w+)(:\w+)?}", lambda found: quote(
                    text if found[1] == name else "1", safe=""), door.path)
                return await client.request(door.method, address, json={})
            return await client.request(door.method, address, params={name: text},
                                        json=None if door.method == "GET" else {})

        chosen = INJECTIONS if method == "GET" and role == "street" else INJECTIONS[:3]
        for answer in await asyncio.gather(*map(tried, chosen)):
            if answer.status_code >= 500 or "syntax error" in answer.text:
                faults.append(f"{method} {path} {name}: {answer.status_code} {answer.text[:200]}")
            if role == "street" and leaks(door, answer):
                faults.append(f"{method} {path} {name}: {leaks(door, answer)}")
    assert faults == []
    assert as_it_was(streets.admin_url) == before


async def test_xss_no_answer_of_the_api_is_read_as_a_page(streets):
    """Stored script comes back as data, of a type that no browser draws, and may load nothing."""
    client = streets.client(streets.token("admin"))
    made = await client.post("/api/reports", json=report(text=SCRIPT, address=SCRIPT))
    number = made.json()["incident"]["id"]
    answers = [await client.get(path, params=query) for path, query in (
        (f"/api/incidents/{number}", {}), ("/api/incidents", {}), ("/api/desk/incidents", {}),
        ("/api/desk/search", {"q": SCRIPT}), ("/api/incidents", {"area": SCRIPT}),
        (f"/api/areas/{quote(SCRIPT, safe='')}", {}), ("/api/addresses", {"q": SCRIPT}))]
    for answer in answers:
        assert "json" in answer.headers["content-type"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")


async def test_xss_pages_write_what_they_are_told_as_text(streets):
    client = streets.client(streets.token("admin"), Accept="text/html")
    for path in ("/login", "/report", "/street", "/statistics", "/planner", "/nothing",
                 "/place/x", "/admin/accounts", "/account", "/wall"):
        answer = await client.get(path, params={
            "next": SCRIPT, "code": SCRIPT, "lang": SCRIPT, "scheme": SCRIPT, "area": SCRIPT})
        assert answer.status_code in (200, 404), path
        assert "<img src=x" not in answer.text, path
        assert "<script>alert" not in answer.text, path


def test_xss_in_sheets_no_cell_is_a_formula():
    texts = ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "＝1", " =1", SCRIPT]
    zone = ZoneInfo("Asia/Shanghai")
    told = b"".join(csv_rows(["a"], [[[text] for text in texts]], zone)).decode("utf-8-sig")
    assert not re.search(r"(?m)^\"?[=+\-@\t＝]", told)
    book = openpyxl.load_workbook(io.BytesIO(b"".join(
        xlsx_rows("a", ["a"], [9], [[[text] for text in texts]], zone, [], "b"))))
    assert {cell.data_type for row in book.active.iter_rows() for cell in row} == {"s"}


@pytest.mark.parametrize("base", ["/static/built/", "/static/desk/", "/static/docs/",
                                  "/static/extensions/panel/", "/components/", "/tiles/",
                                  "/static/panel/1/dist/"])
async def test_path_traversal_by_files(streets, base):
    """As written, over a bare connection: clients tidy paths before they ask."""
    token, door = streets.token("hall"), urlsplit(streets.url)
    for up in ("../", "..%2f", "%2e%2e/", "%2e%2e%2f", "....//", "..\\", "..%5c", "%252e%252e%252f",
               "/", "%00/"):
        for target in ("etc/passwd", "console/server.py", "pyproject.toml"):
            path = base + up * 8 + target
            reader, writer = await asyncio.open_connection(door.hostname, door.port)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {door.netloc}\r\nAuthorization: Bearer"
                         f" {token}\r\nConnection: close\r\n\r\n".encode())
            told = await reader.read()
            writer.close()
            assert re.match(rb"HTTP/1.1 (30[78]|4\d\d)", told), (path, told[:200])
            assert not re.search(rb"root:x:|create_app|\[project\]", told), path


async def test_path_traversal_by_names_of_drafts_and_sheets(streets):
    client = streets.client(streets.token("admin"))
    for name in ("../../etc/passwd", "a\r\nX-Evil: 1", 'a"; filename="evil.exe'):
        made = await client.post("/api/drafts", json={"name": name})
        if made.status_code == 422:
            continue
        answer = await client.get(f"/api/drafts/{made.json()['id']}/export?format=geojson")
        told = answer.headers["content-disposition"]
        assert "x-evil" not in answer.headers
        assert "/etc" not in told
        assert told.count('filename="') == 1


async def test_ssrf_addresses_of_photos_are_never_asked(streets):
    asked, listener = [], socket.create_server(("127.0.0.1", 0))
    listener.settimeout(1.0)

    def listen() -> None:
        try:
            asked.append(listener.accept())
        except TimeoutError:
            listener.close()

    waiting = threading.Thread(target=listen)
    waiting.start()
    client = streets.client(streets.token("admin"))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/photo.jpg"
    made = await client.post("/api/reports", json=report(photos=[address]))
    assert made.status_code == 201
    await client.get(f"/api/incidents/{made.json()['incident']['id']}")
    for scheme in ("javascript:alert(1)", "data:text/html,<script>alert(1)</script>",
                   "file:///etc/passwd", "gopher://127.0.0.1:6379/_x"):
        refused = await client.post("/api/reports", json=report(photos=[scheme]))
        assert refused.status_code == 422, scheme
    await asyncio.to_thread(waiting.join)
    assert asked == []


@pytest.mark.parametrize("headers", [
    {"Host": "evil.example"}, {"Host": "evil.example:99999"}, {"X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "host=evil"},
    {"X-Original-URL": "/admin/accounts"}, {"X-Rewrite-URL": "/admin/accounts"},
    {"X-HTTP-Method-Override": "DELETE"}, {"X-Forwarded-Prefix": "//evil.example"},
    {"Range": "bytes=0-,0-,0-,0-"}, {"Accept-Language": "x" * 9000},
    {"Expect": "1000"}, {"If-None-Match": '"' + "x" * 4000},
    {"Last-Event-ID": "x\\r\\ny"}, {"Accept-Encoding": "br;q=nan, gzip;q=-1"},
], ids=lambda one: next(iter(one)))
async def test_header_tampering_moves_nobody(streets, headers):
    for token in ("", streets.tokens["street"]):
        client = streets.client(token, **headers)
        for path in ("/login", "/api/incidents", "/admin/accounts", "/login/provider"):
            try:
                answer = await client.get(path)
            except httpx.RemoteProtocolError:
                continue
            told = answer.text + str(answer.headers)
            assert answer.status_code < 500, (path, answer.text[:200])
            assert "evil" not in told
            if path == "/admin/accounts":
                assert answer.status_code in (400, 401, 403)


async def test_header_injection_and_smuggling_over_a_bare_connection(streets):
    door = urlsplit(streets.url)
    for asked in (
            "GET /login?next=%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\nHost: {h}\r\n",
            "GET /login?lang=en%0d%0aX-Evil:%201 HTTP/1.1\r\nHost: {h}\r\n",
            "GET /street HTTP/1.1\r\nHost: {h}\r\nAccept: text/html\r\nX: a\rX-Evil: 1\r\n",
            "GET /x%0d%0aX-Evil:1 HTTP/1.1\r\nHost: {h}\r\nAccept: text/html\r\n",
            "GET /login HTTP/1.1\r\nHost: {h}\r\nX: " + "y" * 100_000 + "\r\n",
            "POST /login HTTP/1.1\r\nHost: {h}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked"
            "\r\n", "GET /login HTTP/1.1\r\nHost: {h}\r\nHost: evil.example\r\n"):
        reader, writer = await asyncio.open_connection(door.hostname, door.port)
        writer.write(asked.replace("{h}", door.netloc).encode() + b"Connection: close\r\n\r\n0\r\n"
                     b"\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        told = await reader.read(100_000)
        writer.close()
        head = told.partition(b"\r\n\r\n")[0].lower()
        assert not re.search(rb"(?m)^x-evil", head), asked[:60]
        assert b"set-cookie: a=b" not in head
        assert b"evil.example" not in told
        assert told.startswith((b"HTTP/1.1 200", b"HTTP/1.1 303", b"HTTP/1.1 4")) or not told


async def test_cookie_tampering_opens_nothing(streets):
    client = streets.client()
    signed = await client.post("/login", data={"name": "wang", "password": PASSWORD})
    good = signed.cookies[NAME]
    secret, moment, signature = good.rsplit(".", 2)
    other = SessionCookie("another installation's secret, long enough", 12)
    forged = httpx.Response(200)
    made = other.header(secret, False)[1].decode().split("=", 1)[1].split(";")[0]
    assert forged.status_code == 200
    for cookie in (made, secret, f"{secret}.{moment}.", f"{secret}.zzzz.{signature}",
                   f"{secret[:-1]}x.{moment}.{signature}", good + "x", "." * 50, "x" * 7000,
                   base64.b64encode(good.encode()).decode(), "null", f"{good},{good}",
                   f'"{good[:-1]}"'):
        answer = await streets.client().get("/api/incidents", headers={
            "Cookie": f"{NAME}={cookie}"})
        assert answer.status_code in (400, 401), cookie[:60]
    for written in (f"{NAME}=x; {NAME}={good}; {NAME}=y", f"__Host-{NAME}={good}",
                    f"{NAME.upper()}={good}", f"$Version=1; {NAME}x={good}"):
        answer = await streets.client().get("/api/incidents", headers={"Cookie": written})
        assert answer.status_code == 401, written[:40]


async def _token_of_wall(client) -> str:
    page = await client.get("/wall")
    return re.search(r'"token":"([^"]+)"', page.text)[1]


def _socket(streets, token: str, subprotocols: list[str]):
    return websockets.connect(
        streets.url.replace("http", "ws") + "/wall/ws", subprotocols=subprotocols or None,
        additional_headers={"Authorization": f"Bearer {token}"} if token else {})


async def test_websocket_without_a_session(streets):
    told = await _token_of_wall(streets.client(streets.tokens["street"]))
    with pytest.raises(websockets.InvalidStatus):
        async with _socket(streets, "", ["bokeh", told]):
            pass
    for subprotocols in ([], ["bokeh"], ["bokeh", "no-token"], ["bokeh", "e30"]):
        with pytest.raises((websockets.InvalidStatus, websockets.ConnectionClosed)):
            async with _socket(streets, streets.tokens["street"], subprotocols) as opened:
                await opened.recv()


async def test_websocket_with_a_foreign_session(streets):
    """A session opens to the account that its page was made for: not to another's credential."""
    mine, theirs = streets.tokens["street"], streets.tokens["community"]
    told = await _token_of_wall(streets.client(mine))
    async with _socket(streets, mine, ["bokeh", told]) as opened:
        assert "ACK" in await opened.recv()
    forged = generate_jwt_token(get_session_id(told), expiration=300)
    for token in (told, forged, generate_jwt_token("a number of one's own", expiration=300)):
        with pytest.raises((websockets.InvalidStatus, websockets.ConnectionClosed)):
            async with _socket(streets, theirs, ["bokeh", token]) as opened:
                await opened.recv()


async def test_the_wall_takes_no_session_from_its_address_and_tells_no_cookie(streets):
    client = streets.client()
    await client.post("/login", data={"name": "wang", "password": PASSWORD})
    page = await client.get("/wall", params={"bokeh_session_id": "chosen"},
                            headers={"Bokeh-Session-Id": "chosen"})
    token = re.search(r'"token":"([^"]+)"', page.text)[1]
    assert get_session_id(token) != "chosen"
    payload = json.dumps(get_token_payload(token), default=str)
    assert NAME not in payload
    assert client.cookies[NAME].split(".")[0] not in page.text + payload
    other = await client.get("/wall", params={"bokeh_session_id": get_session_id(token)})
    assert get_session_id(re.search(r'"token":"([^"]+)"', other.text)[1]) != get_session_id(token)


@pytest.mark.parametrize("wanted", [
    "https://evil.example", "//evil.example", "/\\evil.example", "/%2f/evil.example", "\\\\evil",
    "https:evil.example", "javascript:alert(1)", " //evil.example", "/\t/evil.example",
    "///evil.example", "http://127.0.0.1@evil.example", "/login?next=//evil.example",
    "//evil.example/%2e%2e", "data:text/html,evil", "/\n//evil.example", "./../evil.example//",
])
async def test_open_redirects(streets, wanted):
    client = streets.client()
    answer = await client.post("/login", data={
        "name": "wang", "password": PASSWORD, "next": wanted})
    there = answer.headers["location"]
    assert there.startswith("/")
    assert not there.startswith(("//", "/\\"))
    assert urlsplit(there).netloc == ""
    assert not set("\\\n\t") & set(there)


async def test_cors_opens_nothing_to_other_sites(streets):
    client = streets.client(streets.tokens["street"], Origin="https://evil.example")
    for door in doors(streets.app):
        if door.path in APART or door.path == "/wall" or door.method != "GET":
            continue
        answer = await client.get(door.address(OWN))
        assert not [name for name in answer.headers if name.startswith("access-control")], door
    asked = await client.options("/api/reports", headers={
        "Access-Control-Request-Method": "POST"})
    assert "access-control-allow-origin" not in asked.headers


async def test_nothing_private_is_kept_by_anybody_between(streets):
    """Every answer behind the gate says who may keep it; those with people in them, nobody."""
    client, loose = streets.client(streets.token("admin")), []
    for door in doors(streets.app):
        if door.path in APART or door.method != "GET" or door.path.startswith("/static/"):
            continue
        answer = await client.get(door.address(OWN))
        kept = answer.headers.get("cache-control", "")
        if door.path != "/favicon.ico" and (
                "public" in kept or not re.search(r"private|no-store", kept)):
            loose.append(f"{door}: {answer.status_code} {kept!r}")
        if re.search("persons|account|audit|unmask", door.path) and "no-store" not in kept:
            loose.append(f"{door}: {kept!r}")
    assert loose == []


async def test_a_fault_of_ours_tells_nothing_of_our_insides(streets, monkeypatch, caplog):
    async def broken(*arguments):
        raise RuntimeError(f"{SECRET} in /work/x.py: SELECT secret")

    monkeypatch.setattr(streets.app.inner.state.categories, "codes", broken)
    client = streets.client(streets.token("hall"))
    with caplog.at_level(logging.CRITICAL):
        answer = await client.get("/api/incidents")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert not TRACE.search(answer.text)
    assert SECRET not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


async def test_refusals_tell_nothing_of_our_insides(streets):
    client = streets.client(streets.token("admin"))
    for asked in (client.get("/api/incidents", params={"since": "x"}),
                  client.post("/api/reports", content=b"\xff{"), client.get("/api/nothing.py"),
                  client.post("/api/reports", json={"text": [1]}), client.put("/api/incidents"),
                  client.get(f"/api/areas/{'x' * 3000}"), client.get("/tiles/x/99/99/99.mvt"),
                  client.post(f"/api/drafts/{NUMBERS[OWN]}/import", content=b"PK\x03\x04x")):
        answer = await asked
        assert 400 <= answer.status_code < 500
        assert not TRACE.search(answer.text.replace("/api/nothing.py", "")), answer.text[:300]


async def test_secrets_and_people_are_in_no_log_and_no_statement(streets, cluster, caplog):
    caplog.set_level(logging.DEBUG)
    # All tests share the log; what others sent in their own words, before, is theirs.
    said = {path: path.stat().st_size for path in cluster.folder.rglob("*.log")}
    token, admin = streets.tokens["street"], streets.client(streets.token("admin"))
    client, words = streets.client(token), "张三丰 13812345678"
    await client.post("/api/reports", json=report(text=words, address=words))
    await client.get("/api/desk/search", params={"q": words})
    await admin.post(f"/api/persons/{PERSONS[OWN]}/unmask", json={"purpose": words})
    await client.post("/login", data={"name": "wang", "password": PASSWORD + "x"})
    session = streets.client()
    await session.post("/login", data={"name": "wang", "password": PASSWORD})
    await session.get("/api/incidents", params={"area": GRIDS[OWN]})
    statements = cluster.superuser_sql("SELECT string_agg(query, '|') FROM pg_stat_activity")
    logged = "".join(one.getMessage() for one in caplog.records if one.name.startswith(
        ("gridwall", "uvicorn", "psycopg")))
    log = b"".join(path.read_bytes()[said.get(path, 0):]
                   for path in cluster.folder.rglob("*.log")).decode(errors="replace")
    assert "SELECT" in statements.upper()
    for hidden in (token, words, "13812345678", PASSWORD, session.cookies[NAME].split(".")[0],
                   streets.app.inner.state.settings.secret, MARK + SECRET):
        assert hidden not in statements
        assert hidden not in logged
        assert hidden not in log
