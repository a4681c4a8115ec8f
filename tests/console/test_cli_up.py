"""`up`, as far as it goes without a database: the port, the home, and who may see demo words."""

from __future__ import annotations

import os
import socket

import pytest

from console.cli.up import alone, is_loopback, listening
from gis.errors import Conflict, SetupError


def test_a_port_in_use_is_named_before_anything_starts():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SetupError, match=f"port {port} on 127.0.0.1 can't be used"), listening(
            "127.0.0.1", port
        ):
            pass


def test_nobody_is_let_in_before_the_server_serves():
    with listening("127.0.0.1", 0) as door, socket.socket() as caller:
        assert caller.connect_ex(door.getsockname()) != 0


def test_an_address_of_nobody_is_refused():
    with pytest.raises(SetupError, match="no address of this machine"), listening(
        "no-such-host.invalid", 0
    ):
        pass


def test_a_second_up_on_the_same_home_is_told_of_the_first(tmp_path):
    with alone(tmp_path) as tell:
        tell("http://127.0.0.1:5006")
        with pytest.raises(Conflict, match=rf"process {os.getpid()}, http://127.0.0.1:5006"), alone(
            tmp_path
        ):
            pass
    with alone(tmp_path):
        pass


@pytest.mark.parametrize(
    "host,only_here",
    [("127.0.0.1", True), ("127.8.0.1", True), ("::1", True), ("localhost", True),
     ("0.0.0.0", False), ("::", False), ("192.168.1.4", False), ("wall.example", False)],
)
def test_loopback(host, only_here):
    assert is_loopback(host) is only_here
