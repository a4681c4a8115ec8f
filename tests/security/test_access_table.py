"""docs/access.md is what the application does."""

from __future__ import annotations

import os

import pytest

from tests.console.bodies import OWN
from tests.console.doors import doors
from tests.console.test_matrix import APART
from tests.program import ROOT
from tests.security.access_table import ROLES, shut, table

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings(
    "ignore:The (method, uri, and version|start_line) argument:DeprecationWarning")]
PAGE = ROOT / "docs" / "access.md"


async def test_the_table_in_the_docs_is_current(streets):
    made = table(doors(streets.app))
    if os.environ.get("GRIDWALL_WRITE_DOCS"):
        PAGE.write_text(made, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == made


@pytest.mark.parametrize("role", ROLES)
async def test_doors_are_shut_and_open_as_the_table_says(streets, role):
    token = streets.tokens.get(role) or streets.token(role)
    client, wrong = streets.client(token), []
    for door in doors(streets.app):
        if door.path in APART | {"/wall"} or door.path.startswith("/login"):
            continue
        answer = await client.request(door.method, door.address(OWN), params={"name": "x"}, json={}
                                      if door.method not in ("GET", "OPTIONS") else None)
        if shut(role, door) and answer.status_code != 403:
            wrong.append(f"{door} is open: {answer.status_code}")
        if not shut(role, door) and door.method == "GET" and answer.status_code in (401, 403):
            wrong.append(f"{door} is shut: {answer.status_code} {answer.text[:120]}")
    assert wrong == []
