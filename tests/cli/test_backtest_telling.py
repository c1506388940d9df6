"""A backtest for people: one part an app, what moved in words, nothing that could steer a terminal."""

import msgspec
import pytest
from tests.backtest.test_report import APP, UTC, alarm, at, event, hours, watch

from eddyline.backtest.comparison import Comparison, Value
from eddyline.backtest.report import Planted, TermMove, report
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


def test_terms_are_told_in_words_and_where_none_was_found_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = report(hours(6), [*alarm(2, 3), *alarm(4, 5)], [], UTC)
    terms = [[TermMove("trade", 27, 0.0, 0.227), TermMove("used\x1b", 25, 0.004, 0.21)], []]
    alarms = [msgspec.structs.replace(at, terms=words) for at, words in zip(found.alarms, terms, strict=True)]
    show_report([msgspec.structs.replace(found, alarms=alarms)], [], 0)
    told = capsys.readouterr().out
    assert "trade 0.0% → 22.7%, used� 0.4% → 21.0%" in told
    assert " none" in told


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
