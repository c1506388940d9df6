"""One process for all bets: a weighted average of Shiryaev-Roberts e-detectors, and the limit that a budget gives it.

The wealth of a bet starts anew at every moment: ``M <- (M + window length in days) * e``. If every e has expectation at
most 1 given the past, then average wealth minus time is a supermartingale, whatever the bets have to do with one
another. So if an alarm is raised at a wealth of A days, which then begins at 0 again, **at most T/A false alarms are
expected by day T**, at whatever times one looks.
Source: Shin, Ramdas and Rinaldo, "E-detectors: a nonparametric framework for sequential change detection", The New
England Journal of Statistics in Data Science 2 (2024).
"""

import math

import numpy as np
from numpy.typing import NDArray

from eddyline.detectors import wealth
from eddyline.detectors.sums import Ints

DAYS_A_YEAR = 365


def limit_days(false_alarms_a_year: float, streams: int) -> float:
    """Return the wealth A, in days, at which each of ``streams`` apps alarms for a budget of all of them together.

    >>> limit_days(1.0, 10)
    3650.0
    """
    return DAYS_A_YEAR * streams / false_alarms_a_year


class Process:
    """The wealth of ``b`` bets and its average by fixed weights that add up to 1."""

    def __init__(self, weights: NDArray[np.float64], logs: Ints | None = None) -> None:
        self._log_weights = np.log(weights)
        self.logs: Ints = np.full(len(weights), wealth.NOTHING, np.int64) if logs is None else logs
        """``(b,)``: the log of each wealth in days, in units of wealth."""

    def step(self, bets: Ints, live: NDArray[np.bool_], days: float) -> None:
        """Take in the log bets ``(b,)`` of a window that lasted ``days``.

        A bet that is not ``live`` in this window stands still: wealth never comes from waiting alone.
        """
        begun = np.logaddexp(self.logs / wealth.UNIT, math.log(days))
        grown = np.floor(begun * wealth.UNIT).astype(np.int64) + bets
        self.logs = np.where(live, np.maximum(grown, wealth.NOTHING), self.logs)

    def average(self) -> float:
        """Return the natural log of the average wealth in days, rounded down to a unit of wealth."""
        weighted = self.logs / wealth.UNIT + self._log_weights
        top = float(weighted.max())
        return wealth.floor(top + math.log(float(np.exp(weighted - top).sum()))) / wealth.UNIT

    def leading(self) -> int:
        """Return which bet holds the largest part of the average."""
        return int((self.logs / wealth.UNIT + self._log_weights).argmax())

    def reset(self) -> None:
        """Begin again at nothing, as after an alarm."""
        self.logs = np.full(len(self.logs), wealth.NOTHING, np.int64)
