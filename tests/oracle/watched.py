"""What the detectors say of every window of an app, fed with the days and windows of the log.

The detectors are those that ship, which have tests of their own; which prompts they see, on which day, against which
days before and which eval set, is worked out here from the log.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import numpy as np
from tests.oracle.arithmetic import GROUPS, group_of, rounded
from tests.oracle.references import Reference, in_effect
from tests.oracle.rules import Rules
from tests.oracle.seen import Seen, total
from tests.oracle.windows import Key, Window

from eddyline import features, references
from eddyline.cells import NUMERIC, Sums
from eddyline.daysums import Breakdown, DaySums
from eddyline.detectors import sums
from eddyline.detectors.baseline import Baseline
from eddyline.detectors.edetector import EVAL
from eddyline.detectors.evaldrift import EvalDrift
from eddyline.detectors.evalverdict import Verdict as EvalVerdict
from eddyline.detectors.sums import Counts, WindowSums, hour_of_week
from eddyline.detectors.watch import Verdict, Watch
from eddyline.detectors.whitening import Whitening

STYLES, HOURS, DAY_MS = len(features.NAMES), 24, 86_400_000
EPOCH = date(1970, 1, 1).toordinal()
Facts = dict[str, Any]


class Watched(NamedTuple):
    """What the detectors need beside the log."""

    rules: Rules
    space_id: str
    whitening: Whitening
    evalsets: Mapping[str, Sequence[tuple[int, Reference]]]
    """Of every app, by when they take effect."""


def facts_of(windows: Mapping[Key, Window], watched: Watched) -> dict[tuple[str, int], Facts]:
    """Return what the events of a window say, by app and start."""
    whole: defaultdict[str, defaultdict[int, Window]] = defaultdict(lambda: defaultdict(Window))
    for key, window in windows.items():
        whole[key.app][key.start] = whole[key.app][key.start] + window
    found: dict[tuple[str, int], Facts] = {}
    for app, mine in whole.items():
        found |= {(app, start): facts for start, facts in _of_app(app, mine, watched)}
    return found


def _of_app(app: str, windows: Mapping[int, Window], watched: Watched) -> Iterator[tuple[int, Facts]]:
    rules, evalsets = watched.rules, watched.evalsets.get(app, ())
    watch = Watch(watched.whitening, features.NAMES, rules.alarm_days)
    evals = EvalDrift(rules.alarm_days / EVAL, features.NAMES)
    days = {date.fromisoformat(day.day).toordinal(): day for day in _days(windows)}
    for start in sorted(windows):
        time = datetime.fromtimestamp(start // 1000, UTC)
        today = time.date().toordinal()
        for day in range(watch.day + 1 if watch.day else today, today + 1):
            past = [days[before] for before in sorted(days) if day - 35 <= before < day]
            begins_ms = max((day - EPOCH) * DAY_MS, min(windows))
            watch.start_day(day, [_seen(one) for one in past])
            reference = in_effect(evalsets, begins_ms)
            form = None if reference is None else _form(reference, watched)
            evals.start_day(date.fromordinal(day).isoformat(), past, form, watched.space_id)
        window = _window(windows[start].gated)
        verdict = watch.observe(window, hour_of_week(today, time.hour), rules.window_ms / DAY_MS)
        facts = _facts(watch.baseline, verdict, window.n, rules)
        yield start, {"watch": facts, "eval_set": _of_eval_set(evals.verdict)}


def _form(reference: Reference, watched: Watched) -> references.Reference:
    sums = Sums(reference.n, reference.x, reference.features, np.zeros(NUMERIC, np.int64))
    return references.Reference(reference.kind, reference.id, watched.space_id, [], sums, [])  # type: ignore[arg-type]


def _days(windows: Mapping[int, Window]) -> Iterator[DaySums]:
    by_day: defaultdict[date, list[int]] = defaultdict(list)
    for start, window in windows.items():
        if window.volume:
            by_day[datetime.fromtimestamp(start // 1000, UTC).date()].append(start)
    for day, starts in by_day.items():
        gated = [(start % DAY_MS // 3_600_000, seen) for start in starts for seen in windows[start].gated]
        volume = [seen for start in starts for seen in windows[start].volume]
        hours = _rows([[seen for at, seen in gated if at == hour] for hour in range(HOURS)])
        groups = _rows([[one for _, one in gated if group_of(one.prompt.user) == at] for at in range(GROUPS)])
        unnamed = sum(not seen.prompt.user for seen in volume)
        yield DaySums(day.isoformat(), groups, hours, len(volume), unnamed, lost=False, sample=[])


def _rows(rows: Iterable[Sequence[Seen]]) -> Breakdown:
    n, x, styles = zip(*((one.n, one.x, one.features) for one in map(total, rows)), strict=True)
    return Breakdown(np.array(n), np.stack(x), np.stack(styles))


def _seen(day: DaySums) -> sums.DaySums:
    hours, groups = (Counts(rows.n, rows.x, rows.features[:, :STYLES]) for rows in (day.hours, day.groups))
    return sums.DaySums(date.fromisoformat(day.day).toordinal(), hours, groups, day.unnamed / day.volume)


def _window(prompts: Sequence[Seen]) -> WindowSums:
    found = total(prompts)
    return WindowSums(found.n, found.x, found.features[:STYLES])


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
        "moved": None,  # no log of the oracle is so long that there is an alarm
    }


def _compared_with(baseline: Baseline) -> Facts:
    return {
        "first_day": date.fromordinal(baseline.first_day).isoformat(),
        "last_day": date.fromordinal(baseline.last_day).isoformat(),
        "users_a_day": rounded(baseline.users_a_day),
        "tolerance": rounded(baseline.radius) if np.isfinite(baseline.radius) else None,
    }


def _of_eval_set(verdict: EvalVerdict) -> Facts | None:
    if verdict.eval_set is None:
        return None
    moved = None
    if verdict.moved is not None:
        rates = {"before": rounded(verdict.rate_before), "now": rounded(verdict.rate_now)}
        moved = {"feature": verdict.moved} | rates
    return {
        "id": verdict.eval_set,
        "state": verdict.state,
        "reason": verdict.reason,
        "since": verdict.since,
        "day": verdict.day,
        "users": verdict.users,
        "distance": rounded(verdict.distance),
        "null": rounded(verdict.expected),
        "unchanged": rounded(verdict.baseline_mean),
        "z": rounded(verdict.z),
        "style_shift": rounded(verdict.style_shift),
        "style_null": rounded(verdict.style_expected),
        "style": moved,
        "log_wealth": rounded(verdict.log_wealth),
        "log_limit": rounded(verdict.log_limit),
    }
