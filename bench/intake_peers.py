"""The server and the load on it, each in a process of its own: ``python -m bench.intake_peers``."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time

CONNECTIONS = 8
_TEXTS = ("路面塌陷，行人绕行", "楼道堆放杂物，堵塞消防通道", "夜间施工噪声扰民", "路灯不亮")


def report(box: tuple[float, float, float, float]) -> dict[str, object]:
    """One report somewhere in a box (west, south, east, north)."""
    west, south, east, north = box
    return {"text": random.choice(_TEXTS), "category": "urban", "channel": "resident",
            "lon": random.uniform(west, east), "lat": random.uniform(south, north)}


def request(port: int, token: str, box: tuple[float, float, float, float], batch: int) -> bytes:
    """One request as bytes, of one report or of a batch."""
    sent = report(box) if batch == 1 else [report(box) for _ in range(batch)]
    body = json.dumps(sent, ensure_ascii=False).encode()
    path = "/api/reports" if batch == 1 else "/api/reports:batch"
    head = (f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n")
    return head.encode() + body


async def load(port: int, token: str, box: tuple[float, float, float, float], batch: int,
               seconds: float) -> float:
    """Reports stored a second over keep-alive connections, each with one request at a time."""
    # Made beforehand: the measure is the server's work, not this process's.
    ready = [request(port, token, box, batch) for _ in range(512 if batch == 1 else 24)]
    begun = time.perf_counter()
    counts = await asyncio.gather(*(
        _one_connection(port, ready[n::CONNECTIONS], batch, begun + seconds)
        for n in range(CONNECTIONS)))
    return sum(counts) / (time.perf_counter() - begun)


async def _one_connection(port: int, ready: list[bytes], batch: int, until: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
    stored = turn = 0
    while time.perf_counter() < until:
        writer.write(ready[turn % len(ready)])
        turn += 1
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        body = await reader.readexactly(length)
        good = b" 201 " in head[:20] if batch == 1 else body.count(b'"status":201') == batch
        if not good:
            raise SystemExit(f"refused: {head[:200]!r} {body[:500]!r}")
        stored += batch
    writer.close()
    return stored


def serve(port: int) -> None:
    """One server process over the database of the environment."""
    import uvicorn

    from console.server import create_app
    from gis.settings import Settings

    settings = Settings.from_environment(os.environ)
    uvicorn.run(create_app(settings), port=port, log_level="warning", access_log=False,
                server_header=False)


def main(arguments: list[str]) -> None:
    """Serve, or load and print reports a second."""
    what, *rest = arguments
    if what == "serve":
        serve(int(rest[0]))
        return
    port, token, box, batch, seconds = rest
    west, south, east, north = map(float, box.split(","))
    print(asyncio.run(load(int(port), token, (west, south, east, north), int(batch),
                           float(seconds))))


if __name__ == "__main__":
    main(sys.argv[1:])
