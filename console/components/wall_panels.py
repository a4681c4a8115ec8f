"""Panels beside the map: header, figures, ranking, trend, split by class, newest reports."""

from __future__ import annotations

from typing import ClassVar

import param

from console.components.bundled import BUILT, BundledComponent


class WallPanels(BundledComponent):
    """A column of panels that fetches its figures from ``/api/wall/figures``."""

    panels = param.List([], doc="Of: header, figures, ranking, trend, classes, newest.")
    scheme = param.String("base")
    lang = param.String("zh")
    appearance = param.Selector(default="dark", objects=["dark", "light"])
    title = param.String("")
    texts = param.Dict({})
    class_colours = param.Dict({}, doc="CSS colour by code of class.")
    interval_seconds = param.Number(5.0, doc="Seconds between two requests of figures.")

    bundle: ClassVar[str] = "wall-panels.js"
    _bundle = BUILT / "wall-panels.js"
    _esm = BUILT / "wall-panels.js"
