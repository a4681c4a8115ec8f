"""The bench of edits runs; how fast is for `gridwall bench` to say."""

from __future__ import annotations

from bench import edits
from bench.report import Context


def test_it_runs_on_a_small_coverage():
    with Context(quick=True) as context:
        ratio, cost, done = edits.run(context)
    assert ratio.bar == 1.0
    assert ratio.peer == edits.BAR
    assert cost.ours > 0
    assert done.holds
