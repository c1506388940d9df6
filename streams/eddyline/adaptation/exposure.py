"""The exposure curve: how the effect grows with what a user has seen of the deployment.

Whom the curve is of is settled before the deployment: users who then wrote once a day or more. A curve over all users
would compare those who wrote little with those who wrote much, at each end of it others. In each bin of exposure the
users' openers are compared with their own before, between the arms, as in :mod:`eddyline.adaptation.effect`. A
user is in several bins, so their errors are correlated.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eddyline.adaptation.halflife import Fit, fit
from eddyline.adaptation.looks import Look
from eddyline.adaptation.panel import Panel, days_of
from eddyline.adaptation.rows import rows_of, sums
from eddyline.adaptation.study import Study
from eddyline.paneldays import PanelDay

BINS = ((0, 0), (1, 2), (3, 5), (6, 10), (11, 20), (21, 40))
"""Prompts to the deployment before an opener, both ends included."""
HIGHEST = BINS[-1][1]
LEAST_USERS = 20
"""Of each arm in a bin; with fewer, its error is not known well enough."""
Z95 = 1.96
_NO_ERROR = 1e-12
"""Variances up to here are rounding."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Point(NamedTuple):
    """A bin of the curve."""

    first: int
    """Prompts to the deployment before, at least."""
    last: int
    """At most."""
    users: int
    """Users of the deployment with openers in it."""
    effect: float
    """Change of the feature's share because of the deployment."""
    error: float
    """Its standard error."""

    @property
    def interval(self) -> tuple[float, float]:
        """Of 95 %."""
        return self.effect - Z95 * self.error, self.effect + Z95 * self.error


class Curve(NamedTuple):
    """An exposure curve of one feature."""

    points: list[Point]
    """By exposure, at least one."""
    fit: Fit | None
    """None with fewer than three points."""


class _Openers(NamedTuple):
    """The openers of ``u`` users on ``d`` days since the change."""

    exposure: Ints
    """``(d, u)`` prompts before the openers of a day."""
    n: Floats
    """``(d, u)`` how many."""
    having: Floats
    """``(d, u)`` how many of them have the feature."""


class _Bin(NamedTuple):
    point: Point
    influence: Floats
    """``(u,)`` of each user on the effect."""
    spread: Floats
    """``(HIGHEST + 1,)`` how the exposure of the treated is distributed."""


def curve(panel: Panel, look: Look, study: Study, deployment: str, feature: int) -> Curve | None:
    """Return the exposure curve of a feature.

    Args:
        panel: the days.
        look: which of them.
        study: who is in which arm, and what he wrote before.
        deployment: what was deployed.
        feature: its place in :data:`eddyline.features.NAMES`.

    Returns:
        None without a bin that enough active users of both arms have openers in.
    """
    active = study.before.active & (_prompts(panel, look.before, study) >= max(1, len(look.before)))
    arms = study.treated & ~study.control & active, study.control & ~study.treated & active
    openers = _openers(panel, look, study, deployment, feature)
    made = [_bin(first, last, openers, study, arms, feature) for first, last in BINS]
    bins = [found for found in made if found is not None and found.point.error > 0]
    if not bins:
        return None
    influence = np.array([found.influence for found in bins])
    effects = np.array([found.point.effect for found in bins])
    fitted = fit(np.array([found.spread for found in bins]), effects, influence @ influence.T)
    return Curve([found.point for found in bins], fitted)


def _prompts(panel: Panel, days: range, study: Study) -> Floats:
    """Return how many prompts each user sent on the days, ``(u,)``."""
    found = np.zeros(len(study.user))
    for day in days_of(panel, days):
        found += sums(study.user, day, rows_of(study.user, day), day.n)
    return found


def _openers(panel: Panel, look: Look, study: Study, deployment: str, feature: int) -> _Openers:
    days = list(days_of(panel, look.exposed))
    found = np.zeros((3, len(days), len(study.user)))
    for place, day in enumerate(days):
        rows = _counted(day, look, study, deployment)
        columns = day.n, day.openers, day.styles[:, feature]
        found[:, place] = [sums(study.user, day, rows, column) for column in columns]
    prompts = found[0].astype(np.int64)
    exposure = prompts.cumsum(axis=0) - prompts + np.maximum(prompts - 1, 0) // 2
    return _Openers(exposure, n=found[1], having=found[2])


def _counted(day: PanelDay, look: Look, study: Study, deployment: str) -> Bools:
    """Return the rows after the change, ``(m,)``: of the treated those to the deployment, of others all."""
    treated = rows_of(study.user[study.treated], day)
    to_it = np.array([name == deployment for name in day.deployments], np.bool_)[day.deployment]
    return rows_of(study.user, day) & (day.first_ms >= look.change_ms) & (to_it | ~treated)


def _bin(
    first: int, last: int, openers: _Openers, study: Study, arms: tuple[Bools, Bools], feature: int
) -> _Bin | None:
    n = openers.n * ((first <= openers.exposure) & (openers.exposure <= last))
    each = n.sum(axis=0)
    treated, control = (arm & (each > 0) for arm in arms)
    if min(np.count_nonzero(treated), np.count_nonzero(control)) < LEAST_USERS:
        return None
    having = (openers.having * (n > 0)).sum(axis=0)
    change = having / np.maximum(each, 1) - study.before.styles[:, feature]
    effect, influence = _mean(change, study.weights * treated)
    without, of_control = _mean(change, study.weights * control)
    influence -= of_control
    point = Point(first, last, int(np.count_nonzero(treated)), effect - without, _size(influence))
    return _Bin(point, influence, _spread(openers.exposure, n / np.maximum(each, 1) * study.weights * treated))


def _mean(change: Floats, weights: Floats) -> tuple[float, Floats]:
    """Return a weighted mean and the influence of each user on it, ``(u,)``; at least two weigh something."""
    share, n = weights / weights.sum(), np.count_nonzero(weights)
    mean = share @ change
    return float(mean), share * (change - mean) * math.sqrt(n / (n - 1))


def _size(influence: Floats) -> float:
    variance = float(influence @ influence)
    return math.sqrt(variance) if variance > _NO_ERROR else 0.0


def _spread(exposure: Ints, weights: Floats) -> Floats:
    counts = np.bincount(exposure[weights > 0], weights[weights > 0], HIGHEST + 1)
    shares: Floats = counts / counts.sum()
    return shares
