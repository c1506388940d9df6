"""What is estimated of each style feature, with a control or without one."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from eddyline.adaptation.effect import CONFIDENCE, Effect
from eddyline.adaptation.study import Study
from eddyline.adaptation.terms import Term, Within

Z = float(ndtri((1 + CONFIDENCE) / 2))
"""Errors on each side of an estimate that its 95 % interval is wide."""


class Interval(NamedTuple):
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float


class Estimates(NamedTuple):
    """The change of ``f`` features: because of the deployment with a control, within users without one."""

    value: NDArray[np.float64]
    """``(f,)`` change of the share."""
    error: NDArray[np.float64]
    """``(f,)`` standard error, 0 where nobody changed."""
    margin: NDArray[np.float64]
    """``(f,)`` half of the width of the 95 % interval."""
    before: NDArray[np.float64]
    """``(f,)`` share before, of the users of the deployment."""
    now: NDArray[np.float64]
    """``(f,)`` share after, of the same."""
    effective_treated: float
    """How many users of equal weight would be as sure."""
    effective_control: float
    """The same of the control; 0 without one."""

    @property
    def order(self) -> list[int]:
        """Places of the features that anybody changed in, the surest first."""
        return surest(self.value, self.error)

    @property
    def leading(self) -> int | None:
        """The place of the feature that changed the surest; None where nobody changed in any."""
        return next(iter(self.order), None)

    @property
    def excluded(self) -> float | None:
        """Changes of the leading feature larger than this are excluded; None without one."""
        place = self.leading
        return None if place is None else float(abs(self.value[place]) + self.margin[place])

    def interval(self, place: int) -> Interval:
        """Return the estimate of one feature."""
        value, margin = float(self.value[place]), float(self.margin[place])
        return Interval(value, value - margin, value + margin)


def of_term(term: Term, place: int) -> Interval:
    """Return a term of one feature."""
    value, margin = float(term.value[place]), Z * float(term.error[place])
    return Interval(value, value - margin, value + margin)


def surest(value: NDArray[np.float64], error: NDArray[np.float64]) -> list[int]:
    """Return the places of what varies, the largest in units of its error first."""
    size = np.divide(np.abs(value), error, out=np.full(len(value), -1.0), where=error > 0)
    return [int(place) for place in np.argsort(-size, kind="stable") if size[place] >= 0]


def of_effect(study: Study, found: Effect) -> Estimates:
    """Return the estimates of a study with a control."""
    before, now = _shares(study, study.weights)
    return Estimates(found.value, found.error, found.margin, before, now, found.kish_treated, found.kish_control)


def of_within(study: Study, found: Within) -> Estimates:
    """Return the estimates of a study without a control."""
    before, now = _shares(study, np.ones(len(study.user)))
    error = found.within.error
    users = np.count_nonzero(study.treated & study.stayed)
    return Estimates(found.within.value, error, Z * error, before, now, float(users), 0.0)


def _shares(study: Study, weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    those = study.treated & study.stayed
    each = weights[those] / weights[those].sum()
    return each @ study.before.styles[those], each @ study.after.styles[those]
