"""Scales: one object both colours the map and writes the legend, so the two cannot differ."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from pydeck.types import Function

from layers.colours import Colour, to_css


@dataclass(frozen=True)
class LegendEntry:
    """One line of a legend.

    ``label`` is text as it stands, ``key`` a key of the catalogues; one of the two is set.
    """

    colour: str
    label: str | None = None
    key: str | None = None
    size: float = 1.0

    def as_dict(self) -> dict[str, object]:
        """Write the entry for the browser."""
        return {"colour": self.colour, "label": self.label, "key": self.key, "size": self.size}


@dataclass(frozen=True)
class ThresholdScale:
    """Classes of a number: ``colours[i]`` where ``breaks[i-1] <= value < breaks[i]``.

    Raises
    ------
    ValueError
        If breaks do not rise, or there is not one colour more than breaks.
    """

    breaks: tuple[float, ...]
    colours: tuple[Colour, ...]

    def __post_init__(self) -> None:
        if list(self.breaks) != sorted(set(self.breaks)):
            raise ValueError(f"breaks must rise, got {self.breaks}")
        if len(self.colours) != len(self.breaks) + 1:
            raise ValueError(f"{len(self.breaks)} breaks need {len(self.breaks) + 1} colours")

    def colour(self, value: float) -> Colour:
        """Colour of a value; the class begins at its lower break."""
        return self.colours[bisect_right(self.breaks, value)]

    def accessor(self, prop: str, alpha: Sequence[int]) -> Function:
        """Describe a deck.gl accessor that colours by a feature's property.

        Parameters
        ----------
        prop : str
            Name of the property.
        alpha : sequence of int
            Opacity 0-255 of each class.
        """
        colours = [[*colour, a] for colour, a in zip(self.colours, alpha, strict=True)]
        return Function("threshold", property=prop, breaks=list(self.breaks), colours=colours)

    def legend(self) -> list[LegendEntry]:
        """One entry a class, labelled by its range of whole numbers, lowest first."""
        lows = [0, *self.breaks]
        labels = []
        for index, low in enumerate(lows):
            if index == len(lows) - 1:
                labels.append(f"≥ {low:g}")
            else:
                high = lows[index + 1] - 1
                labels.append(f"{low:g}" if high <= low else f"{low:g}–{high:g}")
        return [
            LegendEntry(to_css(colour), label=label)
            for colour, label in zip(self.colours, labels, strict=True)
        ]


@dataclass(frozen=True)
class CategoryScale:
    """One colour for each code, in order."""

    codes: tuple[str, ...]
    colours: tuple[Colour, ...]
    key_prefix: str

    def __post_init__(self) -> None:
        if len(self.codes) != len(self.colours):
            raise ValueError(f"{len(self.codes)} codes need as many colours")

    def colour(self, code: str) -> Colour:
        """Colour of a code.

        Raises
        ------
        ValueError
            If the code is not one of the scale's.
        """
        if code not in self.codes:
            raise ValueError(f"no colour for {code!r}; there are {', '.join(self.codes)}")
        return self.colours[self.codes.index(code)]

    def legend(self) -> list[LegendEntry]:
        """One entry a code, named by the catalogue key ``key_prefix + code``."""
        return [
            LegendEntry(to_css(colour), key=self.key_prefix + code)
            for code, colour in zip(self.codes, self.colours, strict=True)
        ]
