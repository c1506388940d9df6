"""Rows of a panel's day, as the users of a study have them."""

import numpy as np
from numpy.typing import NDArray

from eddyline.paneldays import PanelDay


def rows_of(users: NDArray[np.uint64], day: PanelDay) -> NDArray[np.bool_]:
    """Return ``(m,)`` which rows of a day are of one of ``(u,)`` users."""
    return contains(users, day.user)


def contains(users: NDArray[np.uint64], those: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Return ``(m,)`` which of ``those`` are among ``(u,)`` users, which are ascending."""
    if not len(users):
        return np.zeros(len(those), np.bool_)
    found: NDArray[np.bool_] = users[np.minimum(np.searchsorted(users, those), len(users) - 1)] == those
    return found


def sums(
    users: NDArray[np.uint64], day: PanelDay, rows: NDArray[np.bool_], values: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return ``(u,)`` sums over each user's rows of a day.

    Args:
        users: ``(u,)`` ranks, ascending.
        day: the day.
        rows: ``(m,)`` which of its rows, all of them of one of the users.
        values: ``(m,)`` of the day's rows.
    """
    place = np.searchsorted(users, day.user[rows])
    return np.bincount(place, values[rows], len(users)).astype(np.float64)
