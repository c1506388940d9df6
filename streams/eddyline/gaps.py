"""Gaps: events that were gone before anybody could count them.

A gap is known by its end, an event time in milliseconds: windows that start before it may miss events.
"""

from collections.abc import Iterable

NONE = 0
UNKNOWN = -1
"""Events are missing, and nobody can tell yet up to when."""


def latest(gaps: Iterable[int]) -> int:
    """Return the gap that covers all of ``gaps``.

    >>> latest([]), latest([NONE, 5, 3]), latest([5, UNKNOWN])
    (0, 5, -1)
    """
    found = list(gaps)
    return UNKNOWN if UNKNOWN in found else max(found, default=NONE)


def covers(gap: int, start_ms: int) -> bool:
    """Whether a window that starts at ``start_ms`` may miss events."""
    return gap == UNKNOWN or start_ms < gap
