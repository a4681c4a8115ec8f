"""How many live at each place, so that every area has as many as it is told to have.

A library rarely knows every dwelling, and load never goes by registration. Where an area is told
a number (the last survey's), that is the level; the dwellings only tell how it lies within.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NOWHERE = -1


def share_out(told: NDArray[np.float64], owner: NDArray[np.int64], counted: NDArray[np.float64],
              homes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Residents at places.

    Parameters
    ----------
    told
        Of each area, n: residents it is told to have; NaN where nobody tells.
    owner
        Of each place, m: the index of its area, `NOWHERE` for none.
    counted
        Of each place, m: residents that its dwellings tell.
    homes
        Of each place, m: by what residents are shared out in an area whose dwellings tell none,
        such as its addresses.

    Returns
    -------
    ndarray
        float64, m. In an area that is told a number they sum to it, if there is any home; in one
        that is not, and outside all, they are as counted.

    Examples
    --------
    >>> share_out(np.array([90.0]), np.array([0, 0]), np.array([1.0, 2.0]), np.ones(2))
    array([30., 60.])
    """
    inside = owner >= 0
    of_counted, of_homes = (
        np.bincount(owner[inside], amount[inside], minlength=len(told))
        for amount in (counted, homes))
    by_counted = of_counted > 0
    by = np.where(by_counted, of_counted, of_homes)
    level = np.divide(told, by, where=by > 0, out=np.full(len(told), np.nan))
    shared = np.full(len(owner), np.nan)
    at = owner[inside]
    shared[inside] = level[at] * np.where(by_counted[at], counted[inside], homes[inside])
    return np.where(np.isnan(shared), counted, shared)


def whole(shares: NDArray[np.float64], owner: NDArray[np.int64]) -> NDArray[np.int64]:
    """Whole residents, each area's sum kept (largest remainders, the first place on a tie)."""
    floor = np.floor(shares + 1e-9)
    rest = shares - floor
    made = floor.astype(np.int64)
    for area in np.unique(owner[rest > 1e-9]):
        here = np.flatnonzero(owner == area)
        missing = round(float(rest[here].sum()))
        made[here[np.argsort(-rest[here], kind="stable")[:missing]]] += 1
    return made
