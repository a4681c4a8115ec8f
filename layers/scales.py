"""Scales: one object both colours the map and writes the legend, so the two cannot differ.

The legend of loads is written where its breaks are found: in the browser, by the same scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydeck.types import Function

from layers.colours import Colour, to_css


@dataclass(frozen=True)
class LegendEntry:
    """One line of a legend; ``key`` is a key of the catalogues."""

    colour: str
    key: str
    size: float = 1.0

    def as_dict(self) -> dict[str, object]:
        """Write the entry for the browser."""
        return {"colour": self.colour, "key": self.key, "size": self.size}


@dataclass(frozen=True)
class QuantileScale:
    """Classes of a number, with breaks that the browser finds in the district's own data.

    ``colours[0]`` is for none; of those with any, class ``i`` ends at the quantile
    ``shares[i]`` and the last class has no end. So a busy district is not all of one colour.

    Raises
    ------
    ValueError
        If shares do not rise between 0 and 1, or there are not two colours more than shares.
    """

    shares: tuple[float, ...]
    colours: tuple[Colour, ...]

    def __post_init__(self) -> None:
        if list(self.shares) != sorted(set(self.shares)) or not all(
                0 < share < 1 for share in self.shares):
            raise ValueError(f"shares must rise between 0 and 1, got {self.shares}")
        if len(self.colours) != len(self.shares) + 2:
            raise ValueError(f"{len(self.shares)} shares need {len(self.shares) + 2} colours")

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
        return Function("quantile", property=prop, shares=list(self.shares), colours=colours)

    def heights(self, prop: str, heights_m: Sequence[float]) -> Function:
        """Describe a deck.gl accessor that raises by a feature's property, class by class."""
        if len(heights_m) != len(self.colours):
            raise ValueError(f"{len(self.colours)} classes need as many heights")
        return Function("quantileHeight", property=prop, heights=list(heights_m))

    def as_dict(self) -> dict[str, object]:
        """Write the scale for a layer that finds its breaks in what it counted itself."""
        return {"shares": list(self.shares), "colours": [list(colour) for colour in self.colours]}


@dataclass(frozen=True)
class ThresholdScale:
    """Classes of a number by fixed limits: class ``i`` ends below ``limits[i]``.

    The last colour is for what has no number. Entries of the legend are named by the
    catalogue keys ``key_prefix`` + 0, 1, … and ``key_prefix`` + ``none``.
    """

    limits: tuple[float, ...]
    colours: tuple[Colour, ...]
    key_prefix: str

    def __post_init__(self) -> None:
        if list(self.limits) != sorted(set(self.limits)):
            raise ValueError(f"limits must rise, got {self.limits}")
        if len(self.colours) != len(self.limits) + 2:
            raise ValueError(f"{len(self.limits)} limits need {len(self.limits) + 2} colours")

    def colour(self, value: float | None) -> Colour:
        """Colour of a number, or of none."""
        if value is None:
            return self.colours[-1]
        return self.colours[sum(value >= limit for limit in self.limits)]

    def as_dict(self) -> dict[str, object]:
        """Write the scale for the browser."""
        return {"limits": list(self.limits), "colours": [list(colour) for colour in self.colours]}

    def legend(self) -> list[LegendEntry]:
        """One entry a class, that of no number last."""
        names = [*(str(at) for at in range(len(self.limits) + 1)), "none"]
        return [LegendEntry(to_css(colour), key=self.key_prefix + name)
                for colour, name in zip(self.colours, names, strict=True)]


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
