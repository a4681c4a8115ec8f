"""The OpenAPI document held against the server by schemathesis: no 5xx, no broken promise.

The server is the real one, over PostGIS; schemathesis runs beside it as the program that it is, as
an admin, who may do everything.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.anyio
HERE = Path(__file__).parent
# Streams end when one hangs up (tests/console/test_live.py); the wall's page is Bokeh's.
LEFT_OUT = ("/live", "/wall")
LONG_REQUESTS = 20_000


async def probed(streets, token: str, folder: Path, *options: str) -> tuple[int, str]:
    """Run schemathesis; how many requests it made, and what it found, as it says it."""
    run = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "schemathesis.cli",
        "--config-file", str(HERE / "schemathesis.toml"), "--no-color", "run",
        f"{streets.url}/api/openapi.json", "--header", f"Authorization: Bearer {token}",
        "--checks", "all", "--continue-on-failure", "--request-timeout", "60",
        "--generation-database", "none", "--report", "ndjson",
        "--report-ndjson-path", str(folder / "events.ndjson"),
        *(part for path in LEFT_OUT for part in ("--exclude-path", path)), *options,
        cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"PYTHONHASHSEED": "0"})
    said = (await run.communicate())[0].decode(errors="replace")
    return requests_in(folder / "events.ndjson"), said if run.returncode else ""


def requests_in(events: Path) -> int:
    """How many requests schemathesis has written down as made."""
    with events.open(encoding="utf-8") as lines:
        told = (json.loads(line).get("ScenarioFinished") for line in lines)
        return sum(len((one["recorder"] or {}).get("interactions") or ()) for one in told if one)


async def test_a_short_run_finds_nothing(streets, tmp_path):
    made, said = await probed(streets, streets.token("admin"), tmp_path, "--phases", "fuzzing",
                              "--max-examples", "3", "--seed", "1", "--workers", "2")
    assert not said, said
    assert made > 200


@pytest.mark.long
@pytest.mark.timeout(5_400)
async def test_twenty_thousand_requests_find_nothing(streets, tmp_path):
    made, said = await probed(streets, streets.token("admin"), tmp_path,
                              "--max-examples", "160", "--workers", "2")
    assert not said, said
    assert made >= LONG_REQUESTS
