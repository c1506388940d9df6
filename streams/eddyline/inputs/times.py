"""Event times as producers write them: RFC 3339, or seconds or milliseconds since 1970."""

import re
from datetime import UTC, datetime, timedelta

from eddyline.errors import DeadLetter

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST_MS = 946_684_800_000
"""2000-01-01: an older time is a mistake (seconds read as milliseconds, a zero)."""
SECONDS_BELOW = 1e11
"""A number below is seconds (until the year 5138), from there on milliseconds (since 1973)."""
TOO_LARGE = 1e15
"""Microseconds since 2001, or nanoseconds: read as milliseconds they would be the year 33658 or later."""

_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,12})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def parse_time(value: object, *, latest_ms: int) -> int:
    """Return milliseconds since 1970 of an RFC 3339 text with an offset, or of epoch seconds or milliseconds.

    Raises:
        DeadLetter: ``bad_timestamp`` (no time since 2000) or ``future_timestamp`` (after ``latest_ms``).

    >>> parse_time("2026-11-21T09:00:00.5+01:00", latest_ms=2_000_000_000_000)
    1795248000500
    >>> parse_time(1795248000, latest_ms=2_000_000_000_000)
    1795248000000
    """
    time_ms = _from_text(value) if isinstance(value, str) else _from_number(value)
    if time_ms < EARLIEST_MS:
        raise DeadLetter("bad_timestamp", "the time is before the year 2000")
    if time_ms > latest_ms:
        raise DeadLetter("future_timestamp", f"the time is {(time_ms - latest_ms) / 1000:.0f} s too far ahead")
    return time_ms


def _from_text(text: str) -> int:
    if _RFC_3339.fullmatch(text):
        try:
            return (datetime.fromisoformat(text.upper()) - EPOCH) // timedelta(milliseconds=1)
        except ValueError:  # a date that does not exist, a leap second
            pass
    raise DeadLetter("bad_timestamp", "the time must be RFC 3339 with an offset, like 2026-11-21T09:00:00Z")


def _from_number(value: object) -> int:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < TOO_LARGE:
        return round(value * 1000) if abs(value) < SECONDS_BELOW else round(value)
    raise DeadLetter("bad_timestamp", "the time must be RFC 3339 or a number of seconds or milliseconds since 1970")
