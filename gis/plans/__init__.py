"""Drafts (草案): redraws of boundaries, from the first operation until they are published."""

from gis.plans.reading import BaseArea, Draft, Face, Stale, read_draft
from gis.plans.redrawing import draft_redraw

__all__ = ["BaseArea", "Draft", "Face", "Stale", "draft_redraw", "read_draft"]
