"""How a raster is drawn: what an admin may choose, and nothing that a request could."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from gis.errors import InvalidInput

IMAGE, HILLSHADE, TERRAIN = "image", "hillshade", "terrain"
DRAWS = (IMAGE, HILLSHADE, TERRAIN)
# Heights are drawn either way, whichever an admin chose for the plain address.
OF_HEIGHTS = (HILLSHADE, TERRAIN)
RESAMPLINGS = ("nearest", "bilinear", "cubic")
# Even steps of brightness, so that they are read without colour too; and two for heights.
COLOURS = ("viridis", "cividis", "magma", "inferno", "plasma", "greys", "ylorrd", "ylgnbu",
           "blues", "terrain", "gist_earth")


@dataclass(frozen=True)
class RasterStyle:
    """What becomes of a file's numbers.

    Attributes
    ----------
    draw
        ``image``: its bands as colours; ``hillshade``: heights lit from the north-west;
        ``terrain``: heights in metres as Mapbox's terrain-RGB.
    bands
        Which bands, counted from 1: three for red, green and blue, or one.
    rescale
        For each band what becomes 0 and what 255; empty where the bytes are colours already.
    colours
        Name of the colour map of a single band; empty for grey, or the file's own.
    nodata
        What stands for nothing, where the file doesn't say so itself.
    resampling
        Between pixels.

    Raises
    ------
    InvalidInput
        If they do not fit together.
    """

    draw: str = IMAGE
    bands: tuple[int, ...] = (1,)
    rescale: tuple[tuple[float, float], ...] = ()
    colours: str = ""
    nodata: float | None = None
    resampling: str = "bilinear"

    def __post_init__(self) -> None:
        _one_of(self.draw, DRAWS, "draw")
        _one_of(self.resampling, RESAMPLINGS, "resampling")
        if self.colours:
            _one_of(self.colours, COLOURS, "colours")
        if len(self.bands) not in (1, 3) or not all(1 <= band <= 65535 for band in self.bands):
            raise InvalidInput("bands are one, or three for red, green and blue", field="bands")
        if len(self.bands) == 3 and (self.colours or self.draw != IMAGE):
            raise InvalidInput("colour maps, hillshade and terrain are of a single band",
                               field="bands")
        if self.rescale and len(self.rescale) != len(self.bands):
            raise InvalidInput("rescale has a pair for each band", field="rescale")
        if not all(math.isfinite(low) and math.isfinite(high) and low < high
                   for low, high in self.rescale):
            raise InvalidInput("rescale is from a lower number to a higher one", field="rescale")

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> RasterStyle:
        """A style as the registry has it."""
        return cls(**{**told, "bands": tuple(told["bands"]),
                      "rescale": tuple((low, high) for low, high in told["rescale"])})

    def as_json(self) -> dict[str, Any]:
        """The style as the registry keeps it."""
        return asdict(self)

    def drawn_as(self, draw: str | None) -> RasterStyle:
        """The same heights drawn the other way.

        Raises
        ------
        InvalidInput
            If this raster can't be drawn so.
        """
        if draw is None or draw == self.draw:
            return self
        if self.draw not in OF_HEIGHTS or draw not in OF_HEIGHTS:
            raise InvalidInput(f"this raster is drawn as {self.draw} alone; heights as"
                               f" {' or '.join(OF_HEIGHTS)}", field="style")
        return RasterStyle(**(asdict(self) | {"draw": draw}))


def _one_of(value: str, allowed: tuple[str, ...], field: str) -> None:
    if value not in allowed:
        raise InvalidInput(f"{field} is one of {', '.join(allowed)}, not {value!r:.40}",
                           field=field)
