"""`bench assign` in its small size: every way runs, and those that are exact agree."""

from __future__ import annotations

import json

from click.testing import CliRunner

from console.cli import cli
from console.cli.bench import bench_names


def test_quick_run_tells_rows_that_hold() -> None:
    result = CliRunner().invoke(cli, ["bench", "assign", "--quick", "--json"])
    told = json.loads(result.stdout)
    assert told["machine"]["cores"] >= 1
    assert {row["bench"] for row in told["rows"]} == {"assign"}
    assert set(told["rows"][0]) == {"bench", "name", "ours", "peer", "ratio", "bar", "holds"}
    assert [row["name"] for row in told["rows"] if not row["holds"]] == []
    assert sum("answers unlike" in row["name"] for row in told["rows"]) == 5
    assert result.exit_code == 0


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    result = CliRunner().invoke(cli, ["bench", "nothing"])
    assert result.exit_code == 2
    assert all(name in result.stderr for name in bench_names())
