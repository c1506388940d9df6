"""Where stages stand, and what doctor says of it."""

import pytest

from eddyline.cli.doctor import stage_findings
from eddyline.cli.lag import rows
from eddyline.cli.positions import Position

NOW = 1_795_248_000_000


def at(position: int, *, first: int = 0, end: int = 100, since: int | None = None, stage: str = "fold") -> Position:
    return Position(stage, "topic", 3, first, end, position, since)


def test_lag_is_what_is_left_to_read() -> None:
    assert (at(90).lag, at(100).lag, at(0, first=40).lag) == (10, 0, 60)


@pytest.mark.parametrize(
    ("position", "seconds"),
    [(at(100), 0.0), (at(90, since=NOW - 2500), 2.5), (at(90, since=NOW + 9), 0.0), (at(90), None)],
    ids=["nothing waits", "a record waits", "a clock ahead", "no timestamp"],
)
def test_seconds_are_since_the_next_record_was_written(position: Position, seconds: float | None) -> None:
    (row,) = rows([position], NOW)
    assert row["seconds"] == seconds


def test_a_short_queue_is_fine() -> None:
    found = list(stage_findings("fold", [at(99, since=NOW - 300), at(100)], NOW))
    assert [(finding.state, finding.message) for finding in found] == [("ok", "fold is 1 records and 0.3 s behind")]


def test_a_long_queue_is_wrong_and_says_what_to_do() -> None:
    (finding,) = stage_findings("encode", [at(0, since=NOW - 3_600_000, stage="encode")], NOW)
    assert finding.state == "wrong"
    assert "100 records and 3600 s behind" in finding.message
    assert "eddyline worker --stage encode" in finding.message


def test_records_that_are_gone_before_they_were_read_are_wrong() -> None:
    wrong, queue = stage_findings("fold", [at(10, first=40, since=NOW)], NOW)
    assert (wrong.state, queue.state) == ("wrong", "ok")
    assert wrong.message == (
        "fold is at offset 10 of topic-3, but records up to 39 are gone: "
        "it goes on with what is left, and the windows that miss them say so"
    )


def test_a_state_ahead_of_its_topic_is_wrong() -> None:
    (wrong, _) = stage_findings("judge", [at(500, stage="judge")], NOW)
    assert "the topic was made anew: 'eddyline state rebuild judge 3'" in wrong.message


def test_an_input_that_was_made_anew_needs_a_rebuild() -> None:
    fault = at(500, stage="encode").fault
    assert fault is not None
    assert "eddyline state rebuild encode" in fault
