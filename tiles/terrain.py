"""Pictures of heights: shade, and heights written into colours."""

from __future__ import annotations

import numpy as np

# As the sun stands on maps, and never in these latitudes: lit from below, hills look like pits.
AZIMUTH_DEG, ALTITUDE_DEG = 315.0, 45.0


def hillshade(heights: np.ndarray, known: np.ndarray, metres: np.ndarray) -> np.ndarray:
    """How much light falls on each cell but the outermost ones.

    The slope is Horn's (1981, "Hill shading and the reflectance map"), as in GDAL; a cell that
    is not known counts as level with the one in the middle.

    Parameters
    ----------
    heights
        Metres; shape (rows, columns).
    known
        Of the same shape: False where there is no height.
    metres
        The side of a cell on the ground in metres, of each row but the first and the last:
        shape (rows - 2,).

    Returns
    -------
    numpy.ndarray
        uint8 of shape (rows - 2, columns - 2); level ground has 255 · sin 45° = 180.
    """
    rows, columns = heights.shape
    middle = heights[1:-1, 1:-1]

    def cell(down: int, across: int) -> np.ndarray:
        part = (slice(down, rows - 2 + down), slice(across, columns - 2 + across))
        return np.where(known[part], heights[part], middle)

    west, east = (cell(0, at) + 2 * cell(1, at) + cell(2, at) for at in (0, 2))
    north, south = (cell(at, 0) + 2 * cell(at, 1) + cell(at, 2) for at in (0, 2))
    side = 8 * metres[:, np.newaxis]
    eastward, northward = (east - west) / side, (north - south) / side
    azimuth, altitude = np.radians(AZIMUTH_DEG), np.radians(ALTITUDE_DEG)
    # The ground's normal (-dz/dx, -dz/dy, 1) by the direction of the sun.
    towards = (-eastward * np.sin(azimuth) - northward * np.cos(azimuth)) * np.cos(altitude)
    light = (np.sin(altitude) + towards) / np.sqrt(1 + eastward**2 + northward**2)
    return np.rint(255 * np.clip(light, 0, 1)).astype(np.uint8)


def terrain_rgb(heights: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Heights in metres as colours: ``-10000 + (R · 65536 + G · 256 + B) · 0.1``.

    Mapbox's terrain-RGB, which MapLibre reads as a `raster-dem` of encoding ``mapbox``. Where
    nothing is known it is sea level: the encoding has no word for nothing.

    Returns
    -------
    numpy.ndarray
        uint8 of shape (3, rows, columns).

    Examples
    --------
    >>> import numpy as np
    >>> terrain_rgb(np.array([[0.0, 8848.9]]), np.array([[True, True]])).tolist()
    [[[1, 2]], [[134, 224]], [[160, 25]]]
    """
    steps = np.rint((np.where(known, heights, 0.0) + 10_000) * 10)
    steps = np.clip(steps, 0, 2**24 - 1).astype(np.uint32)
    return np.stack([steps >> 16, steps >> 8 & 255, steps & 255]).astype(np.uint8)
