"""How tiles are compared: turns, ratios, and answers that are none."""

from __future__ import annotations

import pytest

from bench.tiles import Turns, _less, own_path, take_turns
from bench.tiles_peers import Answer, tipg_path
from gis.errors import SetupError

TILE = (14, 4823, 6160)


def test_every_contender_draws_every_tile_and_each_begins_in_turn():
    order: list[str] = []

    def contender(name: str):
        def draw(tile):
            order.append(name)
            return Answer(tile[1] / 1000, 200, b"x" * tile[2])
        return draw

    tiles = [(14, 1, 10), (14, 3, 20)]
    turns = take_turns({name: contender(name) for name in "ab"}, tiles, warm_up=False)
    assert order == ["a", "b", "b", "a"]
    assert turns.ms("a") == pytest.approx(2.0)
    assert turns.sizes == {"a": 30, "b": 30}


def test_a_refusal_ends_the_benchmark():
    with pytest.raises(SetupError, match="ours answered 503"):
        Turns().note("ours", Answer(0.1, 503, b"no"))


@pytest.mark.parametrize("ours, bar, holds", [(6, 0.6, True), (7, 0.6, False), (70, None, True)])
def test_a_bar_is_the_ratio_at_most(ours, bar, holds):
    row = _less("cold", ours, 10, bar)
    assert (row.ratio, row.holds) == (ours / 10, holds)


def test_both_are_asked_for_the_same_tile():
    assert own_path(TILE) == "/tiles/buildings/14/4823/6160.mvt"
    assert tipg_path(TILE, "geom").startswith(
        "/collections/public.building/tiles/WebMercatorQuad/14/4823/6160?")
