"""The wall clock without its jumps: what a worker that runs for months takes the time from.

A clock that is set wrong by an hour, and back again, must neither close windows an hour early nor turn what arrives
into dead letters. So time goes on by the monotonic clock, which nobody sets. A wall clock that has left it is believed
once it has kept its new course for ten minutes: then it was put right.
"""

from typing import NamedTuple

FOLLOWS_MS = 2_000
"""Apart by less, the wall clock is being adjusted, and is followed."""
SETTLES_MS = 600_000


class Now(NamedTuple):
    """The time, in milliseconds since 1970."""

    ms: int
    """Without jumps: what silence is measured by and what a silent source is moved to."""
    latest_ms: int
    """The later of this and the wall clock: an event after it is ahead of every clock there is."""


class Clock:
    """Readings of both clocks -> the time. Reads neither itself."""

    def __init__(self, wall_ms: int, monotonic_ms: int) -> None:
        """Believe the wall clock as it is at the start."""
        self._offset_ms = wall_ms - monotonic_ms
        self._course_ms, self._since_ms = self._offset_ms, monotonic_ms

    def now(self, wall_ms: int, monotonic_ms: int) -> Now:
        """Return the time, given what both clocks show."""
        seen_ms = wall_ms - monotonic_ms
        if abs(seen_ms - self._course_ms) > FOLLOWS_MS:
            self._since_ms = monotonic_ms
        self._course_ms = seen_ms
        if abs(seen_ms - self._offset_ms) <= FOLLOWS_MS or monotonic_ms - self._since_ms >= SETTLES_MS:
            self._offset_ms = seen_ms
        ms = monotonic_ms + self._offset_ms
        return Now(ms, max(ms, wall_ms))
