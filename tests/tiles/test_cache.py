"""The cache of drawn bodies."""

from __future__ import annotations

import gzip

import brotli

from tiles.cache import Body, Cache


def test_codings_hold_the_same_bytes():
    body = Body(b"tile " * 500)
    assert brotli.decompress(body.coded("br")) == body.content
    assert gzip.decompress(body.coded("gzip")) == body.content
    assert body.coded("identity") is body.content
    assert body.coded("br") is body.coded("br")


def test_tags_are_of_the_content():
    assert Body(b"a").tag == Body(b"a").tag != Body(b"b").tag


def test_the_least_lately_used_goes_first():
    cache = Cache(limit=3 * Body(b"x" * 100).size)
    for key in "abc":
        cache.put(key, Body(b"x" * 100))
    assert cache.get("a") is not None
    cache.put("d", Body(b"x" * 100))
    assert cache.get("b") is None
    assert all(cache.get(key) is not None for key in "acd")


def test_a_body_put_again_is_counted_once():
    cache = Cache(limit=2 * Body(b"x" * 100).size)
    for _ in range(5):
        cache.put("a", Body(b"x" * 100))
    cache.put("b", Body(b"x" * 100))
    assert cache.get("a") is not None
    assert cache.get("b") is not None
