"""The watches over judge's apps: each against its own past and its eval set, with a stated false-alarm rate.

Fields of the state:

===========  ==========================================================
``v:<app>``  the watch over its traffic, and when its alarm began
``y:<app>``  the baseline of the day
``q:<app>``  the watch over its eval set, and when its alarm began
===========  ==========================================================

Of the one budget an app's eval set has the share that eval distances have in the watch, which is not given any here.

Local days begin one after the other, also those without a window, so that nothing depends on when marks come.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from eddyline import daysums, features, watchfacts
from eddyline.cells import Sums
from eddyline.changes import Journal
from eddyline.daysums import Breakdown
from eddyline.detectors import baseline as baselines
from eddyline.detectors.edetector import EVAL
from eddyline.detectors.evaldrift import EvalDrift
from eddyline.detectors.process import DAYS_A_YEAR, limit_days
from eddyline.detectors.sums import Counts, DaySums, WindowSums, hour_of_week
from eddyline.detectors.watch import Watch
from eddyline.detectors.whitening import Space
from eddyline.history import Hour
from eddyline.moved import Moved, what_moved
from eddyline.outputs.alert import AppDrift, DriftName, app_drift
from eddyline.outputs.cloudevent import Output
from eddyline.outputs.drift import EvalSetFacts, MovedFacts, WatchFacts
from eddyline.pastdays import PastDays
from eddyline.references import Reference
from eddyline.settings import Settings
from eddyline.windows import DAY_MS, HOUR_MS

KINDS = ("q", "v", "y")
"""Of fields."""
FIRST_MS = 12 * HOUR_MS
"""An alarm tells of so long before it; a whole day would water down what began just now."""
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


class Memory(NamedTuple):
    """What judge remembers of its apps."""

    past: PastDays
    """Their days, which are complete before the next one begins here."""
    eval_set: Callable[[str, int], Reference | None]
    """The eval set of an app that is in effect at a time in milliseconds."""
    hours: Callable[[str, int], Mapping[int, Hour]]
    """An app's hours of the day before a time, by their starts."""


class _Wire(msgspec.Struct, array_like=True):
    detector: bytes
    alarm_ms: int | None
    moved: MovedFacts | None = None


class _Watched:
    """One app."""

    def __init__(self, policy: WatchPolicy) -> None:
        self.watch = Watch(policy.space.whitening, features.NAMES, policy.limit_days)
        self.evals = EvalDrift(policy.limit_days / EVAL, features.NAMES)
        self.watch_alarm_ms: int | None = None
        """When the alarm that is open began: the end of the window that raised it."""
        self.moved: MovedFacts | None = None
        """What it tells."""
        self.eval_alarm_ms: int | None = None
        """The same of the eval set: the start of the local day that raised it."""

    def pack_watch(self) -> bytes:
        return msgspec.msgpack.encode(_Wire(self.watch.pack(), self.watch_alarm_ms, self.moved))

    def pack_evals(self) -> bytes:
        return msgspec.msgpack.encode(_Wire(self.evals.pack(), self.eval_alarm_ms))


class Observed(NamedTuple):
    """What a window's events say of its app, and the alerts that it raises."""

    watch: WatchFacts
    eval_set: EvalSetFacts | None
    alerts: list[Output]


