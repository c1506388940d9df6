"""Whether users stayed and came alike in both arms: if not, who writes has changed because of the deployment.

Where the arm of everybody is known, also of those who left, the shares who stayed are compared (two proportions, pooled
variance). Where it is known only of those who wrote since, the control's part of them is held against what was
announced (binomial, exact, twice the smaller tail). Who came is always held against what was announced: nobody knows
who might have come.
"""

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, bdtrc, ndtr

from eddyline.adaptation.study import Study

Bools = NDArray[np.bool_]


class Rate(NamedTuple):
    """A rate of the treated beside that of the control."""

    ratio: float | None
    """How often for each time in the control; None if it never happened there."""
    p: float
    """Probability of a difference as large if the arms are alike."""


class Rates(NamedTuple):
    """Both rates; None where a test could not be made."""

    staying: Rate | None
    """Users of before who came back."""
    entry: Rate | None
    """Users who came after."""

    @property
    def p(self) -> float | None:
        """Of the two together, by Bonferroni; None without either."""
        made = [rate.p for rate in self if rate is not None]
        return min(1.0, len(made) * min(made)) if made else None

    def __str__(self) -> str:
        """Say the surer one of both.

        >>> str(Rates(Rate(0.88, 0.001), Rate(1.2, 0.4))), str(Rates(None, Rate(None, 0.001)))
        ('came back 12 % less often', 'came more often')
        """
        told = {"came back": self.staying, "came": self.entry}
        verb, rate = min(((verb, rate) for verb, rate in told.items() if rate), key=lambda found: found[1].p)
        if rate.ratio is None:
            return f"{verb} more often"
        return f"{verb} {100 * abs(rate.ratio - 1):.0f} % {'more' if rate.ratio > 1 else 'less'} often"


def rates(study: Study, kind: Literal["assigned", "observed", "none"]) -> Rates:
    """Return how the rates of both arms compare.

    Args:
        study: who was there before and after.
        kind: how the arms are known.
    """
    treated, control = study.treated, study.control
    stayed, entered = study.stayed, study.after.active & ~study.before.active
    if kind == "assigned":
        there = study.before.active
        staying = two_proportions(_count(stayed, treated), _count(there, treated), *_counts(stayed, there, control))
    else:
        staying = against_share(_count(stayed, treated), _count(stayed, control), study.share)
    return Rates(staying, against_share(_count(entered, treated), _count(entered, control), study.share))


def two_proportions(k: int, n: int, control_k: int, control_n: int) -> Rate | None:
    """Return ``k`` of ``n`` beside ``control_k`` of ``control_n``; None where either is of nobody."""
    if not n or not control_n:
        return None
    pooled = (k + control_k) / (n + control_n)
    ratio = (k / n) / (control_k / control_n) if control_k else None
    error = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / control_n))
    z = abs(k / n - control_k / control_n) / error if error else 0.0
    return Rate(ratio if k or control_k else 1.0, float(2 * ndtr(-z)))


def against_share(treated: int, control: int, share: float | None) -> Rate | None:
    """Return how users are split between the arms beside the ``share`` of the control that was announced.

    Returns:
        None if none was, if it leaves an arm empty, or without users.
    """
    n = treated + control
    if share is None or not 0 < share < 1 or not n:
        return None
    tail = min(float(bdtr(control, n, share)), float(bdtrc(control - 1, n, share)) if control else 1.0)
    ratio = treated / (1 - share) / (control / share) if control else None
    return Rate(ratio, min(1.0, 2 * tail))


def _count(who: Bools, arm: Bools) -> int:
    return int(np.count_nonzero(who & arm))


def _counts(some: Bools, of_all: Bools, arm: Bools) -> tuple[int, int]:
    return _count(some, arm), _count(of_all, arm)
