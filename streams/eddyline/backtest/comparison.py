"""The classical metrics of a planted change: of the first whole day after it, against the same weekday a week before.

Whole days, since hours differ; the same weekday, since weekends do; one day each, since on a day a user is gated once,
and these metrics take prompts for independent.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import msgspec

from eddyline import classical
from eddyline.backtest.daysamples import DaySamples
from eddyline.backtest.report import AppReport, Planted
from eddyline.detectors.whitening import Whitening
from eddyline.errors import Incomparable
from eddyline.windows import local_day

WEEK = timedelta(days=7)


class Value(msgspec.Struct, frozen=True):
    """A metric, and what it is when chance alone says which prompts are of which day."""

    metric: str
    value: float
    null: float
    """Its mean without a change."""
    null_upper: float
    """Its 95 % point without a change."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two days of an app, one on each side of a planted change."""

    app: str
    name: str
    """Of the change."""
    reference_day: str
    day: str
    reference_n: int
    """Prompts in the sample of the reference day."""
    n: int
    """Prompts in the sample of the day."""
    values: list[Value]
    """Empty where a sample has fewer than ten prompts."""


def days_around(time_ms: int, zone: ZoneInfo) -> tuple[str, str]:
    """Return the first whole local day from a time on, and the same weekday a week before.

    >>> days_around(1_788_739_200_000, ZoneInfo("UTC")), days_around(1_788_739_200_001, ZoneInfo("UTC"))
    (('2026-08-31', '2026-09-07'), ('2026-09-01', '2026-09-08'))
    """
    day = date.fromisoformat(local_day(time_ms - 1, zone)) + timedelta(days=1)
    return (day - WEEK).isoformat(), day.isoformat()


def compare(
    reports: Iterable[AppReport], planted: Iterable[Planted], samples: DaySamples, whitening: Whitening, zone: ZoneInfo
) -> list[Comparison]:
    """Return the classical metrics of every app at every planted change, in the order of time.

    Args:
        reports: of the apps.
        planted: the known changes.
        samples: of the days around them, see :func:`days_around`.
        whitening: of the encoder.
        zone: of the local days.
    """
    changes = sorted(planted)
    return [_compare(at.app, change, samples, whitening, zone) for at in reports for change in changes]


def _compare(app: str, change: Planted, samples: DaySamples, whitening: Whitening, zone: ZoneInfo) -> Comparison:
    before, after = days_around(change.time_ms, zone)
    reference, window = samples.of(app, before), samples.of(app, after)
    try:
        found = classical.measure(reference, window, whitening)
    except Incomparable:
        found = {}
    values = [Value(name, at.value, at.null.mean, at.null.upper) for name, at in found.items()]
    return Comparison(
        app=app,
        name=change.name,
        reference_day=before,
        day=after,
        reference_n=len(reference),
        n=len(window),
        values=values,
    )
