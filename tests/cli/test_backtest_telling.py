"""A backtest for people: one part an app, what moved in words, nothing that could steer a terminal."""

import pytest
from tests.backtest.test_report import APP, UTC, alarm, at, event, hours, watch

from eddyline.backtest.comparison import Comparison, Value
from eddyline.backtest.report import Planted, report
from eddyline.cli.backtest.telling import show_report
from eddyline.outputs.drift import MovedFacts, RegionFacts, StyleMove

REGION = RegionFacts(share=0.25, before=0.02, null=0.04, examples=["e1"])


def test_what_moved_is_told_beside_the_alarm(capsys: pytest.CaptureFixture[str]) -> None:
    moved = MovedFacts(styles=[StyleMove("json", 0.031, 0.188)], region=REGION)
    drift = [*hours(4), event(4, watch("alarm", leading="embedding", moved=moved))]
    show_report(report(drift, alarm(5), [Planted(at(3), "v2")], UTC), [], 0)
    told = capsys.readouterr().out
    assert "json 3.1% → 18.8%, somewhere new 2.0% → 25.0%" in told
    assert APP in told
    assert "could not be understood" not in told


def test_metrics_are_told_beside_their_null_values(capsys: pytest.CaptureFixture[str]) -> None:
    values = [Value("psi", 0.3, 0.257, 0.353)]
    pair = Comparison(
        app="a/b", name="v2\x1b[2J", reference_day="2026-08-31", day="2026-09-07", reference_n=200, n=90, values=values
    )
    show_report(report(hours(1), [], [], UTC), [pair], 3)
    told = capsys.readouterr().out
    assert "a/b, v2�[2J: 90 prompts of 2026-09-07 against 200 of 2026-08-31" in told
    assert [*told.split("null upper")[1].split()][1:5] == ["psi", "0.3", "0.257", "0.353"]
    assert "records that could not be understood: 3;" in told
