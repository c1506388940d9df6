"""Clocks that are wrong, partitions that are silent or behind, times that are none: what became of good events."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import traffic
from tests.invariant.live import (
    GRACE_MS,
    HOUR_MS,
    IDLE_MS,
    MINUTE_MS,
    SETTINGS,
    START_MS,
    WINDOW_MS,
    drift,
    event_time,
    play,
    produced,
    reasons,
)
from tests.stages import Outputs, Stages, TiledEncoder, records_of, run
from tests.traffic import Line

from eddyline.outputs.cloudevent import rfc3339

LINES = traffic.stream(prompts=150, users=40, hours=2, seed=3)
TOPICS = sorted({topic for topic, _ in LINES})
PARTITIONS = dict.fromkeys(TOPICS, 1) | {"prompts": 2}
"""Prompts of good producers fall to both partitions; a producer of our own writes to the one that a test names."""
Event = tuple[int, str, int, dict[str, Any] | bytes]


@pytest.fixture(scope="module")
def expected() -> Outputs:
    """Give what comes of the stream when all clocks are right and nobody is late."""
    found = play(produced(good()), PARTITIONS)
    assert sum(data["n"] for data in drift(found)) == 150
    assert sum(data["late"] for data in drift(found)) == 0
    return found


def good(partitions: Mapping[str, int] = PARTITIONS) -> list[Event]:
    """Return the stream as it is produced, an event as it happens; announcements when they take effect."""
    records = records_of(LINES, partitions)
    return [
        (event_time(line), record.topic, record.partition, line[1]) for line, record in zip(LINES, records, strict=True)
    ]


def prompts(times: range, *, ahead_ms: int = 0, partition: int = 0, deployment: str = "v9") -> list[Event]:
    """Return prompts written at ``times`` by a producer whose clock is ahead by so much."""
    fields = {"prompt": "where is it?", "app": "other", "deployment": deployment}
    return [
        (at, "prompts", partition, {"id": f"{deployment}-{at}", "ts": at + ahead_ms, "user": f"u{at}", **fields})
        for at in times
    ]


def of_app(outputs: Outputs, app: str) -> list[dict[str, Any]]:
    return [data for data in drift(outputs) if data["app"] == f"{app}/production"]


# Producers' clocks


def test_a_producer_an_hour_ahead_is_refused_and_drags_no_watermark(expected: Outputs) -> None:
    ahead = prompts(range(START_MS + 20 * MINUTE_MS, START_MS + 90 * MINUTE_MS, MINUTE_MS), ahead_ms=HOUR_MS)
    found = play(produced(good() + ahead), PARTITIONS)
    assert reasons(found) == {"future_timestamp": len(ahead)}
    assert without_dead_letters(found) == expected


def test_a_producer_a_little_ahead_is_believed_and_moves_no_watermark_past_the_clock(expected: Outputs) -> None:
    """Five minutes are allowed by default."""
    ahead = prompts(range(START_MS + 20 * MINUTE_MS, START_MS + 90 * MINUTE_MS, MINUTE_MS), ahead_ms=4 * MINUTE_MS)
    found = play(produced(good() + ahead), PARTITIONS)
    assert sum(data["n"] for data in of_app(found, "other")) == len(ahead)
    assert of_app(found, "support") == drift(expected)
    assert found["eddyline.scores.v1"] == expected["eddyline.scores.v1"]


def test_a_producer_an_hour_behind_among_others_is_late_in_the_window_that_is_open(expected: Outputs) -> None:
    times = range(START_MS + 70 * MINUTE_MS, START_MS + 90 * MINUTE_MS, MINUTE_MS)
    found = play(produced(good() + prompts(times, ahead_ms=-HOUR_MS)), PARTITIONS)
    late = of_app(found, "other")
    assert (sum(data["late"] for data in late), sum(data["n"] for data in late)) == (len(times), 0)
    assert of_app(found, "support") == drift(expected)
    starts = [START_MS + number * WINDOW_MS for number in range(24)]
    behind = WINDOW_MS + GRACE_MS + IDLE_MS + MINUTE_MS
    open_then = {start for start in starts for at in times if at - behind < start <= at}
    assert {window_start(data) for data in late} <= open_then


def test_a_producer_an_hour_behind_alone_on_its_partition_holds_windows_open_and_loses_nothing() -> None:
    """As long as it speaks: a partition that is silent for ``windows.idle_seconds`` follows the clock."""
    apart = [event for event in good() if event[1:3] != ("prompts", 1)]
    times = range(START_MS, START_MS + 100 * MINUTE_MS, IDLE_MS // 2)
    alone = prompts(times, ahead_ms=-HOUR_MS, partition=1)
    arrivals = produced(apart + alone)
    held = play(arrivals, PARTITIONS, until_ms=times[-1])
    assert max(map(window_start, drift(held))) < times[-1] - HOUR_MS
    found = drift(play(arrivals, PARTITIONS))
    assert sum(data["late"] for data in found) == 0
    assert sum(data["n"] for data in found) == sum(topic == "prompts" for _, topic, _, _ in apart + alone)


def window_start(data: dict[str, Any]) -> int:
    return int(datetime.fromisoformat(data["window"]["start"]).timestamp() * 1000)


def without_dead_letters(outputs: Outputs) -> Outputs:
    return {topic: found for topic, found in outputs.items() if topic != SETTINGS.topics.dead_letters}


# Times that are none

AN_HOUR_LATER = START_MS + HOUR_MS
BAD_TIMES = {
    "year 9999": (b'"9999-12-31T23:59:59Z"', "future_timestamp"),
    "year 9999 in ms": (b"253402300799000", "future_timestamp"),
    "year 1": (b'"0001-01-01T00:00:00+14:00"', "bad_timestamp"),
    "leap second": (b'"2026-11-02T00:59:60Z"', "bad_timestamp"),
    "nanoseconds": (b"%d000000" % AN_HOUR_LATER, "bad_timestamp"),
    "microseconds": (b"%d000" % AN_HOUR_LATER, "bad_timestamp"),
    "minutes": (b"%d" % (AN_HOUR_LATER // MINUTE_MS), "bad_timestamp"),
    "negative": (b"-%d" % AN_HOUR_LATER, "bad_timestamp"),
    "300 digits": (b"1" * 300, "bad_timestamp"),
    "5000 digits": (b"1" * 5000, "bad_json"),
    "true": (b"true", "bad_timestamp"),
    "without an offset": (b'"2026-11-02T01:00:00"', "bad_timestamp"),
    "NaN as text": (b'"NaN"', "bad_timestamp"),
    "NaN": (b"NaN", "bad_json"),
    "Infinity": (b"-Infinity", "bad_json"),
}


@pytest.mark.parametrize("name", BAD_TIMES)
def test_a_time_that_is_none_becomes_a_dead_letter_and_moves_nothing(expected: Outputs, name: str) -> None:
    value, reason = BAD_TIMES[name]
    times = range(START_MS + 10 * MINUTE_MS, START_MS + 100 * MINUTE_MS, 10 * MINUTE_MS)
    bad: list[Event] = [(at, "prompts", 0, b'{"prompt": "p", "id": "x", "ts": %s}' % value) for at in times]
    found = play(produced(good() + bad), PARTITIONS)
    assert reasons(found) == {reason: len(bad)}
    assert without_dead_letters(found) == expected


def test_seconds_milliseconds_and_text_are_the_same_time(expected: Outputs) -> None:
    forms: list[Callable[[int], object]] = [int, lambda ms: ms / 1000, rfc3339]
    mixed: list[Event] = []
    for number, (at, topic, partition, event) in enumerate(good()):
        assert isinstance(event, dict)
        time = {name: forms[number % 3](event[name]) for name in ("ts", "effective_at") if name in event}
        mixed.append((at, topic, partition, event | time))
    assert play(produced(mixed), PARTITIONS) == expected


# Partitions that are silent or behind


def test_a_partition_that_was_silent_for_an_hour_loses_nothing_when_it_speaks_again() -> None:
    silent = range(START_MS + 20 * MINUTE_MS, START_MS + 80 * MINUTE_MS)
    events = [event for event in good() if event[1:3] != ("prompts", 1) or event[0] not in silent]
    arrivals = produced(events)
    found = drift(play(arrivals, PARTITIONS))
    assert sum(data["late"] for data in found) == 0
    assert sum(data["n"] for data in found) == sum(topic == "prompts" for _, topic, _, _ in events)
    meanwhile = drift(play(arrivals, PARTITIONS, until_ms=silent[-1]))
    assert max(map(window_start, meanwhile)) > silent[-1] - 3 * WINDOW_MS


def test_a_partition_that_is_read_an_hour_behind_and_catches_up_changes_no_byte(expected: Outputs) -> None:
    assert play(produced(good(), lag_ms={("prompts", 1): HOUR_MS}), PARTITIONS) == expected


LAGS = st.dictionaries(
    st.sampled_from([(topic, at) for topic, count in PARTITIONS.items() for at in range(count)]),
    st.integers(0, HOUR_MS),
)


@settings(max_examples=10)
@given(LAGS)
def test_however_far_partitions_are_behind_no_byte_changes(expected: Outputs, lags: dict[tuple[str, int], int]) -> None:
    assert play(produced(good(), lag_ms=lags), PARTITIONS) == expected


# The worker's own clock


@pytest.mark.parametrize("jump", [HOUR_MS, -HOUR_MS])
def test_a_worker_whose_clock_jumps_and_comes_back_changes_no_byte(expected: Outputs, jump: int) -> None:
    wrong = range(START_MS + 40 * MINUTE_MS, START_MS + 49 * MINUTE_MS)
    found = play(produced(good()), PARTITIONS, wall=lambda now: now + jump * (now in wrong))
    assert found == expected


def test_a_clock_that_jumps_in_a_silent_night_makes_the_morning_not_late() -> None:
    """While nobody speaks the clock alone moves the watermark."""
    night = range(START_MS + 20 * MINUTE_MS, START_MS + 90 * MINUTE_MS)
    events = [event for event in good() if event[0] not in night]
    wrong = range(START_MS + 80 * MINUTE_MS, START_MS + 89 * MINUTE_MS)
    found = drift(play(produced(events), PARTITIONS, wall=lambda now: now + HOUR_MS * (now in wrong)))
    assert sum(data["late"] for data in found) == 0
    assert sum(data["n"] for data in found) == sum(topic == "prompts" for _, topic, _, _ in events)


@settings(max_examples=10)
@given(st.lists(st.tuples(st.integers(0, 120), st.integers(-HOUR_MS, HOUR_MS)), max_size=4))
def test_whenever_it_jumps_for_less_than_ten_minutes_no_byte_changes(
    expected: Outputs, jumps: list[tuple[int, int]]
) -> None:
    spells = [(range(START_MS + at * MINUTE_MS + 1, START_MS + (at + 9) * MINUTE_MS), jump) for at, jump in jumps]
    found = play(
        produced(good()), PARTITIONS, wall=lambda now: now + next((jump for spell, jump in spells if now in spell), 0)
    )
    assert found == expected


# Order

FEW = traffic.stream(prompts=8, users=3, hours=0.2, seed=4)


@settings(max_examples=1000)
@given(st.lists(st.integers(0, GRACE_MS - 1), min_size=len(FEW), max_size=len(FEW)), st.sampled_from([4, 16]))
def test_events_out_of_order_within_grace_give_the_bytes_of_sorted_ones(delays: list[int], batch: int) -> None:
    arriving = sorted(zip(FEW, delays, strict=True), key=lambda pair: event_time(pair[0]) + pair[1])
    assert by_the_log([line for line, _ in arriving], batch) == IN_ORDER


def by_the_log(lines: list[Line], batch: int) -> Outputs:
    partitions = dict.fromkeys(TOPICS, 1)
    stages = Stages(SETTINGS, TiledEncoder(), START_MS + 10**9)
    return run(records_of(lines, partitions), stages, partitions, batch=batch, ticks=2)


IN_ORDER = by_the_log(FEW, 64)
