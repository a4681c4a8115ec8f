"""What is compressed, what is not, and that all comes out as it went in."""

from __future__ import annotations

import gzip

import brotli
import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse
from starlette.routing import Mount, Route

from console.compression import Compression
from console.headers import SecurityHeaders
from console.static import BuiltFiles

pytestmark = pytest.mark.anyio
LONG = b'{"a": "' + b"x" * 50_000 + b'"}'


def answer(body=LONG, kind="application/json", **headers):
    async def endpoint(request):
        return Response(body, media_type=kind, headers=headers)

    return endpoint


async def stream(request):
    async def chunks():
        for _ in range(100):
            yield b"data: {}\n\n" * 20

    return StreamingResponse(chunks(), media_type="text/event-stream")


@pytest.fixture
async def client(tmp_path):
    (tmp_path / "a.js").write_bytes(b"raw " * 1000)
    (tmp_path / "a.js.br").write_bytes(brotli.compress(b"raw " * 1000))
    app = Starlette(routes=[
        Route("/long", answer()), Route("/short", answer(b"{}")),
        Route("/kept", answer(ETag='"one"')), Route("/picture", answer(LONG, "image/png")),
        Route("/encoded", answer(gzip.compress(LONG), **{"Content-Encoding": "gzip"})),
        Route("/live", stream), Mount("/static/built", BuiltFiles(tmp_path)),
    ])
    transport = httpx.ASGITransport(app=SecurityHeaders(Compression(app)))
    async with httpx.AsyncClient(transport=transport, base_url="http://wall.test") as made:
        yield made


@pytest.mark.parametrize('path, accepted, coding', [
    ("/long", "gzip, br", "br"), ("/long", "gzip", "gzip"), ("/long", "identity", None),
    ("/kept", "br", "br"), ("/short", "br", None), ("/picture", "br", None),
    ("/live", "br, gzip", None), ("/encoded", "br", "gzip"), ("/static/built/a.js", "br", "br"),
    ("/static/built/a.js", "identity", None),
])
async def test_each_answer_in_the_right_form(client, path, accepted, coding):
    found = await client.get(path, headers={"Accept-Encoding": accepted})
    assert found.status_code == 200
    assert found.headers.get("content-encoding") == coding
    assert found.headers["x-content-type-options"] == "nosniff"
    plain = await client.get(path, headers={"Accept-Encoding": "identity"})
    assert found.content == plain.content


async def test_a_file_is_compressed_once_and_its_tag_is_weak(client):
    first = await client.get("/kept", headers={"Accept-Encoding": "br"})
    again = await client.get("/kept", headers={"Accept-Encoding": "br"})
    assert first.headers["etag"] == 'W/"one"'
    assert first.headers["vary"] == "Accept-Encoding"
    assert int(again.headers["content-length"]) < 1000


async def test_a_built_file_with_its_hash_is_kept_for_ever(client):
    kept = await client.get("/static/built/a.js?v=abc", headers={"Accept-Encoding": "br"})
    assert "immutable" in kept.headers["cache-control"]
    assert kept.headers["content-type"].startswith(("text/javascript", "application/javascript"))
    assert (await client.get("/static/built/none.js")).status_code == 404
