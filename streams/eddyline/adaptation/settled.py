"""Whether an effect has settled: the last week is like the one before it, for sure, beside the effect's size.

That the two weeks do not differ significantly would be no sign of it: with few users nothing ever does.
"""

import numpy as np
from numpy.typing import NDArray

from eddyline.adaptation.effect import effect
from eddyline.adaptation.looks import PERIOD_DAYS, WEEK_DAYS, Look
from eddyline.adaptation.panel import Panel, days_of
from eddyline.adaptation.rows import rows_of, sums
from eddyline.adaptation.study import Changes, Study

Floats = NDArray[np.float64]

LARGEST = 0.5
"""Of the effect: so much it may have moved from one week to the next, its error added."""


def settled(panel: Panel, look: Look, study: Study, feature: int, value: float) -> bool:
    """Return whether the effect on a feature has settled.

    Args:
        panel: the days.
        look: which of them; two whole weeks after the change are needed.
        study: who is in which arm.
        feature: its place in :data:`eddyline.features.NAMES`.
        value: the effect on it.
    """
    if len(look.after) < PERIOD_DAYS:
        return False
    moved = effect(_changes(panel, look.after, study, feature))
    return moved is not None and bool(np.abs(moved.value[0]) + moved.margin[0] <= LARGEST * abs(value))


def _changes(panel: Panel, after: range, study: Study, feature: int) -> Changes:
    """Return the last week less the one before it, of users who were active in both and before the change."""
    weeks = [_week(panel, week, study, feature) for week in (after[WEEK_DAYS:], after[:WEEK_DAYS])]
    openers, having = zip(*weeks, strict=True)
    active = study.before.active & (openers[0] > 0) & (openers[1] > 0)
    those = np.flatnonzero(active & (study.treated ^ study.control))
    last, previous = (part[those] / n[those] for part, n in zip(having, openers, strict=True))
    return Changes(
        user=study.user[those],
        control=study.control[those],
        weights=study.weights[those],
        styles=(last - previous)[:, np.newaxis],
        projected=np.zeros((len(those), 0)),
    )


def _week(panel: Panel, days: range, study: Study, feature: int) -> tuple[Floats, Floats]:
    """Return each user's openers in a week, and how many of them have the feature, each ``(u,)``."""
    openers, having = np.zeros(len(study.user)), np.zeros(len(study.user))
    for day in days_of(panel, days):
        rows = rows_of(study.user, day)
        openers += sums(study.user, day, rows, day.openers)
        having += sums(study.user, day, rows, day.styles[:, feature])
    return openers, having
