"""The past of judge's apps in whole local days, from which season-matched baselines are made.

Fold partitions say what groups of users sent on a day; the windows that judge merges say at which hour, and bring the
sample. A day is complete when every fold partition has sent everything of it; then it is kept as a result, and in the
state for as long as a baseline may reach back. Nothing here depends on when marks come, only on how far windows are
judged.

Fields of the state, ``|`` standing for the unit separator:

============================  ==========================================================
``b:<app>|<space>|<day>``     sums by group of users of a day that is not complete
``t:<app>|<space>|<day>|<h>`` sums of an hour of such a day
``k:<app>|<space>|<day>``     the sample of such a day
``d:<app>|<space>|<day>``     a complete day
============================  ==========================================================
"""

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from eddyline import daysums, keys, samples
from eddyline.cells import GROUPS, Cell
from eddyline.changes import SEPARATOR, Journal, Result
from eddyline.daysums import HOURS, Breakdown, DaySums, WireBreakdown
from eddyline.partials import DayPartial
from eddyline.samples import Item
from eddyline.windows import day_begin, day_end, days_before, local_day

KEPT_DAYS = 35
"""How many days before the one of a window a baseline may reach back."""


class _Key(NamedTuple):
    app: str
    space_id: str
    day: str


class _Merged(msgspec.Struct, array_like=True):
    """What a ``b:`` field holds."""

    folds: list[int]
    groups: WireBreakdown


class _Hour(msgspec.Struct, array_like=True):
    """What a ``t:`` field holds."""

    sums: WireBreakdown
    volume: int
    unnamed: int
    lost: bool


class _Open:
    """A day that is not complete."""

    def __init__(self) -> None:
        self.folds: set[int] = set()
        """The fold partitions whose sums are in."""
        self.groups, self.hours = Breakdown.empty(GROUPS), Breakdown.empty(HOURS)
        self.volume, self.unnamed, self.lost = [0] * HOURS, [0] * HOURS, [False] * HOURS
        """By hour: prompts of users, those that name none, whether records are gone."""
        self.sample: list[Item] = []

    def add(self, hour: int, cell: Cell, *, lost: bool) -> None:
        self.hours.add_sums(hour, cell.gated)
        self.volume[hour] += cell.volume.n
        self.unnamed[hour] += cell.unnamed
        self.lost[hour] |= lost

    def take_sample(self, items: list[Item]) -> bool:
        """Let ``items`` into the sample; return whether it changed, which it hardly does after a day's first hours."""
        before, self.sample = self.sample, samples.bottom(self.sample + items, daysums.SAMPLE)
        return self.sample != before

    def restore_hour(self, hour: int, value: bytes) -> None:
        wire = msgspec.msgpack.decode(value, type=_Hour)
        self.hours.row(hour).merge(Breakdown.of(wire.sums, 1))
        self.volume[hour], self.unnamed[hour], self.lost[hour] = wire.volume, wire.unnamed, wire.lost

    def whole(self, day: str) -> DaySums:
        return DaySums(day, self.groups, self.hours, sum(self.volume), sum(self.unnamed), any(self.lost), self.sample)

    def pack_groups(self) -> bytes:
        return msgspec.msgpack.encode(_Merged(sorted(self.folds), self.groups.wire()))

    def pack_hour(self, hour: int) -> bytes:
        wire = _Hour(self.hours.row(hour).wire(), self.volume[hour], self.unnamed[hour], self.lost[hour])
        return msgspec.msgpack.encode(wire)

    def pack_sample(self) -> bytes:
        return msgspec.msgpack.encode(self.sample)


