"""The effect of a deployment on the users who stayed: weighted difference of differences, the primary estimate.

What users of the deployment changed, less what users without it changed, each user weighted by what he did before the
change: ``n / (n + 8)`` with ``n`` openers. It is the effect on the users of the deployment who stay, weighted by their
past activity, if those who stay would have changed alike in both arms. The error is the two arms' own; its degrees of
freedom are Welch's, with the effective number of users of each arm (Kish, *Survey Sampling*, 1965).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from eddyline.adaptation.study import Changes

CONFIDENCE = 0.95
LEAST = 2
"""Users of an arm without whom nothing can be said."""
NO_VARIANCE = 1e-12
"""Variance of a user's change, below which it is rounding."""


class Effect(NamedTuple):
    """The effect on ``f`` features."""

    value: NDArray[np.float64]
    """``(f,)`` in units of the feature: shares, from -2 to 2."""
    error: NDArray[np.float64]
    """``(f,)`` standard errors; 0 for a feature in which nobody changed."""
    df: NDArray[np.float64]
    """``(f,)`` degrees of freedom, at least 1."""
    kish_treated: float
    """How many users of equal weight would be as sure."""
    kish_control: float
    """The same of the control."""

    @property
    def margin(self) -> NDArray[np.float64]:
        """``(f,)`` half of the width of the 95 % intervals."""
        quantile: NDArray[np.float64] = stdtrit(self.df, (1 + CONFIDENCE) / 2)
        return self.error * quantile

    @property
    def interval(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """``(f,)`` lower and upper ends of the 95 % intervals, each feature for itself."""
        return self.value - self.margin, self.value + self.margin

    @property
    def excluded(self) -> NDArray[np.float64]:
        """``(f,)`` what the effect is not larger than, either way."""
        return np.abs(self.value) + self.margin

    @property
    def t(self) -> NDArray[np.float64]:
        """``(f,)`` effects in units of their errors; 0 for a feature in which nobody changed."""
        return np.divide(self.value, self.error, out=np.zeros_like(self.value), where=self.error > 0)


class _Arm(NamedTuple):
    mean: NDArray[np.float64]
    square_error: NDArray[np.float64]
    kish: float


def effect(changes: Changes) -> Effect | None:
    """Return the effect on every feature; None with fewer than two users in an arm."""
    masks = (~changes.control, changes.control)
    if min(np.count_nonzero(mask) for mask in masks) < LEAST:
        return None
    treated, control = (_arm(changes.styles[mask], changes.weights[mask]) for mask in masks)
    square_error = treated.square_error + control.square_error
    return Effect(
        value=treated.mean - control.mean,
        error=np.sqrt(square_error),
        df=_welch(treated, control),
        kish_treated=treated.kish,
        kish_control=control.kish,
    )


def _arm(values: NDArray[np.float64], weights: NDArray[np.float64]) -> _Arm:
    n, total = len(values), weights.sum()
    mean = weights @ values / total
    square_error = weights**2 @ (values - mean) ** 2 / total**2 * (n / (n - 1))
    return _Arm(mean, np.where(square_error * n > NO_VARIANCE, square_error, 0), float(total**2 / (weights @ weights)))


def _welch(*arms: _Arm) -> NDArray[np.float64]:
    """Return ``(f,)`` degrees of freedom; 1 where nothing varies."""
    square_error = sum((arm.square_error for arm in arms), np.zeros(()))
    spread = sum((arm.square_error**2 / max(arm.kish - 1, 1) for arm in arms), np.zeros(()))
    return np.divide(square_error**2, spread, out=np.ones_like(square_error), where=spread > 0)
