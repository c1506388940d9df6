"""The plot of a backtest: of every app the wealth against its limit, below it the distance beside its null value."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from eddyline.backtest.events import DriftEvent
from eddyline.backtest.report import AppReport, Hour, windows
from eddyline.extras import need
from eddyline.outputs.alert import DRIFTS
from eddyline.windows import DAY_MS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg")
WIDTH_INCHES, HEIGHT_INCHES = 12.0, 4.5
"""Of the part of one app."""
BLUE, RED, ORANGE, GREY = "#1f5a96", "#b3261e", "#d07c00", "#8a8a8a"
COLOURS: dict[str, str] = dict(zip(DRIFTS, (RED, ORANGE), strict=True))


def save(figure: "Figure", path: Path) -> None:
    """Write a plot; the end of the name, ``.png`` or ``.svg``, says in which format."""
    figure.savefig(path, dpi=120)


def draw(reports: Sequence[AppReport], drift: Iterable[DriftEvent]) -> "Figure":
    """Return the plot of ``reports``, made of ``drift``.

    Raises:
        RefusedToStart: matplotlib is not installed.
    """
    events = defaultdict(list)
    for event in drift:
        events[event.app].append(event)
    size = (WIDTH_INCHES, HEIGHT_INCHES * len(reports))
    figure: Figure = need("matplotlib.figure", "backtest").Figure(figsize=size, layout="constrained")
    rows = figure.subplots(2 * len(reports), squeeze=False)[:, 0]
    for at, report in enumerate(reports):
        above, below = rows[2 * at], rows[2 * at + 1]
        below.sharex(above)
        _wealth(above, report, windows(events[report.app]))
        _distance(below, events[report.app])
        for axes in (above, below):
            _marks(axes, report)
            _dates(axes)
            axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize="small")
    return figure


def _wealth(axes: "Axes", report: AppReport, hours: Sequence[Hour]) -> None:
    times = _times(hour.end_ms for hour in hours)
    wealth = [hour.watch.log_wealth if hour.watch else None for hour in hours]
    limit = [hour.watch.log_limit if hour.watch else None for hour in hours]
    axes.plot(times, _gaps(wealth), color=BLUE, linewidth=1, label="log wealth")
    axes.plot(times, _gaps(limit), color=RED, linewidth=1, linestyle="--", label="limit")
    axes.set_title(report.app, loc="left")
    axes.set_ylabel("log wealth (days)")


def _distance(axes: "Axes", events: Iterable[DriftEvent]) -> None:
    for deployment, found in sorted(_by_deployment(events).items()):
        times, distances = _times(event.end_ms for event in found), [event.distance for event in found]
        values, nulls = (
            _gaps(at.value if at else None for at in distances),
            _gaps(at.null if at else None for at in distances),
        )
        (line,) = axes.plot(times, values, linewidth=1, label=deployment)
        axes.plot(
            times, nulls, color=line.get_color(), linewidth=1, linestyle=":", label=f"{deployment}, under no change"
        )
    axes.set_ylabel("centroid distance")


def _by_deployment(events: Iterable[DriftEvent]) -> Mapping[str, Sequence[DriftEvent]]:
    found = defaultdict(list)
    for event in sorted(events, key=lambda event: event.start_ms):
        found[event.deployment or "no deployment"].append(event)
    return found


def _marks(axes: "Axes", report: AppReport) -> None:
    """Shade the alarms, and draw a line where a change was planted."""
    named = set[str]()
    for alarm in report.alarms:
        begin, end = _times((alarm.begin_ms, alarm.end_ms or report.last_ms))
        label = None if alarm.alert in named else alarm.alert
        axes.axvspan(begin, end, color=COLOURS[alarm.alert], alpha=0.15, linewidth=0, label=label)
        axes.axvline(begin, color=COLOURS[alarm.alert], linewidth=1)
        named.add(alarm.alert)
    for at, delay in enumerate(report.delays):
        (time,) = _times([delay.planted_ms])
        axes.axvline(time, color=GREY, linestyle="-.", label=None if at else "planted change")


def _dates(axes: "Axes") -> None:
    """Label times as dates, in as few words as they need."""
    dates = need("matplotlib.dates", "backtest")
    locator = dates.AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))


def _times(times_ms: Iterable[int]) -> list[float]:
    """Return times as matplotlib counts them: in days since 1970."""
    return [time_ms / DAY_MS for time_ms in times_ms]


def _gaps(values: Iterable[float | None]) -> list[float]:
    """Return values with a gap in the line where there is none."""
    return [math.nan if value is None else value for value in values]
