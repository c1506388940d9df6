"""Tables, for people and for programs."""

import orjson
import pytest

from eddyline.cli import screen

ROWS = [
    {"stage": "fold", "lag": 12, "seconds": 1.26, "closed_ms": 1_795_248_000_000, "days": ["a", "b"]},
    {"stage": "judge\x1b[2J", "lag": 3, "seconds": None, "closed_ms": 0, "days": []},
]


def test_rows_become_a_table_with_dates_counts_and_dashes(capsys: pytest.CaptureFixture[str]) -> None:
    screen.show_rows(ROWS, as_json=False)
    heading, _, fold, judge = capsys.readouterr().out.splitlines()
    assert heading.split() == ["stage", "lag", "seconds", "closed", "days"]
    assert fold.split() == ["fold", "12", "1.3", "2026-11-21T08:00:00.000Z", "2"]
    assert judge.split() == ["judge\ufffd[2J", "3", "-", "-", "0"]


def test_rows_as_json_are_what_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    screen.show_rows(ROWS, as_json=True)
    assert orjson.loads(capsys.readouterr().out) == ROWS


def test_a_table_without_rows_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    screen.show_rows([], as_json=False)
    assert capsys.readouterr().out.strip() == ""


def test_one_row_is_told_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    screen.show(screen.facts({"days": ["a", "b"], "apps": {"x/y": ["v1", "v2"]}, "none": []}))
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["days", "a"],
        ["b"],
        ["apps", "x/y", "v1,", "v2"],
        ["none", "-"],
    ]


def test_nothing_is_cut_or_coloured_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    screen.show_rows([{"a": "x" * 500, "b": 1}], as_json=False)
    out = capsys.readouterr().out
    assert "x" * 500 in out
    assert "\x1b" not in out


def test_there_is_no_progress_bar_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with screen.progress_bar("encoding", 2) as done:
        done(1)
        done(2)
    assert capsys.readouterr() == ("", "")
