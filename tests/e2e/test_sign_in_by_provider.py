"""The real program, a real browser and a real provider: in by its forms, to one's page, and out."""

from __future__ import annotations

import re

import psycopg
import pytest

from gis.accounts import create_account
from tests.console.city_provider import CLIENT, PASSWORD, SECRET, city_provider
from tests.console.conftest import STREETS, build_town
from tests.program import Program, free_port

pytestmark = pytest.mark.e2e


@pytest.fixture
def provider(monkeypatch):
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")  # plain http, on loopback
    with city_provider() as running:
        yield running


@pytest.fixture
def program(database, provider, tmp_path):
    build_town(database.admin_url)
    create_account(database.admin_url, "root", "admin", "a local way in")
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("SELECT add_mapping('一街', 'street', %s, NULL, 0::smallint)",
                           (STREETS[0],))
    port = free_port()
    provider.client(f"http://127.0.0.1:{port}")
    provider.person("li", ("一街",))
    running = Program(["up", "--no-demo", "--port", str(port)], {
        "GRIDWALL_HOME": str(tmp_path), "GRIDWALL_DATABASE_URL": database.server_url,
        "GRIDWALL_ADMIN_DATABASE_URL": database.admin_url,
        "GRIDWALL_OIDC_ISSUER": provider.url, "GRIDWALL_OIDC_CLIENT_ID": CLIENT,
        "GRIDWALL_OIDC_CLIENT_SECRET": SECRET})
    try:
        yield running.wait_ready()
        assert running.stop() == 0, running.output
        running.demand_clean_log()
    finally:
        if running.process.poll() is None:
            running.kill()


def test_in_through_the_provider_and_out_again(browser, program, provider):
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.goto(f"{program.url}/street?lang=zh")
    page.get_by_role("link", name=re.compile("统一身份认证")).click()
    page.fill("[name=login]", "li")
    page.locator("#loginform button[type=submit], #loginform [name=answer]").first.click()
    page.fill("[name=password]", PASSWORD)
    page.locator("form button[type=submit]").first.click()
    page.wait_for_url(f"{program.url}/street?lang=zh")
    page.goto(f"{program.url}/account")
    page.wait_for_selector("#sessions tr.this")
    assert "street 001" in page.inner_text("#facts")
    # Somebody who came by the provider has no password here to change.
    assert page.locator("#password").is_hidden()
    cookies = {one["name"]: one for one in context.cookies(program.url)}
    assert (cookies["gridwall_session"]["httpOnly"], cookies["gridwall_session"]["sameSite"]) == (
        True, "Lax")
    assert not any(name.startswith("gridwall_provider_") for name in cookies)
    page.click("#out")
    page.locator("form[action='/logout'] button").click()
    # The provider asks whether to sign out there too, or comes straight back.
    page.wait_for_url(lambda url: url.startswith(provider.url) or url.endswith("/login"))
    if page.url.startswith(provider.url):
        page.locator("[name=answer][value=logout], button[type=submit]").first.click()
    page.goto(f"{program.url}/account")
    page.wait_for_url(lambda url: "/login?next=" in url)
    context.close()
