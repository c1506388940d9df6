"""The dry run: would the last week have alarmed against the days before it, on a budget of an alarm in 30 days?

It has to stay quiet before an app is watched. It is necessary, not sufficient: a season that it did not meet it cannot
find missing.
"""

import math
from collections.abc import Sequence

from eddyline.detectors import baseline as baselines
from eddyline.detectors.edetector import EDetector
from eddyline.detectors.sums import HOURS, DaySums, hour, hour_of_week
from eddyline.detectors.whitening import Whitening

LIMIT_DAYS = 30.0
DAYS = 7


def stays_quiet(days: Sequence[DaySums], whitening: Whitening, styles: int) -> bool:
    """Whether the last 7 of ``days``, hour by hour, raise nothing against a baseline of the days before."""
    known = baselines.fit(days[:-DAYS], whitening)
    detector = EDetector(whitening, styles)
    for day in days[-DAYS:]:
        for at in range(HOURS):
            detector.step(known, hour(day, at), hour_of_week(day.day, at), 1.0 / HOURS)
            if detector.process.average() >= math.log(LIMIT_DAYS):
                return False
    return True
