"""A cache of what was drawn, bounded by the memory it takes; the least lately used goes first."""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import brotli


@dataclass
class Body:
    """Bytes with their entity tag, compressed once in each coding that is asked for.

    Parameters
    ----------
    content
        Uncompressed.
    """

    content: bytes
    tag: str = ""
    _coded: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tag = f'"{hashlib.blake2b(self.content, digest_size=12).hexdigest()}"'

    @classmethod
    def from_brotli(cls, packed: bytes) -> Body:
        """A body of which the compressed bytes are known."""
        body = cls(brotli.decompress(packed))
        body._coded["br"] = packed
        return body

    def coded(self, coding: str) -> bytes:
        """The bytes in a content coding: ``br``, ``gzip`` or ``identity``."""
        if coding not in self._coded:
            self._coded[coding] = {
                "br": lambda: brotli.compress(self.content, quality=5),
                "gzip": lambda: gzip.compress(self.content, 6, mtime=0),
                "identity": lambda: self.content,
            }[coding]()
        return self._coded[coding]

    @property
    def size(self) -> int:
        """Bytes of memory, about: the compressed forms are taken to be as large at most."""
        return 2 * len(self.content) + 200


class Sized(Protocol):
    """What can be kept: it tells how many bytes it takes."""

    @property
    def size(self) -> int:
        """Bytes of memory, about."""


Thing = TypeVar("Thing", bound=Sized)


class Cache(Generic[Thing]):
    """Bodies, or whatever else tells its size, by key.

    Parameters
    ----------
    limit
        Bytes that all bodies together may take.
    """

    def __init__(self, limit: int = 64_000_000) -> None:
        self._limit = limit
        self._taken = 0
        self._bodies: OrderedDict[Hashable, Thing] = OrderedDict()

    def get(self, key: Hashable) -> Thing | None:
        """The body under a key, now the latest used; None where there is none."""
        body = self._bodies.get(key)
        if body is not None:
            self._bodies.move_to_end(key)
        return body

    def put(self, key: Hashable, body: Thing) -> None:
        """Keep a body; others are let go while together they take too much."""
        old = self._bodies.pop(key, None)
        self._taken += body.size - (old.size if old else 0)
        self._bodies[key] = body
        while self._taken > self._limit and len(self._bodies) > 1:
            _, gone = self._bodies.popitem(last=False)
            self._taken -= gone.size

    def clear(self) -> None:
        """Let all go."""
        self._bodies.clear()
        self._taken = 0
