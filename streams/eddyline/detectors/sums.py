"""What the detector sees: exact sums of gated prompts, of a closed window, and of a local day by hour and by group.

Only *gated* prompts are in here: a user counts once a day. Sums merge by addition, so whoever closed which part of a
window changes nothing. ``k`` is the number of style features.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

HOURS = 24
WEEKDAYS = 7
SATURDAY = 5
HOURS_OF_WEEK = HOURS * WEEKDAYS
EVAL_BINS = 16
"""Bins of the distance to the nearest item of the eval set, nearest first."""

Ints = NDArray[np.int64]


class WindowSums(NamedTuple):
    """The gated prompts of one app in one closed window."""

    n: int
    x: Ints
    """``(384,)``: their int8 vectors, added up."""
    styles: Ints
    """``(k,)``: how many have each style feature."""
    evals: Ints | None = None
    """``(16,)``: how many are in each bin of distance to the eval set; None without an eval set."""


class Counts(NamedTuple):
    """The same for several cells at once, hours of a day or groups of users: ``(c,)``, ``(c, 384)``, ``(c, k)``."""

    n: Ints
    x: Ints
    styles: Ints
    evals: Ints | None = None
    """``(c, 16)``"""


class DaySums(NamedTuple):
    """The gated prompts of one app on one complete local day."""

    day: int
    """The local date as :meth:`datetime.date.toordinal` numbers it."""
    hours: Counts
    """24 cells, by hour of the local day."""
    groups: Counts
    """16 cells, by group of users; a user is always in the same one."""
    unnamed: float = 0.0
    """Share of the day's prompts, gated or not, that named no user, in [0, 1]."""


def weekday(day: int) -> int:
    """Return 0 for a Monday to 6 for a Sunday."""
    return (day + 6) % WEEKDAYS


def hour_of_week(day: int, hour: int) -> int:
    """Return 0 to 167; 0 is Monday from midnight to one.

    >>> import datetime
    >>> hour_of_week(datetime.date(2026, 11, 24).toordinal(), 3)
    27
    """
    return HOURS * weekday(day) + hour


def merged(left: WindowSums, right: WindowSums) -> WindowSums:
    """Return the sums of two parts of a window; a part without an eval set leaves the whole without one."""
    evals = None if left.evals is None or right.evals is None else left.evals + right.evals
    return WindowSums(left.n + right.n, left.x + right.x, left.styles + right.styles, evals)


def hour(day: DaySums, at: int) -> WindowSums:
    """Return hour ``at`` of a day as a window."""
    cells = day.hours
    return WindowSums(int(cells.n[at]), cells.x[at], cells.styles[at], None if cells.evals is None else cells.evals[at])
