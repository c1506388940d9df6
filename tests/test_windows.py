"""Event time: windows, days, watermarks."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eddyline.observations import Source
from eddyline.windows import HOUR_MS, Watermarks, day_end, local_day, window_start

TIMES = st.integers(946_684_800_000, 4_102_444_800_000)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def _source(partition: int, offset: int, watermark_ms: int, *, idle: bool = False, topic: str = "prompts") -> Source:
    return Source(topic, partition, offset, watermark_ms, idle)


@given(TIMES, st.sampled_from([1000, 60_000, 300_000, HOUR_MS]))
def test_a_window_holds_its_start_and_not_its_end(time_ms: int, size_ms: int) -> None:
    start = window_start(time_ms, size_ms)
    assert start <= time_ms < start + size_ms
    assert window_start(start, size_ms) == start
    assert window_start(start + size_ms, size_ms) == start + size_ms


@given(TIMES, ZONES)
def test_a_day_ends_after_every_time_in_it_and_then_the_next_begins(time_ms: int, name: str) -> None:
    zone = ZoneInfo(name)
    day = local_day(time_ms, zone)
    end = day_end(day, zone)
    assert time_ms < end
    assert local_day(end - 1, zone) == day
    assert local_day(end, zone) > day


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)], ids=["spring", "autumn", "summer"]
)
def test_a_local_day_has_as_many_hours_as_the_clock_says(day: str, hours: int) -> None:
    zone = ZoneInfo("Europe/Berlin")
    start = datetime.fromisoformat(day).replace(tzinfo=zone).astimezone(UTC)
    assert day_end(day, zone) - int(start.timestamp() * 1000) == hours * HOUR_MS


def test_a_day_is_local() -> None:
    assert local_day(_ms("2026-11-21T23:30:00+00:00"), ZoneInfo("Europe/Berlin")) == "2026-11-22"


def test_nothing_is_known_until_every_source_was_heard_of() -> None:
    marks = Watermarks()
    assert (marks.current(), marks.ended(), marks.newest()) == (0, False, 0)
    marks.update({"prompts": 2}, [_source(0, 5, 900)])
    assert (marks.current(), marks.ended(), marks.newest()) == (0, False, 900)


def test_the_watermark_is_the_least_of_the_sources() -> None:
    marks = Watermarks()
    marks.update({"prompts": 2, "feedback": 1}, [_source(0, 5, 900), _source(1, 2, 700)])
    marks.update({}, [_source(0, 1, 800, topic="feedback")])
    assert (marks.current(), marks.newest()) == (700, 900)


def test_an_idle_source_is_not_asked_and_all_idle_is_the_end() -> None:
    marks = Watermarks()
    marks.update({"prompts": 2}, [_source(0, 5, 900), _source(1, 2, 700, idle=True)])
    assert (marks.current(), marks.ended()) == (900, False)
    marks.update({}, [_source(0, 5, 900, idle=True)])
    assert (marks.current(), marks.ended()) == (0, True)
    marks.update({}, [_source(1, 3, 950)])
    assert (marks.current(), marks.ended()) == (950, False)


def test_a_watermark_never_goes_back() -> None:
    marks = Watermarks()
    marks.update({"prompts": 1}, [_source(0, 5, 900)])
    marks.update({"prompts": 1}, [_source(0, 6, 100)])
    assert marks.current() == 900
    assert marks.sources["prompts", 0].offset == 6


def test_a_reader_that_is_behind_an_earlier_one_says_nothing_new() -> None:
    marks = Watermarks()
    marks.update({"prompts": 1}, [_source(0, 5, 900)])
    marks.update({"prompts": 1}, [_source(0, 3, 2000, idle=True)])
    assert marks.sources["prompts", 0] == _source(0, 5, 900)


def test_a_topic_that_grows_waits_for_its_new_partition() -> None:
    marks = Watermarks()
    marks.update({"prompts": 1}, [_source(0, 5, 900)])
    marks.update({"prompts": 2}, [])
    assert marks.current() == 0
    marks.update({"prompts": 1}, [_source(1, 0, 950)])
    assert marks.current() == 900


def test_a_topic_that_is_no_input_any_more_is_not_waited_for() -> None:
    marks = Watermarks()
    marks.update({"prompts": 1, "old": 1}, [_source(0, 1, 500)])
    assert marks.current() == 0
    marks.update({"prompts": 1}, [])
    assert marks.current() == 500
