"""The quota of dead letters: how many bytes of them a source may fill the dead-letter topic with in an hour."""

from eddyline.circuit import Source

HOUR_MS = 3_600_000


class Quota:
    """Bytes of dead letters by source, in the hour that its records have come to; a new process counts anew.

    The hour is that of the records' own timestamps, so that a backfill of a week has the quota of a week. It never goes
    back and never runs ahead of the clock: whatever times a producer makes up, it gets one quota an hour.
    """

    def __init__(self, bytes_an_hour: int) -> None:
        """Allow each source so many bytes an hour; 0 allows any number."""
        self._limit = bytes_an_hour
        self._used: dict[Source, tuple[int, int]] = {}

    def admits(self, source: Source, timestamp_ms: int, size: int, now_ms: int) -> bool:
        """Return whether a dead letter of ``size`` bytes is within the quota; if so, they are used up.

        >>> quota = Quota(100)
        >>> [quota.admits(("prompts", 0), at, 60, 2 * HOUR_MS) for at in (0, 5, HOUR_MS)]
        [True, False, True]
        """
        if not self._limit:
            return True
        hour, used = min(timestamp_ms, now_ms) // HOUR_MS, 0
        if (known := self._used.get(source)) is not None and known[0] >= hour:
            hour, used = known
        admitted = used + size <= self._limit
        self._used[source] = hour, used + size * admitted
        return admitted
