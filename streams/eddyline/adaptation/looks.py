"""Looks: which days an analysis compares, as of one local day after a rollout.

The local day on which something was deployed belongs to neither side, unless it was deployed at midnight. Both sides
are at most two weeks; the one before is of whole weeks, since users write otherwise on Sundays.
"""

from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from eddyline import windows
from eddyline.rollouts import Rollout

PERIOD_DAYS = 14
WEEK_DAYS = 7
FOLLOWED_DAYS = 60
"""Whole days for which a rollout is looked at, daily."""


class Look(NamedTuple):
    """The days of an analysis, as proleptic ordinals of local dates."""

    before: range
    """14 or 7 days up to the day of the change, or none; its end is the day of the change in each case."""
    after: range
    """The last days up to the day of the look, at most 14."""
    since: range
    """The whole days since the change, up to the day of the look."""
    day: int
    """The day of the look, the last that is looked at."""
    change_ms: int
    """When the change took effect."""

    @property
    def t(self) -> int:
        """The number of the look: whole days since the change."""
        return len(self.since)

    @property
    def exposed(self) -> range:
        """The days on which users may have met what was deployed: :attr:`since` and the part of a day before it."""
        return range(self.before.stop, self.since.stop)


def look(rollout: Rollout, day: int, known: range, zone: ZoneInfo) -> Look:
    """Return the days to compare as of the end of ``day``.

    Args:
        rollout: what was deployed.
        day: the last day to look at.
        known: the days that the panel knows.
        zone: where a day begins.
    """
    first = first_whole_day(rollout.effective_ms, zone)
    since = range(first, max(day + 1, first))
    return Look(
        before=_before(rollout, known, zone),
        after=since[-PERIOD_DAYS:],
        since=since,
        day=day,
        change_ms=rollout.effective_ms,
    )


def followed(rollout: Rollout, zone: ZoneInfo) -> range:
    """Return the days as of which a rollout is looked at: whole days in force, the first 60."""
    first = first_whole_day(rollout.effective_ms, zone)
    end = first + FOLLOWED_DAYS
    if rollout.end_ms is not None:
        end = min(end, local_date(rollout.end_ms, zone))
    return range(first, max(first, end))


def first_whole_day(time_ms: int, zone: ZoneInfo) -> int:
    """Return the first local date that begins at this time or later."""
    today = local_date(time_ms, zone)
    return today if day_begin(today, zone) == time_ms else today + 1


def local_date(time_ms: int, zone: ZoneInfo) -> int:
    """Return the local date of a time."""
    return datetime.fromtimestamp(time_ms / 1000, zone).toordinal()


def day_begin(ordinal: int, zone: ZoneInfo) -> int:
    """Return when a local date begins, in milliseconds since 1970."""
    return windows.day_begin(date.fromordinal(ordinal).isoformat(), zone)


def _before(rollout: Rollout, known: range, zone: ZoneInfo) -> range:
    end = local_date(rollout.effective_ms, zone)
    start = known.start if known else end
    if rollout.free_since_ms is not None:
        start = max(start, first_whole_day(rollout.free_since_ms, zone))
    weeks = max(0, min(PERIOD_DAYS, end - start)) // WEEK_DAYS
    return range(end - WEEK_DAYS * weeks, end)
