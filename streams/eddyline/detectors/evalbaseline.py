"""The days before an eval set's renewal as they look from the new set: what later days are compared with.

Distances are re-expressed from the stored sums of the days, so a new set has a baseline at once.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import msgspec
import numpy as np

from eddyline.cells import FEATURES, Sums
from eddyline.daysums import DaySums
from eddyline.detectors import rulers
from eddyline.detectors.evaldistance import measure
from eddyline.detectors.means import squared_distance, squared_error
from eddyline.detectors.sums import Ints

DAYS = 14


class EvalBaseline(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of 14 days: how far each was, and the style of all of them; 1.2 kB."""

    excesses: list[int]
    """See :class:`~eddyline.detectors.evaldistance.EvalDistance`; not all the same."""
    n: bytes
    features: bytes

    @property
    def mean(self) -> Fraction:
        """The mean excess."""
        return Fraction(sum(self.excesses), len(self.excesses))

    def score(self, excess: int) -> float:
        """Return by how many standard deviations of a day one differs: ``(T - mean) / (s sqrt(1 + 1/14))``."""
        days, mean = len(self.excesses), self.mean
        variance = sum((known - mean) ** 2 for known in self.excesses) / (days - 1) * Fraction(days + 1, days)
        return float(excess - mean) / math.sqrt(variance)

    def style(self, day: DaySums, features: int) -> "StyleShift":
        """Compare the first so many style features of a day's ruler users with those of the baseline."""
        n = np.frombuffer(self.n, "<i8").astype(np.int64)
        counts = np.frombuffer(self.features, "<i8").astype(np.int64).reshape(-1, FEATURES)[:, :features]
        today = rulers.of(day)
        return _shift(today.n, today.features[:, :features], n, counts)


class StyleShift(NamedTuple):
    """How the style of ruler users differs from the baseline's."""

    squared: float
    """Squared shift of a feature's rate in standard deviations of one prompt, on average over the features."""
    expected: float
    """The same without a change: the errors of both rates, over groups of users."""
    moved: int
    """The place of the feature that moved most, in standard deviations of one prompt."""
    before: float
    """Its rate in the baseline."""
    now: float


def fit(days: Sequence[DaySums], evalset: Sums) -> EvalBaseline | None:
    """Return the baseline of days that all have ruler users enough; None if their distances are all the same."""
    found = [measure(day, evalset) for day in days]
    excesses = [distance.excess for distance in found if distance is not None]
    if len(set(excesses)) == 1:
        return None
    n = np.sum([rulers.of(day).n for day in days], axis=0)
    features = np.sum([rulers.of(day).features for day in days], axis=0)
    return EvalBaseline(excesses, n.astype("<i8").tobytes(), features.astype("<i8").tobytes())


def _shift(n: Ints, counts: Ints, base_n: Ints, base_counts: Ints) -> StyleShift:
    """Compare counts ``(8, k)`` of ``(8,)`` prompts with those of the baseline."""
    now, before, prompts, base = counts.sum(axis=0), base_counts.sum(axis=0), int(n.sum()), int(base_n.sum())
    shifts = squared_distance(now, prompts, before, base)
    errors, base_errors = squared_error(n, counts), squared_error(base_n, base_counts)
    weights = [1 / _variance(count, base) / len(before) for count in before.tolist()]
    expected = errors.weighted(weights) + base_errors.weighted(weights)
    standardised = [shift * weight for shift, weight in zip(shifts.numerators, weights, strict=True)]
    moved = standardised.index(max(standardised))
    return StyleShift(
        float(shifts.weighted(weights)), float(expected), moved, int(before[moved]) / base, int(now[moved]) / prompts
    )


def _variance(count: int, n: int) -> Fraction:
    """Return the variance of a feature that ``count`` of ``n`` prompts have; more than 0 (Agresti and Coull 1998)."""
    rate = Fraction(count + 2, n + 4)
    return rate * (1 - rate)
