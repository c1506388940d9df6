"""The baseline of one app: what the prompts of every hour of the week are like, how surely, and how they vary.

It is computed once a local day from the sums of earlier days, rounded, and kept: what is stored is what counts, since a
new computation on another machine could differ in a last bit.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from eddyline import versions
from eddyline.detectors import ladder, tails, witness
from eddyline.detectors.betting import MARGIN
from eddyline.detectors.clusters import mean_variance, rate_errors
from eddyline.detectors.sums import HOURS, HOURS_OF_WEEK, Counts, DaySums, Ints, hour_of_week
from eddyline.detectors.whitening import COMPONENTS, UNIT, Whitening

VERSION = 1
RATE_UNIT = 2**30
"""A stored integer ``r`` stands for the rate ``r / RATE_UNIT``."""
TOLERANCE_UNIT = 2**20
_LEAST_RATE = 1e-9

Floats = NDArray[np.float64]


class Baseline(NamedTuple):
    """What windows are compared with. ``J = k + 3``: the style features, then the eval-distance tails."""

    whitening: str
    """The id of the whitening that ``means`` are seen through."""
    first_day: int
    last_day: int
    """The last of its days."""
    days: int
    """How many they are."""
    users_a_day: float
    radius: float
    """The cluster-robust error of the mean, in standard deviations of a prompt; infinite if unknown."""
    variance: float
    """Of one prompt along a direction learned before it, with a margin; 1.1 or more."""
    cuts: tuple[int, ...]
    """The first bins of the three eval-distance tails; none without an eval set."""
    tolerances: Ints
    """``(168,)``: how far the prompts of each hour may be off, in units of ``1 / TOLERANCE_UNIT``; 0 if unknown.

    Beside the error of the mean, what is not known of the hour's own: along one direction, as it is fixed beforehand.
    """
    means: Ints
    """``(168, 64)``: whitened mean of a prompt by hour of the week, in units of the whitening."""
    rates: Ints
    """``(168, J)``, in units of ``1 / RATE_UNIT``."""
    errors: Ints
    """``(168, J)``, in the same units: twice this is tolerated of a rate.

    Two standard errors of the pooled rate, which stays as it is, and one of what is not known of the hour's own, which
    is another one in every hour.
    """

    @property
    def styles(self) -> int:
        """How many style features it knows."""
        return int(self.rates.shape[1]) - len(tails.SHARES)

    @property
    def design_effect(self) -> float:
        """By how much the variance of the mean is above that of independent prompts, at least 1; infinite if unknown.

        Prompts have variance 1 in each of the 64 directions. Source: Kish, "Survey Sampling" (1965), section 8.2.
        """
        return max(1.0, self.radius**2 * self.users_a_day * self.days / COMPONENTS)

    def deviation(self, whitened: Ints, n: int, hour: int) -> Ints:
        """Return by how much the whitened sum ``(64,)`` of ``n`` prompts differs from what the hour would give."""
        found: Ints = whitened - n * self.means[hour]
        return found


def fit(days: Sequence[DaySums], whitening: Whitening) -> Baseline:
    """Compute the baseline of an app from the sums of one day or more, in the order of their dates.

    The days must hold a prompt.
    """
    starts = _cuts(days)
    n = np.stack([day.hours.n for day in days])
    whitened = whitening.apply(np.stack([day.hours.x for day in days]))
    counts = np.stack([indicators(day.hours, starts) for day in days])
    hours = np.stack([_hours_of_week(day.day) for day in days])
    by_hour = _added(hours, n[..., None])[:, 0].astype(np.float64)
    season = ladder.fit(by_hour, _added(hours, whitened) / UNIT, shared=True)
    means, radius = np.rint(season.means * UNIT).astype(np.int64), _radius(days, whitening)
    deviations = whitened - n[..., None] * means[hours]
    rates, variances = _rates(by_hour, _added(hours, counts).astype(np.float64))
    return Baseline(
        whitening=whitening.id,
        first_day=days[0].day,
        last_day=days[-1].day,
        days=len(days),
        users_a_day=int(n.sum()) / len(days),
        radius=radius,
        variance=_up(witness.variance(deviations.reshape(-1, COMPONENTS), n.reshape(-1))),
        cuts=starts,
        tolerances=_tolerances(radius, season.variances[:, 0]),
        means=means,
        rates=_stored(rates),
        errors=_errors(days, starts, variances),
    )


def indicators(cells: Counts, starts: tuple[int, ...]) -> Ints:
    """Return the counts that are bet on, ``(c, J)``, of ``c`` cells: style features and eval-distance tails."""
    return np.concatenate([cells.styles, tails.counts(cells.evals, starts, cells.n.shape)], axis=-1)


def _hours_of_week(day: int) -> Ints:
    return np.arange(hour_of_week(day, 0), hour_of_week(day, HOURS), dtype=np.int64)


def _added(hours: Ints, values: Ints) -> Ints:
    """Add up ``(d, 24, K)`` by hour of the week, ``(168, K)``; integers, so in any order."""
    total = np.zeros((HOURS_OF_WEEK, values.shape[-1]), np.int64)
    np.add.at(total, hours, values)
    return total


def _cuts(days: Sequence[DaySums]) -> tuple[int, ...]:
    """Choose the tails, if every day has distances to the eval set."""
    binned = [day.hours.evals for day in days if day.hours.evals is not None]
    return tails.cuts(np.sum(binned, axis=(0, 1))) if len(binned) == len(days) else ()


def _rates(by_hour: Floats, counts: Floats) -> ladder.Fit:
    """Fit the rate of every indicator by hour of the week, each with a variance between hours of its own."""
    pooled = counts.sum(axis=0) / by_hour.sum()
    spread = np.sqrt(np.maximum(pooled * (1.0 - pooled), _LEAST_RATE))
    fitted = ladder.fit(by_hour, counts / spread, shared=False)
    return ladder.Fit(np.clip(fitted.means * spread, 0.0, 1.0), fitted.variances * spread**2)


def _errors(days: Sequence[DaySums], starts: tuple[int, ...], variances: Floats) -> Ints:
    n = np.sum([day.groups.n for day in days], axis=0)
    counts = np.sum([indicators(day.groups, starts) for day in days], axis=0)
    # A rate that nothing is known of has an error that no bet can be made against.
    return _stored(np.minimum(np.sqrt(rate_errors(n, counts) ** 2 + variances / MARGIN**2), 1.0))


def _stored(rates: Floats) -> Ints:
    return np.rint(rates * RATE_UNIT).astype(np.int64)


def _radius(days: Sequence[DaySums], whitening: Whitening) -> float:
    n = np.sum([day.groups.n for day in days], axis=0)
    whitened = whitening.apply(np.sum([day.groups.x for day in days], axis=0)) / UNIT
    return _up(math.sqrt(math.fsum(mean_variance(n, whitened).tolist())))


def _tolerances(radius: float, variances: Floats) -> Ints:
    if not math.isfinite(radius):
        return np.zeros(HOURS_OF_WEEK, np.int64)
    tolerances: Floats = np.ceil(np.sqrt(radius**2 + variances) * TOLERANCE_UNIT)
    return tolerances.astype(np.int64)


def _up(value: float) -> float:
    """Round up to what every machine stores alike."""
    return math.ceil(value * TOLERANCE_UNIT) / TOLERANCE_UNIT if math.isfinite(value) else value


class _Wire(msgspec.Struct, array_like=True):
    version: int
    whitening: str
    first_day: int
    last_day: int
    days: int
    users_a_day: float
    radius: float
    variance: float
    cuts: tuple[int, ...]
    tolerances: bytes
    means: bytes
    rates: bytes
    errors: bytes


_decoder = msgspec.msgpack.Decoder(_Wire)


def pack(baseline: Baseline) -> bytes:
    """Return a baseline as msgpack, 81 kB with 24 style features; equal baselines give equal bytes."""
    arrays = (part.astype("<i4").tobytes() for part in baseline[8:])
    return msgspec.msgpack.encode(_Wire(VERSION, *baseline[:8], *arrays))


def unpack(value: bytes) -> Baseline:
    """Return the baseline in ``value``.

    Raises:
        RefusedToStart: another version of Eddyline wrote it.
        EddylineError: it is no baseline.
    """
    wire = versions.decode(_decoder, value, VERSION, "a baseline")
    tolerances, means, rates, errors = (
        np.frombuffer(part, "<i4").astype(np.int64) for part in (wire.tolerances, wire.means, wire.rates, wire.errors)
    )
    return Baseline(
        wire.whitening,
        wire.first_day,
        wire.last_day,
        wire.days,
        wire.users_a_day,
        wire.radius,
        wire.variance,
        wire.cuts,
        tolerances,
        means.reshape(HOURS_OF_WEEK, COMPONENTS),
        rates.reshape(HOURS_OF_WEEK, -1),
        errors.reshape(HOURS_OF_WEEK, -1),
    )
