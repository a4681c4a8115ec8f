"""A hand that files reports behind the walls' back."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from gis.accounts import issue_token


@pytest.fixture(scope="module")
def clerk(server, session_database) -> Iterator[httpx.Client]:
    """Files reports over HTTP."""
    token = issue_token(session_database.admin_url, "admin")
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def place(clerk) -> dict[str, float]:
    """A point within the district."""
    return clerk.get("/api/wall/start").json()["streets"][1]
