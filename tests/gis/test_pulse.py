"""What the pulse takes for a dead line, and what it does not."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from gis.pulse import hung_up_after

pytestmark = pytest.mark.anyio


async def test_a_line_that_answered_while_this_process_was_held_up_is_not_cut():
    here, there = socket.socketpair()
    with here, there:
        here.setblocking(False)
        with hung_up_after(here, 0.2):
            asked = asyncio.create_task(asyncio.get_running_loop().sock_recv(here, 1))
            await asyncio.sleep(0)
            there.send(b"!")
            # Held up for longer than the line may be silent, as on a machine that is too busy.
            time.sleep(0.15)
            assert await asked == b"!"
        with hung_up_after(here, 0.2):
            asked = asyncio.create_task(asyncio.get_running_loop().sock_recv(here, 1))
            await asyncio.sleep(0)
            time.sleep(0.5)
            there.send(b"?")
            assert await asked == b"?"
        assert there.send(b".") == 1


async def test_a_silent_line_is_cut_in_time():
    here, there = socket.socketpair()
    with here, there:
        here.setblocking(False)
        begun = time.monotonic()
        with hung_up_after(here, 0.2):
            # Cut, it reads as ended.
            assert await asyncio.get_running_loop().sock_recv(here, 1) == b""
        assert time.monotonic() - begun >= 0.19
