"""What moved: the part of an alarm that says in words and examples what came and what went.

``style`` compares the counts of style features with the baseline, ``region`` finds where prompts are that were not
there before, and ``terms`` names them where somebody has the texts. All are pure functions of what judge keeps.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from eddyline import cells, features, history, samples
from eddyline.daysums import DaySums
from eddyline.detectors.baseline import Baseline
from eddyline.detectors.sums import hour_of_week
from eddyline.moved import style
from eddyline.moved.region import Region, enriched
from eddyline.moved.style import Move


class Moved(NamedTuple):
    """What an alarm says of the last day."""

    styles: list[Move]
    """At most five, the surest first."""
    region: Region | None
    """None if no more came to one place than chance explains."""

    def __str__(self) -> str:
        """Say it in sentences; nothing if nothing can be told."""
        told = [f"{str(move).capitalize()}." for move in self.styles]
        if self.region:
            share, null = (f"{100 * share:.0f} %" for share in (self.region.now_share, self.region.chance_share))
            told.append(f"{share} of the prompts lie where there were few before (by chance {null}).")
            told.append(f"Examples: {', '.join(self.region.examples)}.")
        return " ".join(told)


def what_moved(
    baseline: Baseline, before: Iterable[DaySums], since: Mapping[int, history.Hour], zone: ZoneInfo
) -> Moved:
    """Hold the last hours of an app against what was before.

    Args:
        baseline: what style features are compared with.
        before: its days, whose samples are pooled.
        since: hours of one day by their starts, see :meth:`eddyline.history.History.day_before`.
        zone: whose clock the baseline goes by; an hour that lies in two of its hours counts in the first.
    """
    hours = [_hour(start, hour, zone) for start, hour in since.items()]
    now = samples.unbiased([hour.items for hour in since.values()], cells.SAMPLE)
    return Moved(style.moves(baseline, hours), enriched([item for day in before for item in day.sample], now))


def _hour(start_ms: int, hour: history.Hour, zone: ZoneInfo) -> style.Hour:
    at = datetime.fromtimestamp(start_ms / 1000, zone)
    return style.Hour(hour_of_week(at.toordinal(), at.hour), hour.sums.n, hour.sums.features[: len(features.NAMES)])
