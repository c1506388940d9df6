"""Which style features moved most: the counts since a change against the baseline's rates, hour of the week by hour.

The difference of a feature is held against its error: that of the baseline's rate counts users, since theirs are alike
(see :mod:`eddyline.detectors.clusters`); since the change every user counts once, within a day, so his one prompt is
independent of the others.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eddyline import features
from eddyline.detectors.baseline import RATE_UNIT, Baseline
from eddyline.detectors.sums import Ints

MOST = 5
ERRORS = 3.0
"""A difference below so many standard errors is not told."""
_WHOLE = 0.01
"""Shares from here on are told in whole per cent."""

Floats = NDArray[np.float64]


class Hour(NamedTuple):
    """The gated prompts of one hour since the change."""

    hour_of_week: int
    n: int
    styles: Ints
    """``(k,)``: how many have each style feature."""


class Move(NamedTuple):
    """One style feature, before and now."""

    feature: str
    before: float
    """Share that the baseline gives for these hours of the week."""
    now: float
    """Share of the prompts of these hours."""
    errors: float
    """The difference in standard errors, above 0 for a rise."""

    def __str__(self) -> str:
        """Say it in one line.

        >>> str(Move("json", 0.031, 0.188, 9.0))
        'prompts that contain JSON: 3 % → 19 %'
        """
        before, now = _percent(self.before, self.now)
        return f"prompts that {features.PHRASES[self.feature]}: {before} → {now}"


def moves(baseline: Baseline, hours: Sequence[Hour], names: Sequence[str] = features.NAMES) -> list[Move]:
    """Return the style features that moved by more than three standard errors, at most five, the surest first.

    Args:
        baseline: from before the change.
        hours: since the change, of one day or less: a user who counts twice would be taken for two.
        names: of the features, in the order of their bits.
    """
    total = sum(hour.n for hour in hours)
    if not total:
        return []
    now = np.sum([hour.styles for hour in hours], axis=0)[: len(names)] / total
    before = _mean(baseline.rates, hours)[: len(names)]
    # What is not known of one hour's rate is not known of the next one's: errors of hours do not cancel out.
    known = _mean(baseline.errors, hours)[: len(names)]
    standardised = ((now - before) / np.sqrt(known**2 + _variances(before, now, total))).tolist()
    found = [Move(*move) for move in zip(names, before.tolist(), now.tolist(), standardised, strict=True)]
    sure = [move for move in found if abs(move.errors) > ERRORS]
    return sorted(sure, key=lambda move: (-abs(move.errors), move.feature))[:MOST]


def _mean(table: Ints, hours: Sequence[Hour]) -> Floats:
    """Return the mean of ``(168, J)`` rates or errors at these hours, ``(J,)``: integers up to the division."""
    counts = np.sum([hour.n * table[hour.hour_of_week] for hour in hours], axis=0)
    shares: Floats = counts / (sum(hour.n for hour in hours) * RATE_UNIT)
    return shares


def _variances(before: Floats, now: Floats, n: int) -> Floats:
    """Return the variance of shares of ``n`` prompts, the larger of that before and that since the change.

    The second is by Agresti and Coull (The American Statistician 52, 1998): a share of 0 is not known without error.
    """
    added = (now * n + 2.0) / (n + 4.0)
    variances: Floats = np.maximum(before * (1.0 - before), added * (1.0 - added)) / n
    return variances


def _percent(before: float, now: float) -> tuple[str, str]:
    """Return both shares in whole per cent, or with a decimal where whole ones would hide the difference."""
    digits = 0 if min(before, now) >= _WHOLE and f"{before:.0%}" != f"{now:.0%}" else 1
    return f"{100 * before:.{digits}f} %", f"{100 * now:.{digits}f} %"
