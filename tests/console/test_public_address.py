"""What QR codes point to: what is set, or this very machine; never what a request makes up."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.requests import Request

from console.public_address import public_address, reaches_nobody, report_address
from gis.errors import SetupError
from gis.settings import Settings


def asked(said: str, *, server=("hall.test", 5006), scheme: str = "http",
          **settings: object) -> Request:
    made = Settings(home=Path("home"), **settings)
    return Request({
        "type": "http", "scheme": scheme, "server": server, "path": "/", "query_string": b"",
        "headers": [(b"host", said.encode("latin-1")), (b"x-forwarded-host", b"evil.example")],
        "app": SimpleNamespace(state=SimpleNamespace(settings=made))})


@pytest.mark.parametrize("host, address", [
    ("hall.test:5006", "http://hall.test:5006"),
    ("127.0.0.1:5006", "http://127.0.0.1:5006"),
    ("localhost:8080", "http://localhost:8080"),
    ("[::1]:5006", "http://[::1]:5006"),
    ("evil.example", "http://hall.test:5006"),
    ("evil.example:80@hall.test", "http://hall.test:5006"),
    ("me@hall.test", "http://hall.test:5006"),
    ("hall.test:99999", "http://hall.test:5006"),
    ("hall.test:x", "http://hall.test:5006"),
    ("", "http://hall.test:5006"),
    ("hall.test", "http://hall.test"),
    ("hall.test:80", "http://hall.test"),
])
def test_a_host_is_believed_only_where_it_is_this_machine(host, address):
    assert public_address(asked(host)) == address


def test_what_is_set_goes_before_all_else():
    request = asked("evil.example", public_url="https://grid.example.test/city/")
    assert public_address(request) == "https://grid.example.test/city"


def test_a_host_that_is_served_on_by_name_is_ours():
    request = asked("grid.test:5006", host="grid.test")
    assert public_address(request) == "http://grid.test:5006"


def test_ipv6_stands_in_brackets():
    assert public_address(asked("x", server=("fd00::2", 5006))) == "http://[fd00::2]:5006"


def test_codes_are_quoted():
    assert report_address("http://host", "a&b=c/?#") == "http://host/report?code=a%26b%3Dc%2F%3F%23"


@pytest.mark.parametrize("base, nobody", [
    ("http://127.0.0.1:5006", True), ("http://localhost", True), ("http://[::1]:5006", True),
    ("http://hall.test", False), ("https://grid.example.test", False)])
def test_an_address_of_this_machine_alone_is_known(base, nobody):
    assert reaches_nobody(base) is nobody


@pytest.mark.parametrize("given", [
    "grid.example.test", "ftp://grid.example.test", "https://", "https://a.test b",
    "https://a.test?q=1", "https://a.test:p@b.test", "https://a.test#b", "https://a.test:99999", "https://网格"])
def test_a_setting_that_phones_could_not_open_is_refused(given):
    with pytest.raises(SetupError, match="GRIDWALL_PUBLIC_URL"):
        Settings(home=Path("home"), public_url=given)
