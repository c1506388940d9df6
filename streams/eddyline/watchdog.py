"""Tells a worker that is stuck from one that has nothing to do."""

from collections.abc import Mapping
from typing import NamedTuple

Place = tuple[str, str, int]
"""(stage, topic, partition)."""


class Sight(NamedTuple):
    """Where a stage stands in a partition."""

    position: int | None
    """Offset of the first record that it has not dealt with; None when it could not be asked."""
    end: int
    """Offset that the next record of the partition will have."""
    paused: bool = False
    """It is meant to stand still: its circuit is open."""


class Stall(NamedTuple):
    """A partition with records to read in which nothing moves."""

    place: Place
    position: int
    end: int
    seconds: float

    def __str__(self) -> str:
        stage, topic, partition = self.place
        return (
            f"{stage} has stood at offset {self.position} of {topic}-{partition} for {self.seconds:.0f} s, "
            f"with records up to {self.end - 1} to read"
        )


class _Known(NamedTuple):
    position: int
    since_s: float


class Watchdog:
    """Remembers since when each partition stands still. One that is read to its end, or paused, never does."""

    def __init__(self, stall_seconds: float) -> None:
        self._stall_seconds = stall_seconds
        self._known: dict[Place, _Known] = {}

    def look(self, seen: Mapping[Place, Sight], now_s: float) -> list[Stall]:
        """Take note of all assigned partitions; return those that have stood still for too long.

        A partition that is not in ``seen`` is another worker's by now and forgotten. One whose position could not be
        asked counts as where it was; ``now_s`` is of a clock that never goes back.
        """
        self._known = {place: self._note(place, sight, now_s) for place, sight in seen.items()}
        return [
            Stall(place, at.position, seen[place].end, now_s - at.since_s)
            for place, at in self._known.items()
            if now_s - at.since_s >= self._stall_seconds
        ]

    def forget(self) -> None:
        """Start anew: nothing could be seen, so that nothing is known of what stood still meanwhile."""
        self._known.clear()

    def _note(self, place: Place, sight: Sight, now_s: float) -> _Known:
        before = self._known.get(place)
        position = sight.position
        if position is None:
            position = before.position if before else -1
        if before is None or position != before.position or position >= sight.end or sight.paused:
            return _Known(position, now_s)
        return before
