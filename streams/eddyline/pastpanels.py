"""The panels of judge's apps, day by day: what every deployment's before and after are taken from.

Fold partitions say which panel users wrote what on a day. Once all of them have sent everything of it, the day is
complete: cut to the users with the smallest ranks, and kept as columns for as long as the settings say. This is the one
place where the panel is stored; reports and exports read it from the state.

Fields of the state, ``|`` standing for the unit separator:

============================  ==========================================================
``n:<app>|<day>|<fold>|<p>``  part ``p`` of what a fold partition says of a day that is not complete
``p:<app>|<day>``             a complete day, see :mod:`eddyline.paneldays`
============================  ==========================================================
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from eddyline import paneldays, partials
from eddyline.changes import SEPARATOR, Journal
from eddyline.errors import EddylineError
from eddyline.paneldays import PanelDay
from eddyline.partials import PanelPartial
from eddyline.windows import day_begin, days_before, local_day


class StoredPanel:
    """The complete days of one app, unpacked when they are asked for: unpacked they would take ten times the memory."""

    def __init__(self, days: Mapping[str, bytes], today: str) -> None:
        """Take packed days by date; ``today`` is the date after the last complete day."""
        self._days, self._today = days, today

    def day(self, ordinal: int) -> PanelDay | None:
        """Return a day, None where no panel user wrote anything on it."""
        packed = self._days.get(date.fromordinal(ordinal).isoformat())
        return None if packed is None else paneldays.unpack(packed)

    def known(self) -> range:
        """Return which days are known, also those without a row: from the first stored one on."""
        today = date.fromisoformat(self._today).toordinal()
        return range(min((date.fromisoformat(day).toordinal() for day in self._days), default=today), today)


class PanelPolicy(NamedTuple):
    """How many users, for how many days, and what a day is."""

    users: int
    keep_days: int
    zone: ZoneInfo


class PastPanels:
    """The panels of all apps of one partition of partials."""

    def __init__(self, policy: PanelPolicy, journal: Journal) -> None:
        self._policy, self._journal = policy, journal
        self._waiting: defaultdict[tuple[str, str], dict[tuple[int, int], PanelPartial]] = defaultdict(dict)
        self._complete: defaultdict[str, dict[str, bytes]] = defaultdict(dict)
        self._today = ""
        """The day up to which all are complete."""

    def add(self, partial: PanelPartial) -> None:
        """Take in a part of a day; fold repeats itself after a crash, and sends more of a day that went on."""
        if partial.day < self._today:
            return
        self._waiting[partial.app, partial.day][partial.fold, partial.part] = partial
        name = _field("n", partial.app, partial.day, str(partial.fold), str(partial.part))
        self._journal.touch(name, lambda: partials.pack(partial))

    def close(self, as_of_ms: int, lost: Callable[[int], bool]) -> None:
        """Complete the days that end at or before ``as_of_ms``; forget those that are too old.

        Args:
            as_of_ms: up to when all windows are judged.
            lost: whether records of the windows that start at or after a time may be gone.
        """
        self.resume(as_of_ms)
        for app, day in sorted(key for key in self._waiting if key[1] < self._today):
            self._complete_day(app, day, self._waiting.pop((app, day)), lost)
        self._expire()

    def _complete_day(
        self, app: str, day: str, parts: dict[tuple[int, int], PanelPartial], lost: Callable[[int], bool]
    ) -> None:
        start_ms = day_begin(day, self._policy.zone)
        rows = [row for key in sorted(parts) for row in parts[key].rows]
        ordinal = date.fromisoformat(day).toordinal()
        packed = paneldays.pack(paneldays.of_rows(ordinal, rows, self._policy.users, lost=lost(start_ms)))
        self._complete[app][day] = packed
        self._journal.touch(_field("p", app, day), lambda: packed)
        for fold, part in parts:
            self._journal.drop(_field("n", app, day, str(fold), str(part)))

    def _expire(self) -> None:
        oldest = self._oldest()
        for app, days in list(self._complete.items()):
            for day in [day for day in days if day < oldest]:
                del days[day]
                self._journal.drop(_field("p", app, day))
            if not days:
                del self._complete[app]

    def _oldest(self) -> str:
        return days_before(self._today, self._policy.keep_days)

    # What was stored

    def resume(self, as_of_ms: int) -> None:
        """Note that all days before ``as_of_ms`` are complete, before what was stored is taken back."""
        self._today = local_day(as_of_ms, self._policy.zone)

    def restore(self, kind: str, parts: list[str], value: bytes) -> None:
        """Take back a field, after :meth:`resume`.

        One of a day that was over, or had expired, is dropped: a crash came before its deletion.
        """
        app, day = parts[:2]
        if day < (self._oldest() if kind == "p" else self._today):
            self._journal.drop(_field(kind, *parts))
        elif kind == "p":
            self._complete[app][day] = value
        else:
            self._waiting[app, day][int(parts[2]), int(parts[3])] = _partial(value)

    # What is asked

    def __len__(self) -> int:
        """Return how many apps have a day."""
        return len(self.apps())

    def apps(self) -> list[str]:
        """Return the apps that have a complete day, or one that goes on."""
        return sorted(self._complete.keys() | {app for app, _ in self._waiting})

    def __contains__(self, app: str) -> bool:
        """Whether an app has a day."""
        return app in self._complete or any(app == other for other, _ in self._waiting)

    def of(self, app: str) -> StoredPanel:
        """Return the complete days of an app."""
        return StoredPanel(self._complete.get(app, {}), self._today)


def _partial(value: bytes) -> PanelPartial:
    found = partials.unpack(value)
    if not isinstance(found, PanelPartial):
        raise EddylineError("a stored part of a panel is none")
    return found


def _field(kind: str, *parts: str) -> str:
    return f"{kind}:{SEPARATOR.join(parts)}"
