"""Which function carries which operation out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gis.boundaries import cutting, joining, moving, rerouting, simplifying, snapping
from gis.boundaries.ground import Ground
from gis.boundaries.operations import (
    Merge,
    MoveBlock,
    MoveEdge,
    MoveVertex,
    Operation,
    Rename,
    Replace,
    Reroute,
    Simplify,
    Snap,
    Split,
)
from gis.boundaries.proposal import Proposal

if TYPE_CHECKING:
    from gis.boundaries.coverage import Coverage

_WAYS: dict[type, Callable[[Coverage, Any, Ground], Proposal]] = {
    MoveVertex: moving.move_vertex,
    MoveEdge: moving.move_edge,
    Reroute: rerouting.reroute,
    Split: cutting.split,
    MoveBlock: cutting.move_block,
    Merge: joining.merge,
    Replace: joining.replace,
    Rename: joining.rename,
    Snap: snapping.snap,
    Simplify: simplifying.simplify,
}


def propose(coverage: Coverage, operation: Operation, ground: Ground) -> Proposal:
    """What an operation would make of a coverage; `Refused` where it can't be carried out."""
    return _WAYS[type(operation)](coverage, operation, ground)