class Watches:
    """The watches over all apps of one partition of partials."""

    def __init__(self, policy: WatchPolicy, memory: Memory, journal: Journal) -> None:
        """Watch nothing yet; changes are noted in ``journal``."""
        self._policy, self._memory, self._journal = policy, memory, journal
        self._apps: dict[str, _Watched] = {}

    def __len__(self) -> int:
        """Return how many apps are watched."""
        return len(self._apps)

    def restore(self, kind: str, app: str, value: bytes) -> None:
        """Take back a field. A baseline comes after its watch: fields come in the order of their names."""
        watched = self._apps.setdefault(app, _Watched(self._policy))
        if kind == "y":
            watched.watch.restore_baseline(value)
            return
        wire = msgspec.msgpack.decode(value, type=_Wire)
        if kind == "v":
            watched.watch.restore(wire.detector)
            watched.watch_alarm_ms, watched.moved = wire.alarm_ms, wire.moved
        else:
            watched.evals.restore(wire.detector)
            watched.eval_alarm_ms = wire.alarm_ms

    # Days

    def start_day(self, start_ms: int) -> list[Output]:
        """Begin the local day that starts at ``start_ms`` for every app; return the alerts that it raises or ends."""
        outputs = []
        for app, watched in sorted(self._apps.items()):
            outputs += self._start_day(app, watched, start_ms)
            if not self._memory.past.knows(app, self._policy.space.id):
                outputs += self._forget(app, watched, start_ms)
        return outputs

    def _start_day(self, app: str, watched: _Watched, start_ms: int) -> list[Output]:
        days = self._whole_days(app, start_ms)
        return self._watch_day(app, watched, start_ms, days) + self._eval_day(app, watched, start_ms, days)

    def _watch_day(self, app: str, watched: _Watched, start_ms: int, days: Sequence[daysums.DaySums]) -> list[Output]:
        before = watched.watch.baseline
        watched.watch.start_day(self._local(start_ms).toordinal(), [_seen(day) for day in days])
        self._journal.touch(f"v:{app}", watched.pack_watch)
        after = watched.watch.baseline
        if after is None and before is not None:
            self._journal.drop(f"y:{app}")
        if after is not None and after is not before:
            self._journal.touch(f"y:{app}", lambda: baselines.pack(after))
        if watched.watch.alarms:
            span = range(start_ms - DAY_MS, start_ms)
            watched.moved = watchfacts.of_moved(self._what_moved(app, watched, days, span))
            return []
        return self._end_watch_alarm(app, watched, start_ms)

    def _end_watch_alarm(self, app: str, watched: _Watched, end_ms: int) -> list[Output]:
        began_ms, watched.watch_alarm_ms, watched.moved = watched.watch_alarm_ms, None, None
        return self._ended(self._drift("TrafficDrift", app, watched.watch.standing.reason), began_ms, end_ms)

    def _eval_day(self, app: str, watched: _Watched, start_ms: int, days: Sequence[daysums.DaySums]) -> list[Output]:
        day, space_id = self._local(start_ms).date().isoformat(), self._policy.space.id
        verdict = watched.evals.start_day(day, days, self._memory.eval_set(app, start_ms), space_id)
        self._journal.touch(f"q:{app}", watched.pack_evals)
        outputs = []
        if verdict.raised or not watched.evals.alarms:
            outputs += self._end_eval_alarm(app, watched, start_ms)
        if verdict.raised:
            watched.eval_alarm_ms = start_ms
            drift = self._drift("EvalProductionDrift", app, verdict.reason)
            outputs.append(app_drift(self._policy.alerts, drift, start_ms=start_ms))
        return outputs

    def _end_eval_alarm(self, app: str, watched: _Watched, end_ms: int) -> list[Output]:
        began_ms, watched.eval_alarm_ms = watched.eval_alarm_ms, None
        return self._ended(self._drift("EvalProductionDrift", app, watched.evals.verdict.reason), began_ms, end_ms)

    def _ended(self, drift: AppDrift, began_ms: int | None, end_ms: int) -> list[Output]:
        return [] if began_ms is None else [app_drift(self._policy.alerts, drift, start_ms=began_ms, end_ms=end_ms)]

    def _forget(self, app: str, watched: _Watched, now_ms: int) -> list[Output]:
        del self._apps[app]
        for kind in KINDS:
            self._journal.drop(f"{kind}:{app}")
        return self._end_watch_alarm(app, watched, now_ms) + self._end_eval_alarm(app, watched, now_ms)

    # Windows

    def observe(self, app: str, start_ms: int, gated: Iterable[Sums]) -> Observed:
        """Take in the gated prompts of an app's closed window."""
        outputs = []
        if app not in self._apps:
            self._apps[app] = _Watched(self._policy)
            outputs += self._start_day(app, self._apps[app], start_ms)
        watched, whole, time = self._apps[app], Sums.empty(), self._local(start_ms)
        for sums in gated:
            whole.merge(sums)
        window = WindowSums(whole.n, whole.x, whole.features[:_STYLES])
        hour = hour_of_week(time.toordinal(), time.hour)
        verdict = watched.watch.observe(window, hour, self._policy.window_ms / DAY_MS)
        self._journal.touch(f"v:{app}", watched.pack_watch)
        if verdict.raised:
            watched.watch_alarm_ms = start_ms + self._policy.window_ms
            span = range(start_ms - FIRST_MS, start_ms)
            moved = self._what_moved(app, watched, self._whole_days(app, start_ms), span)
            watched.moved = watchfacts.of_moved(moved)
            drift = self._drift("TrafficDrift", app, verdict.reason)._replace(moved=str(moved))
            outputs.append(app_drift(self._policy.alerts, drift, start_ms=watched.watch_alarm_ms))
        facts = watchfacts.of_watch(watched.watch.baseline, verdict, whole.n, self._alarms_a_year(), watched.moved)
        return Observed(facts, watchfacts.of_eval_set(watched.evals.verdict), outputs)

    def _what_moved(self, app: str, watched: _Watched, days: Iterable[daysums.DaySums], span: range) -> Moved:
        """Hold the hours of a span of milliseconds against those of ``days`` that the baseline is made of."""
        if (baseline := watched.watch.baseline) is None:
            return Moved([], None)
        first, last = (date.fromordinal(day).isoformat() for day in (baseline.first_day, baseline.last_day))
        before = [day for day in days if first <= day.day <= last]
        hours = {start: hour for start, hour in self._memory.hours(app, span.stop).items() if start in span}
        return what_moved(baseline, before, hours, self._policy.zone)

    def _whole_days(self, app: str, time_ms: int) -> list[daysums.DaySums]:
        """Return the complete days before a time that had prompts and of which nothing is lost."""
        past = self._memory.past.complete(app, self._policy.space.id, time_ms)
        return [day for day in past if day.volume and not day.lost]

    def _drift(self, alertname: DriftName, app: str, reason: str) -> AppDrift:
        return AppDrift(alertname, app, reason, self._alarms_a_year())

    def _alarms_a_year(self) -> float:
        return DAYS_A_YEAR / self._policy.limit_days

    def _local(self, time_ms: int) -> datetime:
        return datetime.fromtimestamp(time_ms / 1000, self._policy.zone)


def _seen(day: daysums.DaySums) -> DaySums:
    """Return what the detector sees of a day."""
    ordinal, unnamed = date.fromisoformat(day.day).toordinal(), day.unnamed / day.volume
    return DaySums(ordinal, _counts(day.hours), _counts(day.groups), unnamed)


def _counts(rows: Breakdown) -> Counts:
    return Counts(rows.n, rows.x, rows.features[:, :_STYLES])
