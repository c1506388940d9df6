"""The event study: the effect on one feature day by day, from two weeks before a deployment on.

Each day's users are held against their own mean of the days before: difference in differences, weighted like the
primary effect, where there is a control; else the change within users, every user alike. A day before the deployment
is held against the *other* days before, since a mean that contains the day hides half of what moved on it. Before the
deployment there is nothing to find: what moves there says how far the arms drift apart by themselves.

Intervals are of each period for itself; of twenty, one misses by chance. Periods share users and are not independent.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from scipy.special import stdtrit

from eddyline import features
from eddyline.adaptation.arms import arms_of
from eddyline.adaptation.effect import CONFIDENCE, effect
from eddyline.adaptation.looks import Look, day_begin
from eddyline.adaptation.panel import Panel, days_of
from eddyline.adaptation.reading import read
from eddyline.adaptation.study import Study, observe, side
from eddyline.adaptation.terms import arm_terms
from eddyline.adaptation.usage import usage
from eddyline.outputs.adaptation import Estimate
from eddyline.paneldays import PanelDay
from eddyline.rollouts import Rollout

WEEK_DAYS = 7


class Period(NamedTuple):
    """What users did on some days that follow one another."""

    first: int
    """The first of its local dates, as a proleptic ordinal."""
    last: int
    """The last of them."""
    treated: int
    """Users of the deployment with openers then and before."""
    control: int
    """The same of the control."""
    effect: Estimate | None
    """The change of the feature's share; None with fewer than two users in an arm."""


class EventStudy(NamedTuple):
    """The effect on one feature around a deployment."""

    feature: str
    has_control: bool
    """Whether effects are against a control; else they are changes within users, whatever their cause."""
    days: list[Period]
    """By day; a day on which the deployment took effect is in none."""
    weeks: list[Period]
    """The same by week, counted from the deployment; the last may be shorter."""


def event_study(panel: Panel, look: Look, study: Study, feature: str) -> EventStudy:
    """Return the effect on a feature by day and by week.

    Args:
        panel: the days.
        look: which of them are before, and all since.
        study: the users and their arms; of those whom it does not hold nothing is seen.
        feature: one of :data:`eddyline.features.NAMES`.
    """
    has_control = bool(study.control.any())
    found = _Periods(list(days_of(panel, look.before)), study, features.NAMES.index(feature), has_control)
    spans = {width: [*_spans(look.before, width), *_spans(look.since, width)] for width in (1, WEEK_DAYS)}
    by_width = {width: [found.period(panel, span) for span in spans[width]] for width in spans}
    return EventStudy(feature, has_control, by_width[1], by_width[WEEK_DAYS])


def around(rollout: Rollout, panel: Panel, day: int, zone: ZoneInfo, feature: str) -> EventStudy:
    """Return the event study of a rollout as of the end of ``day``, over all whole days since it took effect."""
    reading = read(rollout, panel, day, zone)
    look = reading.look._replace(after=reading.look.since)
    everybody = observe(reading.panel, look)
    used = usage(reading.panel, look, everybody, rollout.deployment)
    arms = arms_of(rollout, used, day_begin(look.day + 1, zone))
    return event_study(reading.panel, look, everybody.under(arms), feature)


class _Periods(NamedTuple):
    before: Sequence[PanelDay]
    study: Study
    place: int
    """Of the feature."""
    has_control: bool

    def period(self, panel: Panel, span: range) -> Period:
        others = [day for day in self.before if day.day not in span]
        users = self.study.user
        seen = self.study._replace(before=side(others, users), after=side(list(days_of(panel, span)), users))
        return Period(
            first=span[0],
            last=span[-1],
            treated=int(np.count_nonzero(seen.stayed & seen.treated)),
            control=int(np.count_nonzero(seen.stayed & seen.control)),
            effect=self._controlled(seen) if self.has_control else self._within(seen),
        )

    def _controlled(self, seen: Study) -> Estimate | None:
        found = effect(seen.changes())
        if found is None:
            return None
        ends = found.interval
        return Estimate(*(float(values[self.place]) for values in (found.value, *ends)))

    def _within(self, seen: Study) -> Estimate | None:
        found = arm_terms(seen, seen.treated)
        if found is None:
            return None
        value, error = float(found.within.value[self.place]), float(found.within.error[self.place])
        users = np.count_nonzero(seen.stayed & seen.treated)
        margin = error * float(stdtrit(users - 1, (1 + CONFIDENCE) / 2))
        return Estimate(value, value - margin, value + margin)


def _spans(days: range, width: int) -> Iterator[range]:
    """Yield the days in spans of ``width``."""
    for start in range(0, len(days), width):
        yield days[start : start + width]
