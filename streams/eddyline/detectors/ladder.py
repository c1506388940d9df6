"""The season, no finer than the data allow: pooled -> hour of day -> weekend -> weekend x hour -> hour of week.

Each level adds to the fit of the one before it what its buckets differ from it, shrunk towards nothing by how much of
that difference is noise. A level that explains nothing adds nothing, so a young stream falls back on what it has seen
often. The hours of weekdays and of weekends are two levels: the pool is mostly weekdays, so the hours of a weekend
differ more from it, and shrinking both alike would take a part of every weekend for noise.
The shrinkage is empirical Bayes with the variance between buckets by moments: DerSimonian and Laird, "Meta-analysis in
clinical trials", Controlled Clinical Trials 7 (1986).
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eddyline.detectors.sums import HOURS, HOURS_OF_WEEK, SATURDAY

Floats = NDArray[np.float64]
Buckets = NDArray[np.int64]


class Level(NamedTuple):
    """The bucket of every hour of the week, ``(168,)``, and which of the hours the level is about, ``(168,)``."""

    buckets: Buckets
    hours: NDArray[np.bool_]


_HOUR = np.arange(HOURS_OF_WEEK) % HOURS
_WEEKEND = np.arange(HOURS_OF_WEEK) // HOURS >= SATURDAY
_ALWAYS = np.ones(HOURS_OF_WEEK, np.bool_)
LEVELS = (
    Level(_HOUR, _ALWAYS),
    Level(_WEEKEND.astype(np.int64), _ALWAYS),
    Level(_HOUR, ~_WEEKEND),
    Level(_HOUR, _WEEKEND),
    Level(np.arange(HOURS_OF_WEEK), _ALWAYS),
)
"""Above the pooled mean."""


class Fit(NamedTuple):
    """The mean of every hour of the week, ``(168, K)``, and the variance of its error, alike."""

    means: Floats
    variances: Floats
    """Beside that of the pooled mean, which depends on how prompts hang together."""


def fit(n: Floats, sums: Floats, *, shared: bool) -> Fit:
    """Fit the mean of every hour of the week.

    Args:
        n: ``(168,)`` prompts of each hour of the week; at least one prompt in all.
        sums: ``(168, K)`` what is averaged, added up, scaled so that one prompt has variance 1.
        shared: whether the K columns are coordinates of one thing, with one variance between buckets for all of them.
    """
    fitted = Fit(np.tile(sums.sum(axis=0) / n.sum(), (HOURS_OF_WEEK, 1)), np.zeros(sums.shape))
    for level in LEVELS:
        step = _step(level, n, sums - n[:, None] * fitted.means, shared=shared)
        fitted = Fit(fitted.means + step.means, fitted.variances + step.variances)
    return fitted


def _step(level: Level, n: Floats, excess: Floats, *, shared: bool) -> Fit:
    """Return what a level adds to the means, and what is not known of it: ``tau^2 / (1 + n tau^2)``."""
    buckets = level.buckets[level.hours]
    count: Floats = np.bincount(buckets, n[level.hours]).astype(np.float64)
    total = np.zeros((len(count), excess.shape[1]))
    np.add.at(total, buckets, excess[level.hours])
    means = total / np.maximum(count, 1.0)[:, None]
    between = _between(count, means, shared=shared)
    weight = count[:, None] * between
    hours = level.hours[:, None]
    added, unknown = weight / (1.0 + weight) * means, between / (1.0 + weight)
    return Fit(added[level.buckets] * hours, unknown[level.buckets] * hours)


def _between(count: Floats, means: Floats, *, shared: bool) -> Floats:
    """Return the variance between buckets by moments, ``(K,)``, at least 0."""
    spare = count.sum() - (count**2).sum() / max(count.sum(), 1.0)
    squares = (count[:, None] * means**2).sum(axis=0)
    if shared:
        squares = np.full_like(squares, math.fsum(squares.tolist()) / len(squares))
    if spare <= 0.0:
        return np.zeros_like(squares)
    between: Floats = np.maximum(0.0, (squares - ((count > 0).sum() - 1)) / spare)
    return between
