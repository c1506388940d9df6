"""Who is near: distances of prompts to the nearest item of a reference, and what is usual among its items."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eddyline import samples
from eddyline.distances import nearest, nearest_other
from eddyline.samples import Item

Squared = NDArray[np.int64]
"""Squared distances, in units of :mod:`eddyline.distances`."""


class Neighbours:
    """The items of a reference as neighbours."""

    def __init__(self, items: list[Item]) -> None:
        self._vectors = samples.vectors(items)
        self._last: tuple[list[Item], Squared | None] = ([], None)

    def nearest(self, sample: list[Item]) -> Squared | None:
        """Return the squared distances ``(n,)`` of a sample's items to the nearest item of the reference.

        None where either is empty. The last answer is kept: every metric of a window asks for the same, and the
        products of its vectors are the dearest part of judging it.
        """
        if not sample or not len(self._vectors):
            return None
        if self._last[0] != sample:
            self._last = ([*sample], nearest(samples.vectors(sample), self._vectors))
        return self._last[1]

    @cached_property
    def others(self) -> Squared | None:
        """The squared distances ``(m,)`` of each item to the nearest other one; None below two items."""
        return nearest_other(self._vectors) if len(self._vectors) > 1 else None

    @cached_property
    def radius(self) -> int | None:
        """The squared distance within which three quarters of the items have another one: the P75, by nearest rank.

        The smallest of :attr:`others` that at least three quarters of them do not exceed; None below two items.
        """
        if self.others is None:
            return None
        return int(np.sort(self.others)[(3 * len(self.others) + 3) // 4 - 1])
