"""What every kind of answer carries, whoever asks and however it ends."""

from __future__ import annotations

import re

import pytest

from console.headers import NOTHING_POLICY, PAGE_POLICY, PDF_POLICY, SCRIPT_POLICY, policy_of
from tests.console.bodies import GRIDS, NUMBERS, OWN

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings(
    "ignore:The (method, uri, and version|start_line) argument:DeprecationWarning")]
ALWAYS = {"x-content-type-options": "nosniff", "x-frame-options": "DENY",
          "referrer-policy": "same-origin", "cross-origin-opener-policy": "same-origin",
          "cross-origin-resource-policy": "same-origin",
          "x-permitted-cross-domain-policies": "none"}
PAGES = ("/street", "/statistics", "/planner", "/planner/rehearsal", "/officer", "/report",
         "/account", "/admin/categories", "/admin/loop", "/admin/accounts", "/admin/audit",
         f"/place/{GRIDS[OWN]}")
HASHED = ("/login", "/logout", "/nothing", "/api/docs")
FILES = {"/static/desk/common.js": SCRIPT_POLICY, "/static/desk/desk.css": NOTHING_POLICY,
         "/favicon.ico": NOTHING_POLICY}
CALLS = ("/api/incidents", "/api/openapi.json", "/api/nothing", "/healthz", "/metrics",
         f"/api/incidents/{NUMBERS[OWN]}", "/api/desk/export.csv", "/api/desk/export.xlsx",
         f"/api/qr/{GRIDS[OWN]}.svg", "/tiles/areas/14/13653/6759.mvt",
         "/tiles/areas/tilejson.json", "/api/areas?at=x", "/")


async def test_every_answer_has_the_usual_headers_and_a_policy(streets):
    client = streets.client(streets.token("admin"), Accept="text/html")
    nobody = streets.client()
    for path in (*PAGES, *HASHED, *FILES, *CALLS, "/wall"):
        for asking in (client, nobody):
            answer = await asking.get(path)
            told = {name: answer.headers.get(name) for name in ALWAYS}
            assert told == ALWAYS, path
            policy = answer.headers["content-security-policy"]
            assert "frame-ancestors 'none'" in policy, path
            assert policy.startswith("default-src 'none'"), path
            assert "geolocation=(self)" in answer.headers["permissions-policy"]


async def test_no_page_but_the_wall_allows_anything_inline(streets):
    client = streets.client(streets.token("admin"), Accept="text/html")
    for path in PAGES:
        answer = await client.get(path)
        assert answer.headers["content-security-policy"] == PAGE_POLICY, path
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", answer.text), path
        inline = re.findall(r"<script(?![^>]*src=)([^>]*)>", answer.text)
        assert inline == [' type="application/json" id="told"'], path
    for path in HASHED:
        policy = (await client.get(path)).headers["content-security-policy"]
        assert "unsafe" not in policy, path
        assert "'sha256-" in policy, path


async def test_the_walls_scripts_are_named_and_no_other_runs(streets):
    client = streets.client(streets.token("admin"))
    first, second = [await client.get("/wall") for _ in range(2)]
    scripts = re.search(r"script-src ([^;]*)", first.headers["content-security-policy"])[1]
    assert "'unsafe-inline'" not in scripts
    assert scripts.count("'sha256-") >= 1
    nonces = [re.search(r"'nonce-([^']+)'", one.headers["content-security-policy"])[1]
              for one in (first, second)]
    assert nonces[0] != nonces[1]
    assert f'nonce="{nonces[0]}"' in first.text


async def test_files_and_data_load_nothing(streets):
    client = streets.client(streets.token("admin"))
    for path, policy in FILES.items():
        assert (await client.get(path)).headers["content-security-policy"] == policy, path
    for path in CALLS[:-1]:
        answer = await client.get(path)
        assert answer.headers["content-security-policy"] == NOTHING_POLICY, path
    assert policy_of(b"application/pdf") == PDF_POLICY


async def test_what_is_known_already_keeps_its_policy(streets):
    """A browser puts the headers of a 304 over those it has kept with the file."""
    client = streets.client(streets.token("admin"))
    tag = (await client.get("/static/desk/common.js")).headers["etag"]
    answer = await client.get("/static/desk/common.js", headers={"If-None-Match": tag})
    assert answer.status_code == 304
    assert "content-security-policy" not in answer.headers


async def test_over_tls_browsers_are_told_to_stay_there(streets):
    answer = await streets.client().get("/login", headers={"X-Forwarded-Proto": "https"})
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
