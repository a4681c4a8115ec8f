"""How unevenly something is shared out."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def gini(values: Iterable[float]) -> float | None:
    """The Gini coefficient: 0 where all have the same, towards 1 where one has everything.

    ``G = Σᵢ Σⱼ |xᵢ − xⱼ| / (2 n² x̄)``, reckoned from the sorted values as
    ``Σᵢ (2i − n − 1) xᵢ / (n Σ xᵢ)``, i from 1 (Gini 1912; Sen 1973). The population's, without
    the correction n / (n − 1) for a sample.

    Parameters
    ----------
    values
        Loads, none below 0; any unit.

    Returns
    -------
    float or None
        None of nothing; 0 where all values are 0.

    Raises
    ------
    ValueError
        For a value below 0 or one that is no number.

    Examples
    --------
    >>> gini([3, 3, 3])
    0.0
    >>> gini([0, 0, 0, 1])
    0.75
    """
    loads = np.sort(np.fromiter(values, dtype=float))
    if not len(loads):
        return None
    if not (loads >= 0).all():
        raise ValueError("a Gini coefficient is of values of 0 or more")
    total, count = loads.sum(), len(loads)
    if total == 0:
        return 0.0
    rank = 2 * np.arange(1, count + 1) - count - 1
    return float((rank * loads).sum() / (count * total))