class PastDays:
    """The days of all apps of one partition of partials."""

    def __init__(self, zone: ZoneInfo, keep_seconds: int, journal: Journal) -> None:
        self._zone, self._keep_seconds, self._journal = zone, keep_seconds, journal
        self._open: defaultdict[_Key, _Open] = defaultdict(_Open)
        self._complete: defaultdict[tuple[str, str], dict[str, bytes]] = defaultdict(dict)
        self._today = ""
        """The day up to which all are complete."""
        self.since_ms = self.until_ms = 0
        """When that day begins and ends."""

    # What comes in

    def add_groups(self, partial: DayPartial) -> None:
        """Take in what a fold partition says of a day, once: fold repeats itself after a crash."""
        key = _Key(partial.app, partial.space_id, partial.day)
        if key.day < self._today or partial.fold in self._open[key].folds:
            return
        day = self._open[key]
        day.folds.add(partial.fold)
        day.groups.merge(Breakdown.of(partial.groups, GROUPS))
        self._journal.touch(_field("b", *key), day.pack_groups)

    def add_window(self, app: str, space_id: str, start_ms: int, cell: Cell, *, lost: bool) -> None:
        """Take in a part of a window that is judged; ``lost`` says that records of its day are gone."""
        if not cell.volume.n:
            return
        start = datetime.fromtimestamp(start_ms / 1000, self._zone)
        key = _Key(app, space_id, start.date().isoformat())
        day = self._open[key]
        day.add(start.hour, cell, lost=lost)
        self._journal.touch(_field("t", *key, str(start.hour)), lambda: day.pack_hour(start.hour))
        if day.take_sample(cell.sample):
            self._journal.touch(_field("k", *key), day.pack_sample)

    def close(self, as_of_ms: int) -> None:
        """Note that all windows which end at or before ``as_of_ms`` are judged: the days before it are complete."""
        if as_of_ms < self.until_ms:
            return
        self._today = local_day(as_of_ms, self._zone)
        self.since_ms = day_begin(self._today, self._zone)
        self.until_ms = day_end(self._today, self._zone)
        for key in sorted(key for key in self._open if key.day < self._today):
            self._complete_day(key, self._open.pop(key))
        self._expire()

    def _complete_day(self, key: _Key, day: _Open) -> None:
        packed = daysums.pack(day.whole(key.day))
        self._complete[key.app, key.space_id][key.day] = packed
        self._journal.keep(Result(keys.day(key.app, key.day), key.space_id, packed, self._keep_seconds))
        self._journal.touch(_field("d", *key), lambda: packed)
        self._journal.drop(_field("b", *key))
        self._journal.drop(_field("k", *key))
        for hour in range(HOURS):
            if day.volume[hour]:
                self._journal.drop(_field("t", *key, str(hour)))

    def _expire(self) -> None:
        oldest = days_before(self._today, KEPT_DAYS)
        for (app, space_id), days in list(self._complete.items()):
            for day in [day for day in days if day < oldest]:
                del days[day]
                self._journal.drop(_field("d", app, space_id, day))
            if not days:
                del self._complete[app, space_id]

    # What was stored

    def restore(self, kind: str, parts: list[str], value: bytes) -> None:
        """Take back a field, after :meth:`close` has said how far windows were judged.

        One of a day that was over, or had expired, is dropped: a crash came before its deletion.
        """
        key = _Key(*parts[:3])
        if key.day < (days_before(self._today, KEPT_DAYS) if kind == "d" else self._today):
            self._journal.drop(_field(kind, *parts))
            return
        match kind:
            case "d":
                self._complete[key.app, key.space_id][key.day] = value
            case "b":
                merged, day = msgspec.msgpack.decode(value, type=_Merged), self._open[key]
                day.folds, day.groups = set(merged.folds), Breakdown.of(merged.groups, GROUPS)
            case "t":
                self._open[key].restore_hour(int(parts[3]), value)
            case "k":
                self._open[key].sample = msgspec.msgpack.decode(value, type=list[Item])

    # What is asked

    def complete(
        self, app: str, space_id: str, start_ms: int, *, since: int = KEPT_DAYS, until: int = 0
    ) -> list[DaySums]:
        """Return the complete days that a window may be held against, the oldest first.

        A day without a prompt is not among them.

        Args:
            app: whose days.
            space_id: the embedding space that their sums are in.
            start_ms: when the window starts, on the local day ``d``.
            since: the first is ``d - since``, at most 35 days before it.
            until: the last is the one before ``d - until``.
        """
        today = local_day(start_ms, self._zone)
        first, end = days_before(today, since), days_before(today, until)
        found = self._complete.get((app, space_id), {})
        return [daysums.unpack(day, found[day]) for day in sorted(found) if first <= day < end]

    def knows(self, app: str, space_id: str) -> bool:
        """Whether there is a day of an app, complete or not."""
        return (app, space_id) in self._complete or any(key[:2] == (app, space_id) for key in self._open)

    def count(self) -> dict[str, int]:
        """Return how many complete days every app has, in any embedding space."""
        days: defaultdict[str, set[str]] = defaultdict(set)
        for (app, _), found in self._complete.items():
            days[app].update(found)
        return {app: len(found) for app, found in sorted(days.items())}


def _field(kind: str, *parts: str) -> str:
    return f"{kind}:{SEPARATOR.join(parts)}"
