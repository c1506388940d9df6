"""Alarms named by terms: what users wrote in the 12 hours before one, held against the days of its baseline.

The texts are those of the history, which whoever runs a backtest has anyway. None is stored; what is told of them are
words that five users and more wrote. The whole 12 hours stand for the enriched region, which is a sample of them.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from eddyline.backtest.events import DriftEvent
from eddyline.backtest.report import WATCH, Alarm, AppReport, TermMove
from eddyline.backtest.side import Side
from eddyline.events import Prompt
from eddyline.moved.terms import terms
from eddyline.outputs.drift import BaselineFacts
from eddyline.watches import FIRST_MS
from eddyline.windows import day_end

MOST = 5
"""Terms of an alarm."""
DECIMALS = 6


class _Sides(NamedTuple):
    before: Side
    now: Side


def named(
    reports: Iterable[AppReport], drift: Iterable[DriftEvent], prompts: Iterable[Prompt], zone: ZoneInfo
) -> list[AppReport]:
    """Return reports whose alarms of the watch have their terms.

    Args:
        reports: of the apps.
        drift: what they were made of.
        prompts: those of the history, in any order; not read where there is no alarm.
        zone: of the local days.
    """
    reports, baselines = list(reports), _baselines(drift)
    sides = {
        (at.app, alarm.begin_ms): _sides(alarm.begin_ms, baseline, zone)
        for at in reports
        for alarm in at.alarms
        if alarm.alert == WATCH and (baseline := baselines.get((at.app, alarm.begin_ms)))
    }
    if sides:
        _fill(sides, prompts)
    return [
        replace(at, alarms=[_named(alarm, sides.get((at.app, alarm.begin_ms))) for alarm in at.alarms])
        for at in reports
    ]


def _baselines(drift: Iterable[DriftEvent]) -> dict[tuple[str, int], BaselineFacts]:
    """Return by app and end of a window what it was watched against."""
    return {(at.app, at.end_ms): at.watch.baseline for at in drift if at.watch and at.watch.baseline}


def _sides(begin_ms: int, baseline: BaselineFacts, zone: ZoneInfo) -> _Sides:
    since_ms = begin_ms - FIRST_MS
    eve = date.fromisoformat(baseline.first_day) - timedelta(days=1)
    # Shortly after midnight the 12 hours reach into the last day of the baseline: a prompt is on one side only.
    before = range(day_end(eve.isoformat(), zone), min(day_end(baseline.last_day, zone), since_ms))
    return _Sides(Side(before), Side(range(since_ms, begin_ms)))


def _fill(sides: dict[tuple[str, int], _Sides], prompts: Iterable[Prompt]) -> None:
    of_app = defaultdict[str, list[Side]](list)
    for (app, _), pair in sides.items():
        of_app[app] += pair
    for prompt in prompts:
        for side in of_app.get(prompt.app, ()):
            side.add(prompt)


def _named(alarm: Alarm, sides: _Sides | None) -> Alarm:
    if sides is None or alarm.alert != WATCH:
        return alarm
    found = terms(sides.now.prompts(), sides.before.prompts())[:MOST]
    return replace(
        alarm,
        terms=[
            TermMove(at.text, at.users, round(at.before_share, DECIMALS), round(at.now_share, DECIMALS)) for at in found
        ],
    )
