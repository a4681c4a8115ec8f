"""Proposals (自动划分): grids drawn anew from blocks between streets, in balance."""

from gis.proposals.blocks import Blocks, blocks_of
from gis.proposals.drawing import Proposal, Score, draw
from gis.proposals.task import Ground, PresentGrid, Task

__all__ = ["Blocks", "Ground", "PresentGrid", "Proposal", "Score", "Task", "blocks_of", "draw"]
