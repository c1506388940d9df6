"""Event time: tumbling windows, local days, watermarks.

A window is open-inclusive and close-exclusive: ``[start, end)``. A watermark says that no event before it is expected
any more; the watermark of several sources is the least of theirs, and an idle source is not asked.
Source: Akidau et al., "The Dataflow Model", VLDB 2015.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from eddyline import gaps
from eddyline.observations import Source

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def window_start(time_ms: int, size_ms: int) -> int:
    """Return the start of the window that holds ``time_ms``.

    >>> window_start(1_000_299_999, 300_000), window_start(1_000_200_000, 300_000)
    (1000200000, 1000200000)
    """
    return time_ms - time_ms % size_ms


def local_day(time_ms: int, zone: ZoneInfo) -> str:
    """Return the local date of a time, like ``2026-11-21``."""
    return datetime.fromtimestamp(time_ms / 1000, zone).date().isoformat()


def days_before(day: str, days: int) -> str:
    """Return an earlier date; of no day, before anything was judged, none."""
    return day and (date.fromisoformat(day) - timedelta(days=days)).isoformat()


def day_begin(day: str, zone: ZoneInfo) -> int:
    """Return when a local day begins, in milliseconds since 1970."""
    return int(datetime.fromisoformat(day).replace(tzinfo=zone).timestamp() * 1000)


def day_end(day: str, zone: ZoneInfo) -> int:
    """Return when a local day ends, in milliseconds since 1970."""
    midnight = datetime.fromisoformat(day).replace(tzinfo=zone) + timedelta(days=1)
    return int(midnight.timestamp() * 1000)


class Watermarks:
    """How far every source partition has come, as told by the records of its readers."""

    def __init__(self) -> None:
        self.inputs: dict[str, int] = {}
        self.sources: dict[tuple[str, int], Source] = {}

    def update(self, inputs: dict[str, int], sources: Iterable[Source]) -> None:
        """Take over what a record says. Watermarks and offsets never go back; a reader may be behind an earlier one.

        A topic that is no input any more, since the settings name another, is not waited for.
        """
        if inputs:
            self.inputs = {topic: max(partitions, self.inputs.get(topic, 0)) for topic, partitions in inputs.items()}
        for source in sources:
            key = (source.topic, source.partition)
            known = self.sources.get(key)
            if known is None or source.offset >= known.offset:
                self.sources[key] = _later(source, known)

    def current(self) -> int:
        """Return the watermark of all sources, in milliseconds; 0 while one of them is unknown or all are idle."""
        marks = []
        for topic, partitions in self.inputs.items():
            for partition in range(partitions):
                source = self.sources.get((topic, partition))
                if source is None:
                    return 0
                if not source.idle:
                    marks.append(source.watermark_ms)
        return min(marks, default=0)

    def gaps(self) -> dict[tuple[str, int], int]:
        """Return the gaps of the sources that have one."""
        return {place: source.gap_ms for place, source in self.sources.items() if source.gap_ms != gaps.NONE}

    def newest(self) -> int:
        """Return the newest event time that any source has reached, in milliseconds."""
        return max((source.watermark_ms for source in self.sources.values()), default=0)

    def ended(self) -> bool:
        """Whether every source is known and idle: the input has ended, as far as anyone can tell."""
        return bool(self.inputs) and all(
            (source := self.sources.get((topic, partition))) is not None and source.idle
            for topic, partitions in self.inputs.items()
            for partition in range(partitions)
        )


def _later(source: Source, known: Source | None) -> Source:
    if known is None or source.watermark_ms >= known.watermark_ms:
        return source
    return msgspec.structs.replace(source, watermark_ms=known.watermark_ms)
