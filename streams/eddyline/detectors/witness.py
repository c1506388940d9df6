"""The witness: does a window lean, in whitened space, the way that the windows before it leaned?

A direction is an exponentially forgetting sum of earlier windows' deviations from the baseline, fixed before the window
is looked at. The window's mean along it, less the tolerance, in standard deviations, is ``z``; it is bounded above by
truncation, and if its mean is at most 0 and its variance at most 1, then ``E exp(theta z) <= (9 exp(-theta/3) +
exp(3 theta)) / 10``: neither a normal nor an independent sample is assumed, so dividing by that gives a fair bet.
Source: Bennett, "Probability inequalities for the sum of independent random variables", JASA 57 (1962); betting on a
direction learned before: Shekhar and Ramdas, "Nonparametric two-sample testing by betting", IEEE Transactions
on Information Theory 70 (2024).
"""

import math

import numpy as np
from numpy.typing import NDArray

from eddyline.detectors import wealth
from eddyline.detectors.sums import Ints
from eddyline.detectors.whitening import COMPONENTS, UNIT

HALF_LIVES = (400, 3000)
"""In gated prompts."""
STAKES = (0.06, 0.12, 0.25, 0.5)
"""Shifts in standard deviations of one prompt that the bets are made for."""
BETS = len(HALF_LIVES) * len(STAKES)
BOUND = 3.0
"""Of z, and of theta."""
VARIANCE_MARGIN = 1.1

_DECAY_UNIT = 2.0**24
_DIRECTION = 2**15 - 1


class Witness:
    """Two directions, each the sum of the deviations of earlier windows, in units of the whitening."""

    def __init__(self, leanings: Ints | None = None) -> None:
        self.leanings: Ints = np.zeros((len(HALF_LIVES), COMPONENTS), np.int64) if leanings is None else leanings
        """``(2, 64)``: one row a half-life."""

    def along(self, deviation: Ints) -> list[float]:
        """Return the deviation ``(64,)`` of a window along each direction, in standard deviations times prompts.

        0.0 where there is no direction yet. The inner product is exact; root and divisions round as IEEE 754 says.
        """
        found = []
        for leaning in self.leanings:
            if largest := int(np.abs(leaning).max()):
                direction = np.rint(leaning * (_DIRECTION / largest)).astype(np.int64)
                length = math.sqrt(int((direction * direction).sum()))
                found.append(int((direction * deviation).sum()) / (length * UNIT))
            else:
                found.append(0.0)
        return found

    def knows(self) -> NDArray[np.bool_]:
        """Return which bets can be made, ``(8,)``: those along a direction that is known."""
        return np.repeat(self.leanings.any(axis=1), len(STAKES))

    def learn(self, deviation: Ints, n: int) -> None:
        """Add the deviation of a window of ``n`` prompts, after it has been scored."""
        for row, half_life in enumerate(HALF_LIVES):
            # Rounded, so that a power that is off by a last bit gives the same integers.
            decay = round(2.0 ** (-n / half_life) * _DECAY_UNIT) / _DECAY_UNIT
            self.leanings[row] = np.rint(self.leanings[row] * decay).astype(np.int64) + deviation


def bets(along: list[float], n: int, radius: float, variance: float) -> Ints:
    """Return the log of each bet, ``(8,)``, in units of wealth, half-life by half-life.

    Args:
        along: what :meth:`Witness.along` gave for a window of ``n`` > 0 prompts.
        n: its prompts.
        radius: the tolerance, in standard deviations: what the baseline may be off.
        variance: the variance of one prompt along a direction, at most.
    """
    spread = math.sqrt(variance * n)
    scores = [min(BOUND, (projection - n * radius) / spread) for projection in along]
    stakes = [min(BOUND, stake * spread) for stake in STAKES]
    prices = [log_price(theta) for theta in stakes]
    made = [theta * z - price for z in scores for theta, price in zip(stakes, prices, strict=True)]
    return np.array([min(wealth.floor(log), wealth.MOST) for log in made], np.int64)


def log_price(theta: float) -> float:
    """Return the log of Bennett's bound of ``E exp(theta z)`` for z at most 3, of mean <= 0, variance <= 1."""
    return math.log((9.0 * math.exp(-theta / BOUND) + math.exp(BOUND * theta)) / 10.0)


def variance(deviations: Ints, n: Ints) -> float:
    """Return the variance of a prompt along directions learned before it, 1.1 or more.

    Args:
        deviations: ``(t, 64)`` of the baseline's own hours, in order of time.
        n: ``(t,)`` their prompts.
    """
    witness, squares = Witness(), []
    for deviation, count in zip(deviations, n.tolist(), strict=True):
        if count:
            squares += [along**2 / count for along in witness.along(deviation) if along]
            witness.learn(deviation, count)
    return VARIANCE_MARGIN * max(1.0, math.fsum(squares) / max(1, len(squares)))
