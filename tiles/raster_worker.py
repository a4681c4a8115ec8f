"""A process that draws rasters: orders on standard input, pictures on standard output.

Each message is its length in four bytes, big-endian, and then as many bytes. An order is JSON;
an answer begins with a byte that says what it is.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
import warnings
from typing import BinaryIO

READY, PICTURE, NOTHING_THERE, BAD_FILE = b"R", b"P", b"N", b"B"
# A file may be broken on purpose; what it asks for beyond this ends the process and no more.
MEMORY_BYTES = 3 * 2**30
LENGTH = struct.Struct(">I")


def main() -> None:
    """Draw until the input ends."""
    os.nice(5)  # whoever looks at the wall goes first
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    warnings.simplefilter("ignore")
    inward, outward = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the answers

    from gis.errors import BadFile, NotFound
    from tiles.raster import draw
    from tiles.raster_order import Order

    _tell(outward, READY, b"")
    while head := inward.read(LENGTH.size):
        order = Order(**json.loads(inward.read(*LENGTH.unpack(head))))
        try:
            _tell(outward, PICTURE, draw(order))
        except NotFound as fault:
            _tell(outward, NOTHING_THERE, fault.message.encode())
        except BadFile as fault:
            _tell(outward, BAD_FILE, fault.message.encode())


def _tell(outward: BinaryIO, kind: bytes, said: bytes) -> None:
    outward.write(LENGTH.pack(len(said) + 1) + kind + said)
    outward.flush()


if __name__ == "__main__":
    main()
