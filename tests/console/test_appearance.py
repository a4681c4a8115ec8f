"""Dark and light: how a page's look is chosen, and that its words can be read in both."""

import pytest
from starlette.responses import Response

from console import appearance


@pytest.mark.parametrize("argument, cookie, default, expected", [
    ("light", "dark", "dark", "light"),
    (None, "light", "dark", "light"),
    ("pink", "light", "dark", "light"),
    ("", "pink", "light", "light"),
    (None, None, "dark", "dark"),
])
def test_asked_before_remembered_before_the_pages_own(argument, cookie, default, expected):
    assert appearance.choose(argument, cookie, default) == expected


def test_what_was_asked_is_remembered_and_nothing_else():
    asked, strange = Response(), Response()
    appearance.remember(asked, "light")
    appearance.remember(strange, "light; Domain=elsewhere.example")
    assert asked.headers["set-cookie"].startswith("gridwall_style=light; Max-Age=31536000; Path=/")
    assert "set-cookie" not in strange.headers
