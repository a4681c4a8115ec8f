"""The demo district, built once for all tests of it."""

from __future__ import annotations

import pytest

from fixtures.district import District, build_district


@pytest.fixture(scope="session")
def district() -> District:
    """The demo district with the default seed."""
    return build_district("demo")
