"""An app's own recent history, from which references are taken when there is no eval set.

Hours of gated sums with a bottom-k sample, kept for a day and two hours, per embedding space. The sample of a day is
the bottom-256 of its hours' bottom-64: exact unless one hour holds more than a quarter of the day's smallest hashes.
"""

from collections.abc import Iterable

import msgspec

from eddyline import cells, samples
from eddyline.cells import Cell, Sums
from eddyline.references import ITEMS, Reference
from eddyline.samples import Item
from eddyline.windows import DAY_MS, HOUR_MS, window_start

KEPT_MS = DAY_MS + 2 * HOUR_MS


class _Wire(msgspec.Struct, array_like=True):
    sums: bytes
    items: list[Item]
    builds: list[str]


class Hour:
    """The gated prompts of one hour of an app."""

    def __init__(self) -> None:
        self.sums, self.items, self.builds = Sums.empty(), list[Item](), set[str]()

    def add(self, cell: Cell) -> None:
        """Add a closed window."""
        self.sums.merge(cell.gated)
        self.items = samples.bottom(self.items + cell.sample, cells.SAMPLE)
        self.builds |= cell.builds

    def pack(self) -> bytes:
        """Return the hour as msgpack."""
        return msgspec.msgpack.encode(_Wire(cells.pack_sums(self.sums), self.items, sorted(self.builds)))

    @classmethod
    def unpack(cls, value: bytes) -> "Hour":
        """Return the hour in ``value``."""
        wire, hour = msgspec.msgpack.decode(value, type=_Wire), cls()
        hour.sums, hour.items, hour.builds = cells.unpack_sums(wire.sums), wire.items, set(wire.builds)
        return hour


class History:
    """The hours of one app in one embedding space."""

    def __init__(self, space_id: str) -> None:
        self.space_id = space_id
        self.hours: dict[int, Hour] = {}

    def add(self, start_ms: int, cell: Cell) -> int:
        """Add a closed window; return the start of the hour that changed."""
        hour = window_start(start_ms, HOUR_MS)
        self.hours.setdefault(hour, Hour()).add(cell)
        return hour

    def expire(self, now_ms: int) -> list[int]:
        """Forget old hours; return their starts."""
        gone = [hour for hour in self.hours if hour < now_ms - KEPT_MS]
        for hour in gone:
            del self.hours[hour]
        return gone

    def before(self, time_ms: int) -> Reference:
        """Return the reference of the day before ``time_ms``, as far as it is known then."""
        return self._reference(time_ms - DAY_MS, time_ms)

    def after(self, time_ms: int) -> Reference:
        """Return the reference of the day from ``time_ms`` on."""
        return self._reference(time_ms, time_ms + DAY_MS)

    def day_before(self, time_ms: int) -> dict[int, Hour]:
        """Return the hours of the day before ``time_ms`` by their starts, as far as they are known then."""
        return self._between(time_ms - DAY_MS, time_ms)

    def _between(self, start_ms: int, end_ms: int) -> dict[int, Hour]:
        first = window_start(start_ms, HOUR_MS)
        return {start: hour for start, hour in sorted(self.hours.items()) if first <= start < end_ms}

    def _reference(self, start_ms: int, end_ms: int) -> Reference:
        merged = _merge(self._between(start_ms, end_ms).values())
        id_ = f"{start_ms}-{end_ms}"
        items = samples.bottom(merged.items, ITEMS)
        return Reference("history", id_, self.space_id, sorted(merged.builds), merged.sums, items)


def _merge(hours: Iterable[Hour]) -> Hour:
    merged = Hour()
    for hour in hours:
        merged.sums.merge(hour.sums)
        merged.items = merged.items + hour.items
        merged.builds |= hour.builds
    return merged
