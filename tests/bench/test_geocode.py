"""`bench geocode` in its small size: every way runs at both sizes."""

from __future__ import annotations

import json

from click.testing import CliRunner

from console.cli import cli


def test_quick_run_tells_milliseconds_and_their_growth() -> None:
    result = CliRunner().invoke(cli, ["bench", "geocode", "--quick", "--json"])
    rows = json.loads(result.stdout)["rows"]
    assert [row["name"].split(",")[0] for row in rows[::2]] == [
        "exact code", "exact text", "noisy text", "noisy text by trigrams over full texts"]
    assert all(row["ours"] > 0 and row["peer"] > 0 for row in rows)
    assert result.exit_code == 0
