"""Betting on counts: k of a window's n prompts have a feature whose rate is at most (or at least) p.

A bet on the rate q pays ``(q/p)^k ((1-q)/(1-p))^(n-k)``. Counts are sufficient, so this is the product of the bets on
each prompt. Its expectation is at most 1 for every rate on the right side of p, however the prompts depend on the past.
Source: Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86 (2024).
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eddyline.detectors import wealth
from eddyline.detectors.sums import Ints

ODDS = (1.25, 1.5, 2.0, 3.0, 5.0)
"""A bet is made that the odds of a feature are so many times what they were, or that part of it."""
MARGIN = 2.0
"""Standard errors between the rate of the baseline and the rate that is bet against."""

Floats = NDArray[np.float64]


class Bets(NamedTuple):
    """Bets on ``t`` counts, 5 each, with logs in units of wealth: ``k * hit - n * price``."""

    hit: Ints
    """``(t, 5)``"""
    price: Ints
    """``(t, 5)``"""
    live: NDArray[np.bool_]
    """``(t,)``: a rate that cannot be exceeded, or undercut, is not bet against."""


def upwards(rates: Floats, errors: Floats) -> Bets:
    """Prepare bets that rates ``(t,)`` have risen by more than two of their standard errors."""
    return _prepare(np.minimum(1.0, rates + MARGIN * errors), ODDS)


def downwards(rates: Floats, errors: Floats) -> Bets:
    """Prepare bets that rates ``(t,)`` have fallen by more than two of their standard errors."""
    return _prepare(np.maximum(0.0, rates - MARGIN * errors), [1.0 / odds for odds in ODDS])


def joined(*parts: Bets) -> Bets:
    """Return all bets as one."""
    return Bets(*(np.concatenate(fields) for fields in zip(*parts, strict=True)))


def score(bets: Bets, counts: Ints, n: int) -> Ints:
    """Return the log of each bet on counts ``(t,)`` of a window of ``n`` prompts: ``(t, 5)``, in units of wealth."""
    logs: Ints = np.minimum(counts[:, None] * bets.hit - n * bets.price, wealth.MOST)
    return logs


def _prepare(p: Floats, factors: tuple[float, ...] | list[float]) -> Bets:
    """Bet that the odds of each ``p`` are multiplied by each factor: q/p = c/(1-p+cp), (1-q)/(1-p) = 1/(1-p+cp)."""
    # Rounded so that a bet never pays more than it should.
    hit = np.tile([wealth.floor(math.log(factor)) for factor in factors], (len(p), 1))
    price = np.ceil(np.log1p(p[:, None] * (np.array(factors) - 1.0)) * wealth.UNIT)
    return Bets(hit, price.astype(np.int64), (p > 0.0) & (p < 1.0))
