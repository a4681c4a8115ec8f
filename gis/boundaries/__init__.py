"""Boundaries as a topology: a seamless coverage, what may be done to it, check and repair.

Pure: shapely and numpy only. Coordinates are EPSG:4490 on the grid of 1e-9°; metres come from
`gis.crs.metres_per_degree` near the place.
"""

from gis.boundaries.checking import Defect, check
from gis.boundaries.coverage import Change, Coverage, Edge
from gis.boundaries.ground import Ground
from gis.boundaries.operation_json import operation_from_json, operation_to_json
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
from gis.boundaries.refusals import NotACoverage, Refusal, RefusalKind, Refused
from gis.boundaries.repairing import Repair, Step, repair

__all__ = [
    "Change",
    "Coverage",
    "Defect",
    "Edge",
    "Ground",
    "Merge",
    "MoveBlock",
    "MoveEdge",
    "MoveVertex",
    "NotACoverage",
    "Operation",
    "Refusal",
    "RefusalKind",
    "Refused",
    "Rename",
    "Repair",
    "Replace",
    "Reroute",
    "Simplify",
    "Snap",
    "Split",
    "Step",
    "check",
    "operation_from_json",
    "operation_to_json",
    "repair",
]
