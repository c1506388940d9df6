"""The report of an app: what the watch said when, its alarms, and how long after a planted change the first one came.

A pure function of drift events and alerts. Times are in milliseconds since 1970.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from eddyline.backtest.events import AppAlert, DriftEvent
from eddyline.detectors.process import DAYS_A_YEAR
from eddyline.outputs.drift import MovedFacts, WatchFacts
from eddyline.windows import DAY_MS, HOUR_MS

WATCH = "TrafficDrift"
Outcome = Literal["found", "missed", "silent", "open", "outside"]


class Planted(NamedTuple):
    """A change that is known to be in a history."""

    time_ms: int
    """The first moment at which prompts are different."""
    name: str


class Standing(msgspec.Struct, frozen=True):
    """How long the watch was in a state."""

    state: str
    hours: float
    """Of windows with prompts."""
    reason: str
    """What it said last in this state."""


class TermMove(msgspec.Struct, frozen=True):
    """A word that names what came."""

    term: str
    """In lower case."""
    users: int
    """How many wrote it in the 12 hours before the alarm: five or more."""
    before: float
    """Share of the users on the days of the baseline that wrote it, one prompt of each."""
    now: float
    """The same of the 12 hours."""


class Alarm(msgspec.Struct, frozen=True):
    """One alarm."""

    alert: str
    """`TrafficDrift`, or `EvalProductionDrift` where there is an eval set."""
    begin_ms: int
    """End of the window that raised it, or start of the local day."""
    end_ms: int | None
    """None while it is open."""
    leading: str | None
    """Which bet led; None of an eval set."""
    moved: MovedFacts | None
    """What had moved by then; None of an eval set."""
    terms: list[TermMove] | None = None
    """What names it, at most five, the surest first; None of an eval set, and where nobody asked."""


class Delay(msgspec.Struct, frozen=True):
    """What became of a planted change."""

    name: str
    planted_ms: int
    outcome: Outcome
    """`found`: an alarm began before the next change. `missed`: none did, and none could because the watch was `silent`
    (learning, or blind) or an alarm was `open` already. `outside`: the app has no windows around it."""
    alert: str | None = None
    """The alert of the first alarm after it."""
    alarm_ms: int | None = None
    """When that began."""
    hours: float | None = None
    """From the change to the alarm."""
    gated_n: int | None = None
    """Gated prompts in the windows that ended after the change, up to the one that raised the alarm."""


class AppReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the live stages would have said of an app."""

    app: str
    first_ms: int
    """Start of its first window."""
    last_ms: int
    """End of its last window."""
    days: int
    """Local days on which it had prompts."""
    n: int
    """Prompts."""
    gated_n: int
    """Of them, the first of a user on a day: what is watched."""
    late: int
    """Events that came too late for their window: many, if the history is not in the order of time."""
    states: list[Standing]
    """In the order of their first appearance."""
    alarms: list[Alarm]
    delays: list[Delay]
    """One for every planted change, in the order of time."""
    early_alarms: int
    """Alarms before the first planted change, false ones by that; all of them where none is planted."""
    early_days: float
    """Days of windows in which the watch spoke, up to then."""
    early_allowed: float
    """So many false alarms are expected at most in these days."""


class Hour(NamedTuple):
    """One closed window of an app, all deployments together."""

    start_ms: int
    end_ms: int
    n: int
    gated_n: int
    late: int
    watch: WatchFacts | None

    @property
    def days(self) -> float:
        """Its length."""
        return (self.end_ms - self.start_ms) / DAY_MS

    @property
    def speaks(self) -> bool:
        """Whether the watch bets on it: only then an alarm may come."""
        return self.watch is not None and self.watch.log_wealth is not None


def report(
    drift: Iterable[DriftEvent], alerts: Iterable[AppAlert], planted: Iterable[Planted], zone: ZoneInfo
) -> list[AppReport]:
    """Return the report of every app, by name.

    Args:
        drift: drift events, in any order.
        alerts: alerts of the watch, in any order.
        planted: the known changes, which are those of every app.
        zone: of the local days.
    """
    events, alarms = defaultdict(list), defaultdict(list)
    for event in drift:
        events[event.app].append(event)
    for alert in alerts:
        alarms[alert.app].append(alert)
    return [_app(app, windows(events[app]), alarms[app], sorted(planted), zone) for app in sorted(events)]


def windows(events: Iterable[DriftEvent]) -> list[Hour]:
    """Return the closed windows of one app in the order of time; each has an event for every deployment."""
    parts = defaultdict(list)
    for event in events:
        parts[event.start_ms, event.end_ms].append(event)
    return [_whole(span, parts[span]) for span in sorted(parts)]


