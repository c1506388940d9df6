"""Event times: what is read as which time, and what is refused."""

from collections.abc import Callable

import pytest

from eddyline.errors import DeadLetter
from eddyline.inputs.times import parse_time

NOW_MS = 1_795_248_000_000
LATEST_MS = NOW_MS + 300_000


@pytest.mark.parametrize(
    ("value", "time_ms"),
    [
        ("2026-11-21T08:00:00Z", NOW_MS),
        ("2026-11-21T08:00:00z", NOW_MS),
        ("2026-11-21t08:00:00z", NOW_MS),
        ("2026-11-21 08:00:00+00:00", NOW_MS),
        ("2026-11-21T13:30:00+05:30", NOW_MS),
        ("2026-11-20T18:00:00-14:00", NOW_MS),
        ("2026-11-21T08:00:00.5Z", NOW_MS + 500),
        ("2026-11-21T08:00:00.123456789Z", NOW_MS + 123),
        ("2000-01-01T00:00:00Z", 946_684_800_000),
        (1_795_248_000, NOW_MS),
        (1_795_248_000.25, NOW_MS + 250),
        (1_795_248_000_000, NOW_MS),
        (1_795_248_000_000.0, NOW_MS),
        (LATEST_MS, LATEST_MS),
    ],
)
def test_a_time_is_read(value: object, time_ms: int) -> None:
    assert parse_time(value, latest_ms=LATEST_MS) == time_ms


@pytest.mark.parametrize(
    "value",
    [
        "",
        "now",
        "2026-11-21",
        "2026-11-21T08:00:00",
        "2026-11-21T08:00Z",
        "20261121T080000Z",
        "2026-W47-6T08:00:00Z",
        "2026-11-21T08:00:60Z",
        "2026-11-21T24:00:00Z",
        "2026-02-30T08:00:00Z",
        "2026-11-21T08:00:00+25:00",
        "2026-11-21T08:00:00+05:30:15",
        "2026-11-21T08:00:00Z\n",
        " 2026-11-21T08:00:00Z",
        "2026-11-21T08:00:00.Z",
        "2026-11-21T08:00:00." + "1" * 100_000 + "Z",
        "٢٠٢٦-11-21T08:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00x",
        "1969-12-31T23:59:59Z",
        "1999-12-31T23:59:59Z",
        "1795248000",
        0,
        -1,
        -1e308,
        1,
        946_684_799,
        1_795_248_000_000_000,
        1_795_248_000_000_000_000,
        2**64 - 1,
        10**5000,
        1e300,
        float("nan"),
        float("inf"),
        float("-inf"),
        True,
        False,
        None,
        [],
        {},
        ["2026-11-21T08:00:00Z"],
    ],
    ids=lambda value: repr(value)[:30] if not isinstance(value, int) or value < 2**64 else "huge",
)
def test_what_is_no_time_since_2000_is_refused(value: object) -> None:
    with pytest.raises(DeadLetter) as caught:
        parse_time(value, latest_ms=LATEST_MS)
    assert caught.value.reason == "bad_timestamp"


@pytest.mark.parametrize(
    "value",
    [
        LATEST_MS + 1,
        "2026-11-21T08:05:00.001Z",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59.999999-14:00",
        9.9e10,
        999_999_999_999_999,
    ],
)
def test_a_time_that_is_too_far_ahead_is_refused(value: object) -> None:
    with pytest.raises(DeadLetter) as caught:
        parse_time(value, latest_ms=LATEST_MS)
    assert caught.value.reason == "future_timestamp"


@pytest.mark.parametrize("ts", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"1" * 5000, b"0x10", b"01", b"+1"])
def test_a_number_that_json_does_not_know_is_no_json(reason: Callable[..., str], ts: bytes) -> None:
    assert reason(b'{"prompt": "hello", "ts": ' + ts + b"}") == "bad_json"


@pytest.mark.parametrize(("ts", "expected"), [(b"1" * 300, "bad_timestamp"), (b"1795248000e0", "accepted")])
def test_unusual_numbers_of_json_are_read(reason: Callable[..., str], ts: bytes, expected: str) -> None:
    assert reason(b'{"prompt": "hello", "ts": ' + ts + b"}") == expected
