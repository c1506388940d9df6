"""The watches over judge's apps: each app's closed windows against its own past, with a stated false-alarm rate.

Fields of the state:

===========  ==========================================================
``v:<app>``  the watch, and when its alarm began
``y:<app>``  the baseline of the day
===========  ==========================================================

Local days begin one after the other, also those without a window, so that nothing depends on when marks come.
"""

import math
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from eddyline import daysums, features
from eddyline.cells import Sums
from eddyline.changes import Journal
from eddyline.daysums import Breakdown
from eddyline.detectors import baseline as baselines
from eddyline.detectors.baseline import Baseline
from eddyline.detectors.process import DAYS_A_YEAR, limit_days
from eddyline.detectors.sums import Counts, DaySums, WindowSums, hour_of_week
from eddyline.detectors.watch import Verdict, Watch
from eddyline.detectors.whitening import Space
from eddyline.outputs.alert import traffic_drift
from eddyline.outputs.cloudevent import Output
from eddyline.outputs.drift import BaselineFacts, WatchFacts
from eddyline.pastdays import PastDays
from eddyline.settings import Settings
from eddyline.windows import DAY_MS

DECIMALS = 6
_STYLES = len(features.NAMES)


class WatchPolicy(NamedTuple):
    """How apps are watched."""

    alerts: str
    """The alerts topic."""
    space: Space
    """The embedding space whose vectors are watched."""
    limit_days: float
    """The wealth that alarms."""
    window_ms: int
    zone: ZoneInfo

    @classmethod
    def of(cls, settings: Settings, space: Space) -> "WatchPolicy":
        """Return the part of the settings that the watches read."""
        limit = limit_days(settings.drift.false_alarms_a_year, settings.drift.apps)
        zone = ZoneInfo(settings.windows.timezone)
        return cls(settings.topics.alerts, space, limit, settings.windows.size_seconds * 1000, zone)


class _Wire(msgspec.Struct, array_like=True):
    watch: bytes
    alarm_ms: int | None


class _Watched:
    """One app."""

    def __init__(self, policy: WatchPolicy) -> None:
        self.watch = Watch(policy.space.whitening, features.NAMES, policy.limit_days)
        self.alarm_ms: int | None = None
        """When the alarm that is open began: the end of the window that raised it."""

    def pack(self) -> bytes:
        return msgspec.msgpack.encode(_Wire(self.watch.pack(), self.alarm_ms))


class Watches:
    """The watches over all apps of one partition of partials."""

    def __init__(self, policy: WatchPolicy, past: PastDays, journal: Journal) -> None:
        """``past``: their days, which are complete before the next one begins here."""
        self._policy, self._past, self._journal = policy, past, journal
        self._apps: dict[str, _Watched] = {}

    def __len__(self) -> int:
        """Return how many apps are watched."""
        return len(self._apps)

    def restore(self, kind: str, app: str, value: bytes) -> None:
        """Take back a field. A baseline comes after its watch: fields come in the order of their names."""
        watched = self._apps.setdefault(app, _Watched(self._policy))
        match kind:
            case "v":
                wire = msgspec.msgpack.decode(value, type=_Wire)
                watched.watch.restore(wire.watch)
                watched.alarm_ms = wire.alarm_ms
            case "y":
                watched.watch.restore_baseline(value)

    # Days

    def start_day(self, start_ms: int) -> list[Output]:
        """Begin the local day that starts at ``start_ms`` for every app; return what it ends."""
        outputs = []
        for app, watched in sorted(self._apps.items()):
            self._start_day(app, watched, start_ms)
            if watched.alarm_ms is not None and not watched.watch.alarms:
                outputs.append(self._alert(app, watched.alarm_ms, watched.watch.standing.reason, over_ms=start_ms))
                watched.alarm_ms = None
            if not self._past.knows(app, self._policy.space.id):
                self._forget(app)
        return outputs

    def _start_day(self, app: str, watched: _Watched, time_ms: int) -> None:
        before, days = watched.watch.baseline, self._past.complete(app, self._policy.space.id, time_ms)
        watched.watch.start_day(self._local(time_ms).toordinal(), [_seen(day) for day in days if not day.lost])
        self._journal.touch(f"v:{app}", watched.pack)
        after = watched.watch.baseline
        if after is None and before is not None:
            self._journal.drop(f"y:{app}")
        if after is not None and after is not before:
            self._journal.touch(f"y:{app}", lambda: baselines.pack(after))

    def _forget(self, app: str) -> None:
        del self._apps[app]
        self._journal.drop(f"v:{app}")
        self._journal.drop(f"y:{app}")

    # Windows

    def observe(self, app: str, start_ms: int, gated: Iterable[Sums]) -> tuple[WatchFacts, list[Output]]:
        """Take in the gated prompts of an app's closed window; return what its events say, and what alarms."""
        if app not in self._apps:
            self._apps[app] = _Watched(self._policy)
            self._start_day(app, self._apps[app], start_ms)
        watched, whole, time = self._apps[app], Sums.empty(), self._local(start_ms)
        for sums in gated:
            whole.merge(sums)
        window = WindowSums(whole.n, whole.x, whole.features[:_STYLES])
        hour = hour_of_week(time.toordinal(), time.hour)
        verdict = watched.watch.observe(window, hour, self._policy.window_ms / DAY_MS)
        self._journal.touch(f"v:{app}", watched.pack)
        outputs = []
        if verdict.raised:
            watched.alarm_ms = start_ms + self._policy.window_ms
            outputs.append(self._alert(app, watched.alarm_ms, verdict.reason))
        return self._facts(watched.watch.baseline, verdict, whole.n), outputs

    def _alert(self, app: str, start_ms: int, reason: str, *, over_ms: int | None = None) -> Output:
        return traffic_drift(self._policy.alerts, app, reason, self._alarms_a_year(), start_ms=start_ms, end_ms=over_ms)

    def _alarms_a_year(self) -> float:
        return DAYS_A_YEAR / self._policy.limit_days

    def _facts(self, baseline: Baseline | None, verdict: Verdict, n: int) -> WatchFacts:
        return WatchFacts(
            state=verdict.state,
            reason=verdict.reason,
            log_wealth=None if verdict.log_wealth is None else round(verdict.log_wealth, DECIMALS),
            log_limit=round(verdict.log_limit, DECIMALS),
            false_alarms_a_year=round(self._alarms_a_year(), DECIMALS),
            leading=verdict.leading,
            effective_n=None if baseline is None else _rounded(n / baseline.design_effect),
            baseline=None if baseline is None else _baseline_facts(baseline),
        )

    def _local(self, time_ms: int) -> datetime:
        return datetime.fromtimestamp(time_ms / 1000, self._policy.zone)


def _seen(day: daysums.DaySums) -> DaySums:
    """Return what the detector sees of a day."""
    return DaySums(
        date.fromisoformat(day.day).toordinal(), _counts(day.hours), _counts(day.groups), day.unnamed / day.volume
    )


def _counts(rows: Breakdown) -> Counts:
    return Counts(rows.n, rows.x, rows.features[:, :_STYLES])


def _baseline_facts(baseline: Baseline) -> BaselineFacts:
    first, last = (date.fromordinal(day).isoformat() for day in (baseline.first_day, baseline.last_day))
    return BaselineFacts(first, last, _rounded(baseline.users_a_day), _rounded(baseline.radius))


def _rounded(value: float) -> float | None:
    return round(value, DECIMALS) if math.isfinite(value) else None
