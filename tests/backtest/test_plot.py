"""The plot shows what the report says, as a PNG or an SVG."""

import sys
from pathlib import Path

import pytest

from eddyline.backtest import plot
from eddyline.backtest.report import Planted, report
from eddyline.errors import RefusedToStart
from eddyline.outputs.drift import MetricValue

from .test_report import UTC, alarm, at, event, hours, watch

DRIFT = [
    *(event(hour, watch("learning"), distance=MetricValue(None, None)) for hour in range(3)),
    *(event(hour, distance=MetricValue(0.1 * hour, 0.2), deployment="v1") for hour in range(3, 12)),
]
REPORTS = report(DRIFT, alarm(9), [Planted(at(6), "v2")], UTC)


def test_wealth_limit_distance_and_null_are_drawn_with_alarm_and_change() -> None:
    above, below = plot.draw(REPORTS, DRIFT).axes
    assert above.get_title(loc="left") == "shop/production"
    assert above.get_legend_handles_labels()[1] == ["log wealth", "limit", "TrafficDrift", "planted change"]
    assert below.get_legend_handles_labels()[1] == [
        "no deployment",
        "no deployment, under no change",
        "v1",
        "v1, under no change",
        "TrafficDrift",
        "planted change",
    ]
    (_, _, drawn, null, *_) = below.get_lines()
    assert list(drawn.get_ydata()) == pytest.approx([0.1 * hour for hour in range(3, 12)])  # type: ignore[arg-type]
    assert set(null.get_ydata()) == {0.2}  # type: ignore[arg-type]


def test_every_app_has_its_part() -> None:
    drift = [*hours(3), *(event(hour, app="a/b") for hour in range(3))]
    titles = [axes.get_title(loc="left") for axes in plot.draw(report(drift, [], [], UTC), drift).axes]
    assert titles == ["a/b", "", "shop/production", ""]


@pytest.mark.parametrize(("name", "begin"), [("plot.png", b"\x89PNG\r\n\x1a\n"), ("plot.svg", b"<?xml")])
def test_the_end_of_the_name_says_the_format(name: str, begin: bytes, tmp_path: Path) -> None:
    plot.save(plot.draw(REPORTS, DRIFT), tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(begin)


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(RefusedToStart, match=r"matplotlib is not installed: install the extra 'eddyline\[backtest\]'"):
        plot.draw(REPORTS, DRIFT)
