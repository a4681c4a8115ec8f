"""A year of 500,000 matters costs a desk and a ranking no more pages than five weeks did."""

from __future__ import annotations

from importlib import import_module

import pytest

from bench.report import Context


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_year_costs_no_more_than_five_weeks():
    with Context() as context:
        rows = [row for name in ("ranking", "desk")
                for row in import_module(f"bench.{name}").run(context)]
    missed = [(row.bench, row.name, row.ours, row.peer) for row in rows if not row.holds]
    assert not missed
