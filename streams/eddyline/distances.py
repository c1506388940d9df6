"""Distances between quantised vectors, exact to the bit.

Vectors are int8 in units of ``1 / SCALE``; squared distances are integers in units of ``1 / SCALE**2``.
"""

import math

import numpy as np
from numpy.typing import NDArray

from eddyline.protocols import SCALE


def squared_distances(a: NDArray[np.int8], b: NDArray[np.int8]) -> NDArray[np.int64]:
    """Return all squared distances ``(n, m)`` of the rows of ``a`` ``(n, d)`` and ``b`` ``(m, d)``.

    float32 is exact here: a dot product of 384 int8 pairs stays below 2**24, where float32 holds every integer.
    """
    left, right = a.astype(np.float32), b.astype(np.float32)
    dots = (left @ right.T).astype(np.int64)
    return _squares(left)[:, None] + _squares(right)[None, :] - 2 * dots


def nearest(a: NDArray[np.int8], b: NDArray[np.int8]) -> NDArray[np.int64]:
    """Return the squared distances ``(n,)`` of the rows of ``a`` to the nearest row of ``b``."""
    found: NDArray[np.int64] = squared_distances(a, b).min(axis=1)
    return found


def nearest_other(rows: NDArray[np.int8]) -> NDArray[np.int64]:
    """Return the squared distances ``(n,)`` of each row to the nearest *other* row; needs two rows."""
    distances = squared_distances(rows, rows)
    np.fill_diagonal(distances, np.iinfo(np.int64).max)
    found: NDArray[np.int64] = distances.min(axis=1)
    return found


def mean_distance(squared: NDArray[np.int64]) -> float:
    """Return the mean Euclidean distance, in units of the unit vectors, of ``(n,)`` squared ones; n >= 1."""
    return math.fsum(np.sqrt(squared.astype(np.float64))) / (len(squared) * SCALE)


def _squares(rows: NDArray[np.float32]) -> NDArray[np.int64]:
    squares: NDArray[np.int64] = np.einsum("ij,ij->i", rows, rows).astype(np.int64)
    return squares