def _whole(span: tuple[int, int], parts: Sequence[DriftEvent]) -> Hour:
    n, gated_n, late = (sum(getattr(part, name) for part in parts) for name in ("n", "gated_n", "late"))
    return Hour(*span, n, gated_n, late, parts[0].watch)


def _app(
    app: str, hours: Sequence[Hour], alerts: Iterable[AppAlert], planted: Sequence[Planted], zone: ZoneInfo
) -> AppReport:
    alarms = _alarms(alerts, hours)
    quiet_until_ms = planted[0].time_ms if planted else hours[-1].end_ms
    early_days = sum(hour.days for hour in hours if hour.speaks and hour.end_ms <= quiet_until_ms)
    return AppReport(
        app=app,
        first_ms=hours[0].start_ms,
        last_ms=hours[-1].end_ms,
        days=len({_day(hour.start_ms, zone) for hour in hours if hour.n}),
        n=sum(hour.n for hour in hours),
        gated_n=sum(hour.gated_n for hour in hours),
        late=sum(hour.late for hour in hours),
        states=_standings(hours),
        alarms=alarms,
        delays=_delays(planted, alarms, hours),
        early_alarms=sum(alarm.begin_ms <= quiet_until_ms for alarm in alarms),
        early_days=early_days,
        early_allowed=early_days * _alarms_a_day(hours),
    )


def _day(time_ms: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(time_ms / 1000, zone).date()


def _alarms_a_day(hours: Sequence[Hour]) -> float:
    """Return how many false alarms of an app a day are expected at most."""
    return next((hour.watch.false_alarms_a_year / DAYS_A_YEAR for hour in hours if hour.watch), 0.0)


def _alarms(alerts: Iterable[AppAlert], hours: Sequence[Hour]) -> list[Alarm]:
    """Put begin and end of every alarm together, and what was said of the window that raised it."""
    ends: dict[tuple[int, str], int | None] = {}
    for alert in alerts:
        at = alert.begin_ms, alert.alert
        ends[at] = alert.end_ms or ends.get(at)
    said = {hour.end_ms: hour.watch for hour in hours}
    return [_alarm(alert, begin_ms, ends[begin_ms, alert], said) for begin_ms, alert in sorted(ends)]


def _alarm(alert: str, begin_ms: int, end_ms: int | None, said: Mapping[int, WatchFacts | None]) -> Alarm:
    watch = said.get(begin_ms) if alert == WATCH else None
    return Alarm(alert, begin_ms, end_ms, watch.leading if watch else None, watch.moved if watch else None)


def _standings(hours: Iterable[Hour]) -> list[Standing]:
    spent, reasons = Counter[str](), dict[str, str]()
    for hour in hours:
        if hour.watch:
            spent[hour.watch.state] += hour.end_ms - hour.start_ms
            reasons[hour.watch.state] = hour.watch.reason
    return [Standing(state, spent_ms / HOUR_MS, reasons[state]) for state, spent_ms in spent.items()]


def _delays(planted: Sequence[Planted], alarms: Sequence[Alarm], hours: Sequence[Hour]) -> list[Delay]:
    """Give every change the first alarm that begins after it and not after the next change."""
    never = Planted(hours[-1].end_ms, "")
    return [
        _delay(change, max(following.time_ms, change.time_ms), alarms, hours)
        for change, following in pairwise([*planted, never])
    ]


def _delay(change: Planted, until_ms: int, alarms: Sequence[Alarm], hours: Sequence[Hour]) -> Delay:
    # An alarm at the very moment of the change is over windows that ended before it.
    found = next((alarm for alarm in alarms if change.time_ms < alarm.begin_ms <= until_ms), None)
    after = [hour for hour in hours if change.time_ms < hour.end_ms <= until_ms]
    if not after or change.time_ms < hours[0].start_ms:
        return Delay(change.name, change.time_ms, "outside")
    if found is None:
        return Delay(change.name, change.time_ms, _why_not(after))
    delay_ms, gated_n = found.begin_ms - change.time_ms, sum(at.gated_n for at in after if at.end_ms <= found.begin_ms)
    return Delay(change.name, change.time_ms, "found", found.alert, found.begin_ms, delay_ms / HOUR_MS, gated_n)


def _why_not(after: Sequence[Hour]) -> Outcome:
    """Return why no alarm began in these windows."""
    if after[0].watch and after[0].watch.state == "alarm":
        return "open"
    return "missed" if any(hour.speaks for hour in after) else "silent"
