"""The witness: does a window lean, in whitened space, the way that the windows before it leaned?

A direction is an exponentially forgetting sum of earlier hours' deviations from the baseline, fixed before the window
is looked at. The window's mean along it, less the tolerance, in standard deviations, is ``z``; it is bounded above by
truncation, and if its mean is at most 0 and its variance at most 1, then ``E exp(theta z) <= (9 exp(-theta/3) +
exp(3 theta)) / 10``: neither a normal nor an independent sample is assumed, so dividing by that gives a fair bet.
Source: Bennett, "Probability inequalities for the sum of independent random variables", JASA 57 (1962); betting on a
direction learned before: Shekhar and Ramdas, "Nonparametric two-sample testing by betting", IEEE Transactions
on Information Theory 70 (2024).
"""

import math
from typing import NamedTuple

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
    """Two directions, each the fading sum of the deviations of earlier hours, in units of the whitening.

    An hour is bet on with what the hours before it taught: its own deviations are put aside until it is over. The
    baseline of an hour has an error that all of its windows share, and a direction that learned it within the hour
    would bet on it.
    """

    def __init__(self) -> None:
        self._leanings: Ints = np.zeros((len(HALF_LIVES), COMPONENTS), np.int64)
        self._aside: Ints = np.zeros(COMPONENTS, np.int64)
        self._n, self._hour = 0, -1
        self._directions = _directions(self._leanings)

    def begin(self, hour_of_week: int) -> None:
        """Come to a window of an hour; if it is another one than before, that one is over, and is learned."""
        if hour_of_week == self._hour:
            return
        self._hour = hour_of_week
        if self._n:
            self._leanings = _learned(self._leanings, self._aside, _decays(np.array([self._n]))[0])
            self._aside, self._n = np.zeros_like(self._aside), 0
            self._directions = _directions(self._leanings)

    def along(self, deviation: Ints) -> Floats:
        """Return the deviation ``(64,)`` of a window along each direction, in standard deviations times prompts."""
        return _along(self._directions, deviation)

    def knows(self) -> NDArray[np.bool_]:
        """Return which bets can be made, ``(8,)``: those along a direction that is known."""
        return np.repeat(self._leanings.any(axis=1), len(STAKES))

    def learn(self, deviation: Ints, n: int) -> None:
        """Put the deviation of a window of ``n`` prompts aside, after it has been scored."""
        self._aside = self._aside + deviation
        self._n += n

    def pack(self) -> bytes:
        """Return the state, 1.5 kB."""
        parts = (self._leanings.reshape(-1), self._aside, np.array([self._n, self._hour]))
        return np.concatenate(parts).astype("<i8").tobytes()

    def restore(self, value: bytes) -> None:
        """Take back a state."""
        whole = np.frombuffer(value, "<i8").astype(np.int64)
        self._leanings = whole[: self._leanings.size].reshape(self._leanings.shape)
        self._aside, (self._n, self._hour) = whole[self._leanings.size : -2], whole[-2:].tolist()
        self._directions = _directions(self._leanings)


PACKED_BYTES = 8 * (len(HALF_LIVES) * COMPONENTS + COMPONENTS + 2)
"""Of a packed witness."""


def bets(along: Floats, n: int, radius: float, variance: float) -> Ints:
    """Return the log of each bet, ``(8,)``, in units of wealth, half-life by half-life.

    Args:
        along: what :meth:`Witness.along` gave for a window of ``n`` > 0 prompts.
        n: its prompts.
        radius: the tolerance of the hour, in standard deviations: what its baseline may be off.
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
    squares = (_along(_directions(leanings[1:-1]), deviations[1:, None]) ** 2 / n[1:, None]).reshape(-1).tolist()
    return VARIANCE_MARGIN * max(1.0, math.fsum(squares) / max(1, len(squares)))


class _Directions(NamedTuple):
    """Directions ``(..., 64)`` as integers below 2**15, and their lengths ``(...)`` in units of the whitening."""

    steps: Ints
    lengths: Floats


def _directions(leanings: Ints) -> _Directions:
    """Return the directions of leanings ``(..., 64)``; zeros where nothing has been learned."""
    largest = np.maximum(np.abs(leanings).max(axis=-1, keepdims=True), 1)
    steps = np.rint(leanings * (_DIRECTION / largest)).astype(np.int64)
    return _Directions(steps, np.sqrt(np.maximum((steps * steps).sum(axis=-1), 1)) * UNIT)


def _along(directions: _Directions, deviations: Ints) -> Floats:
    """Return the projections of deviations ``(..., 64)``; 0.0 where there is no direction yet.

    The inner product is exact; root and divisions round as IEEE 754 says.
    """
    found: Floats = (directions.steps * deviations).sum(axis=-1) / directions.lengths
    return found


def _decays(n: Ints) -> Floats:
    """Return by how much hours of ``(t,)`` prompts fade what was learned before, ``(t, 2, 1)``.

    Rounded, so that a power that is off by a last bit gives the same integers.
    """
    decays: Floats = np.rint(2.0 ** (-n[:, None] / np.array(HALF_LIVES)) * _DECAY_UNIT) / _DECAY_UNIT
    return decays[:, :, None]


def _learned(leanings: Ints, deviation: Ints, decays: Floats) -> Ints:
    found: Ints = np.rint(leanings * decays).astype(np.int64) + deviation
    return found
