"""What the detector says of every window of an app, fed with the days and windows of the log.

The detector is the one that ships, which has tests of its own; which prompts it sees, on which day and against which
days before, is worked out here from the log.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from tests.oracle.arithmetic import GROUPS, group_of, rounded
from tests.oracle.rules import Rules
from tests.oracle.seen import Seen, total
from tests.oracle.windows import Key, Window

from eddyline import features
from eddyline.detectors.baseline import Baseline
from eddyline.detectors.sums import Counts, DaySums, WindowSums, hour_of_week
from eddyline.detectors.watch import Verdict, Watch
from eddyline.detectors.whitening import Whitening

STYLES, HOURS, DAY_MS = len(features.NAMES), 24, 86_400_000
Facts = dict[str, Any]


def facts_of(windows: Mapping[Key, Window], rules: Rules, whitening: Whitening) -> dict[tuple[str, int], Facts]:
    """Return what the events of a window say, by app and start."""
    whole: defaultdict[str, defaultdict[int, Window]] = defaultdict(lambda: defaultdict(Window))
    for key, window in windows.items():
        whole[key.app][key.start] = whole[key.app][key.start] + window
    found: dict[tuple[str, int], Facts] = {}
    for app, mine in whole.items():
        found |= {(app, start): facts for start, facts in _watched(mine, rules, whitening)}
    return found


def _watched(windows: Mapping[int, Window], rules: Rules, whitening: Whitening) -> Iterator[tuple[int, Facts]]:
    watch = Watch(whitening, features.NAMES, rules.alarm_days)
    days = {day.day: day for day in _days(windows)}
    for start in sorted(windows):
        time = datetime.fromtimestamp(start // 1000, UTC)
        today = time.date().toordinal()
        for day in range(watch.day + 1 if watch.day else today, today + 1):
            watch.start_day(day, [days[before] for before in sorted(days) if day - 35 <= before < day])
        window, hour = _window(windows[start].gated), hour_of_week(today, time.hour)
        verdict = watch.observe(window, hour, rules.window_ms / DAY_MS)
        yield start, _facts(watch.baseline, verdict, window.n, rules)


def _days(windows: Mapping[int, Window]) -> Iterator[DaySums]:
    by_day: defaultdict[date, list[int]] = defaultdict(list)
    for start, window in windows.items():
        if window.volume:
            by_day[datetime.fromtimestamp(start // 1000, UTC).date()].append(start)
    for day, starts in by_day.items():
        gated = [(start % DAY_MS // 3_600_000, seen) for start in starts for seen in windows[start].gated]
        volume = [seen for start in starts for seen in windows[start].volume]
        hours = _counts([[seen for at, seen in gated if at == hour] for hour in range(HOURS)])
        groups = _counts([[one for _, one in gated if group_of(one.prompt.user) == at] for at in range(GROUPS)])
        unnamed = sum(not seen.prompt.user for seen in volume) / len(volume)
        yield DaySums(day.toordinal(), hours, groups, unnamed)


def _counts(rows: Iterable[Sequence[Seen]]) -> Counts:
    found = [_window(row) for row in rows]
    n, x, styles = zip(*((one.n, one.x, one.styles) for one in found), strict=True)
    return Counts(np.array(n), np.stack(x), np.stack(styles))


def _window(prompts: Sequence[Seen]) -> WindowSums:
    sums = total(prompts)
    return WindowSums(sums.n, sums.x, sums.features[:STYLES])


def _facts(baseline: Baseline | None, verdict: Verdict, n: int, rules: Rules) -> Facts:
    return {
        "state": verdict.state,
        "reason": verdict.reason,
        "log_wealth": rounded(verdict.log_wealth),
        "log_limit": rounded(verdict.log_limit),
        "false_alarms_a_year": rounded(365 / rules.alarm_days),
        "leading": verdict.leading,
        "effective_n": None if baseline is None else rounded(n / baseline.design_effect),
        "baseline": None if baseline is None else _compared_with(baseline),
    }


def _compared_with(baseline: Baseline) -> Facts:
    return {
        "first_day": date.fromordinal(baseline.first_day).isoformat(),
        "last_day": date.fromordinal(baseline.last_day).isoformat(),
        "users_a_day": rounded(baseline.users_a_day),
        "tolerance": rounded(baseline.radius) if np.isfinite(baseline.radius) else None,
    }
