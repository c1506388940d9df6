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

Floats = NDArray[np.float64]

_DECAY_UNIT = 2.0**24
_DIRECTION = 2**15 - 1


class Witness:
    """Two directions, each the sum of the deviations of earlier windows, in units of the whitening."""

    def __init__(self, leanings: Ints | None = None) -> None:
        self.leanings: Ints = np.zeros((len(HALF_LIVES), COMPONENTS), np.int64) if leanings is None else leanings
        """``(2, 64)``: one row a half-life."""

    def along(self, deviation: Ints) -> Floats:
        """Return the deviation ``(64,)`` of a window along each direction, in standard deviations times prompts."""
        return _along(self.leanings, deviation)

    def knows(self) -> NDArray[np.bool_]:
        """Return which bets can be made, ``(8,)``: those along a direction that is known."""
        return np.repeat(self.leanings.any(axis=1), len(STAKES))

    def learn(self, deviation: Ints, n: int) -> None:
        """Add the deviation of a window of ``n`` prompts, after it has been scored."""
        self.leanings = _learned(self.leanings, deviation, _decays(np.array([n]))[0])


def bets(along: Floats, n: int, radius: float, variance: float) -> Ints:
    """Return the log of each bet, ``(8,)``, in units of wealth, half-life by half-life.

    Args:
        along: what :meth:`Witness.along` gave for a window of ``n`` > 0 prompts.
        n: its prompts.
        radius: the tolerance, in standard deviations: what the baseline may be off.
        variance: the variance of one prompt along a direction, at most.
    """
    spread = math.sqrt(variance * n)
    scores = np.minimum(BOUND, (along - n * radius) / spread)
    stakes = [min(BOUND, stake * spread) for stake in STAKES]
    made = np.outer(scores, stakes) - [log_price(theta) for theta in stakes]
    return np.minimum(np.floor(made * wealth.UNIT).astype(np.int64), wealth.MOST).reshape(-1)


def log_price(theta: float) -> float:
    """Return the log of Bennett's bound of ``E exp(theta z)`` for z at most 3, of mean <= 0, variance <= 1."""
    return math.log((9.0 * math.exp(-theta / BOUND) + math.exp(BOUND * theta)) / 10.0)


def variance(deviations: Ints, n: Ints) -> float:
    """Return the variance of a prompt along directions learned before it, 1.1 or more.

    Args:
        deviations: ``(t, 64)`` of the baseline's own hours, in order of time.
        n: ``(t,)`` their prompts.
    """
    some = n > 0
    deviations, n = deviations[some], n[some]
    leanings = np.zeros((len(n) + 1, len(HALF_LIVES), COMPONENTS), np.int64)
    for at, decays in enumerate(_decays(n)):
        leanings[at + 1] = _learned(leanings[at], deviations[at], decays)
    squares = (_along(leanings[1:-1], deviations[1:, None]) ** 2 / n[1:, None]).reshape(-1).tolist()
    return VARIANCE_MARGIN * max(1.0, math.fsum(squares) / max(1, len(squares)))


def _along(leanings: Ints, deviations: Ints) -> Floats:
    """Return the projections of ``(..., 64)`` on the directions of ``(..., 64)``; 0.0 where there is no direction yet.

    The inner product is exact; root and divisions round as IEEE 754 says.
    """
    largest = np.maximum(np.abs(leanings).max(axis=-1, keepdims=True), 1)
    directions = np.rint(leanings * (_DIRECTION / largest)).astype(np.int64)
    lengths = np.sqrt(np.maximum((directions * directions).sum(axis=-1), 1))
    found: Floats = (directions * deviations).sum(axis=-1) / (lengths * UNIT)
    return found


def _decays(n: Ints) -> Floats:
    """Return by how much windows of ``(t,)`` prompts fade what was learned before, ``(t, 2, 1)``.

    Rounded, so that a power that is off by a last bit gives the same integers.
    """
    decays: Floats = np.rint(2.0 ** (-n[:, None] / np.array(HALF_LIVES)) * _DECAY_UNIT) / _DECAY_UNIT
    return decays[:, :, None]


def _learned(leanings: Ints, deviation: Ints, decays: Floats) -> Ints:
    found: Ints = np.rint(leanings * decays).astype(np.int64) + deviation
    return found
