"""Looking every day without finding what is not there: arms drawn anew, of which each look rejects the most extreme.

The users' own arms and the draws (:mod:`eddyline.adaptation.rehash`) are alike where the deployment changed nobody. At
look ``t`` those with the largest statistics among the ones not yet rejected are rejected, until ``a t / (t + 10)`` of
all are: never more than the level ``a``, so the users' own arms are rejected, at any look ever, with probability ``a``
at most. That needs no assumption on users or days, and there is always some of the level left. Four fifths of it are
for the style features, one fifth is for the embeddings. Smaller levels reject only what larger ones have rejected,
which costs nothing: whatever is rejected at a level is rejected at every larger one.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eddyline.adaptation.rehash import DRAWS, Families

LEVELS = (0.01, 0.02, 0.05, 0.1, 0.2)
SPLIT = (0.8, 0.2)
"""Of a level, in the order of :class:`~eddyline.adaptation.rehash.Families`."""
HALF = 10
"""The look at which half of a level has been spent."""


class Alive(NamedTuple):
    """What has been rejected until now."""

    rejected: NDArray[np.bool_]
    """``(2, 5, b + 1)`` by family, level and arms: first the users' own, then the draws."""

    @property
    def p(self) -> float:
        """The smallest level at which the users' own arms have been rejected; 1 if at none."""
        return min((level for place, level in enumerate(LEVELS) if self.rejected[:, place, 0].any()), default=1.0)

    def pack(self) -> bytes:
        """Return it as it is stored."""
        return np.packbits(self.rejected, axis=-1).tobytes()


def fresh(draws: int = DRAWS) -> Alive:
    """Return what has been rejected before the first look: nothing."""
    return Alive(np.zeros((len(SPLIT), len(LEVELS), draws + 1), np.bool_))


def unpack(value: bytes, draws: int = DRAWS) -> Alive:
    """Return what was stored."""
    rows = np.frombuffer(value, np.uint8).reshape(len(SPLIT), len(LEVELS), -1)
    return Alive(np.unpackbits(rows, axis=-1, count=draws + 1).astype(np.bool_))


def step(alive: Alive, found: Families, t: int) -> Alive:
    """Return what has been rejected after look ``t``, counted from 1."""
    rejected = [
        _levels(before, np.array([family.observed, *family.drawn]), part * t / (t + HALF))
        for before, family, part in zip(alive.rejected, found, SPLIT, strict=True)
    ]
    return Alive(np.array(rejected))


def _levels(rejected: NDArray[np.bool_], statistics: NDArray[np.float64], spent: float) -> NDArray[np.bool_]:
    """Return ``(5, b + 1)`` what is rejected of a family, when ``spent`` of each level may have been."""
    after = rejected.copy()
    may = statistics > 0
    for place in reversed(range(len(LEVELS))):
        left = int(LEVELS[place] * spent * len(statistics)) - int(after[place].sum())
        after[place, _largest(statistics, may & ~after[place], left)] = True
        may = after[place]
    return after


def _largest(statistics: NDArray[np.float64], those: NDArray[np.bool_], count: int) -> NDArray[np.intp]:
    """Return the places of the ``count`` largest; of equal ones the later, so that the users' own come last."""
    places = np.flatnonzero(those)[::-1]
    return places[np.argsort(-statistics[places], kind="stable")[: max(0, count)]]
