"""How far a worker has read its input partitions: what watermarks are made of.

A source that has been read to its end and is silent must not hold windows open. With ``clock="live"`` it follows the
clock at a distance; with ``clock="log"`` (backfill, demo) it is declared idle and is not asked any more. Either
decision is written into the records of the observations topic, so whoever reads them again comes to the same windows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from eddyline.gaps import NONE, UNKNOWN
from eddyline.observations import Source

Partition = tuple[str, int]
HEARD = 4
"""Between two ticks, at most so great a part of the idle time counts as silence."""


@dataclass
class _Position:
    offset: int
    watermark_ms: int
    last_read_ms: int
    gap_ms: int
    idle: bool = False


class Progress:
    """The sources that one worker is assigned. Times come in as arguments: the clock is the caller's."""

    def __init__(self, clock: Literal["live", "log"], idle_ms: int, grace_ms: int = 0) -> None:
        """``grace_ms``: how far out of order events may come."""
        self._clock, self._idle_ms, self._grace_ms = clock, idle_ms, grace_ms
        self._last_tick_ms: int | None = None
        self._positions: dict[Partition, _Position] = {}

    def assign(self, starts: Mapping[Partition, int], now_ms: int, gaps: Mapping[Partition, int]) -> None:
        """Take over exactly these partitions, each with the offset at which reading starts, and the gap before it."""
        self._positions = {
            source: self._positions.get(source) or _Position(start - 1, 0, now_ms, gaps.get(source, NONE))
            for source, start in starts.items()
        }

    def miss(self, source: Partition) -> None:
        """Note that records of an assigned source are gone: up to the next event's time some may be missing."""
        self._positions[source].gap_ms = UNKNOWN

    def gap(self, source: Partition) -> int:
        """Return the gap of an assigned source."""
        return self._positions[source].gap_ms

    def read(self, source: Partition, offset: int, time_ms: int | None, now_ms: int) -> None:
        """Note that a record was read and everything that came of it is on its way; ``time_ms`` is its event's.

        A partition that was taken away meanwhile is its new reader's to speak for.
        """
        if (position := self._positions.get(source)) is None:
            return
        position.offset = max(offset, position.offset)
        position.watermark_ms = max(time_ms or 0, position.watermark_ms)
        position.last_read_ms, position.idle = now_ms, False
        if position.gap_ms == UNKNOWN and time_ms is not None:
            position.gap_ms = time_ms + self._grace_ms

    def silent(self, now_ms: int) -> set[Partition]:
        """Return the sources that nothing was read from for so long that they are idle if they are at their end."""
        return {at for at, position in self._positions.items() if now_ms - position.last_read_ms >= self._idle_ms}

    def tick(self, ends: Mapping[Partition, int], now_ms: int) -> list[Source]:
        """Return where every source is, given the offsets at which the partitions end now."""
        self._pardon(now_ms)
        for source in self.silent(now_ms):
            position = self._positions[source]
            if position.offset + 1 >= ends.get(source, position.offset + 2):
                self._advance(position, now_ms)
        return self.sources(self._positions)

    def _pardon(self, now_ms: int) -> None:
        """Do not count as silence what nobody could hear: brokers were away, or this process stood still."""
        deaf_ms = now_ms - (now_ms if self._last_tick_ms is None else self._last_tick_ms) - self._idle_ms // HEARD
        self._last_tick_ms = now_ms
        for position in self._positions.values():
            position.last_read_ms += max(0, deaf_ms)

    def _advance(self, position: _Position, now_ms: int) -> None:
        if position.gap_ms == UNKNOWN:
            position.gap_ms = now_ms
        if self._clock == "live":
            position.watermark_ms = max(position.watermark_ms, now_ms - self._idle_ms)
        else:
            position.idle = True

    def sources(self, which: Iterable[Partition]) -> list[Source]:
        """Return where the sources of ``which`` are, in order."""
        found = ((source, self._positions[source]) for source in sorted(which) if source in self._positions)
        return [Source(*source, at.offset, at.watermark_ms, at.idle, at.gap_ms) for source, at in found]
