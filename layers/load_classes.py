"""Classes of loads with breaks found in the data: for still pictures, as the wall finds its own."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from layers.colours import Colour
from layers.scales import QuantileScale


@dataclass(frozen=True)
class LoadClasses:
    """A scale with its breaks: class 0 is for none, class i ends below ``breaks[i]``.

    The same as ``console/web/src/map/load-scale.js``.
    """

    scale: QuantileScale
    breaks: tuple[int, ...]

    @classmethod
    def found(cls, scale: QuantileScale, loads: Iterable[int]) -> LoadClasses:
        """Breaks at the scale's shares of those with any load, on whole and easy numbers."""
        busy = sorted(load for load in loads if load > 0)
        breaks = [1]
        for share in scale.shares:
            least = breaks[-1] + 1
            at = _easy(busy[math.floor(share * (len(busy) - 1))] + 1) if busy else least
            breaks.append(max(least, at))
        return cls(scale, tuple(breaks))

    def place(self, load: int) -> int:
        """The number of a load's class, from 0."""
        return next((at for at, limit in enumerate(self.breaks) if load < limit),
                    len(self.breaks))

    def legend(self) -> list[tuple[Colour, str]]:
        """Each class's colour and its range in words, the quietest first."""
        lows = (0, *self.breaks)
        return [(colour, _range(low, self.breaks[at] if at < len(self.breaks) else None))
                for at, (low, colour) in enumerate(zip(lows, self.scale.colours, strict=True))]


def _easy(value: int) -> int:
    step = 1 if value < 11 else 5 if value < 60 else 10 ** math.floor(math.log10(value)) / 2
    return int(math.floor(value / step + 0.5) * step)


def _range(low: int, end: int | None) -> str:
    if end is None:
        return f"≥ {low}"
    return f"{low}–{end - 1}" if end - 1 > low else f"{low}"
