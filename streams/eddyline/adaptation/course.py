"""The course of an app: one look at every rollout a day, and what is carried from day to day.

What is carried are the estimates at days without a deployment, and of each rollout what its looks have rejected. It is
a function of the days that were looked at, so whoever starts from the panel's first day, with the estimates from before
it, comes to the same.
"""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

import msgspec

from eddyline.adaptation import carried, placebo
from eddyline.adaptation.analysis import Analysis, analyse
from eddyline.adaptation.looks import followed, local_date
from eddyline.adaptation.panel import Panel
from eddyline.rollouts import Rollout


class _Wire(msgspec.Struct, array_like=True):
    placebos: list[bytes]
    carried: dict[str, bytes]


class _Free:
    """The days on which nothing was deployed, and nothing ended."""

    def __init__(self, rollouts: Iterable[Rollout], zone: ZoneInfo) -> None:
        times = {time_ms for rollout in rollouts for time_ms in _changes(rollout)}
        self._touched = {local_date(time_ms, zone) for time_ms in times}

    def __contains__(self, day: object) -> bool:
        return day not in self._touched


class Course:
    """What is known of one app's rollouts."""

    def __init__(self, zone: ZoneInfo, placebos: Iterable[placebo.PlaceboDay] = ()) -> None:
        """Know nothing yet, but perhaps estimates at days without a deployment; days begin in ``zone``."""
        self._zone = zone
        self.placebos = list(placebos)
        """Ascending. They are kept for longer than the panel: it cannot give the older ones anew."""
        self._carried: dict[str, carried.Carried] = {}

    def __bool__(self) -> bool:
        """Whether anything is carried."""
        return bool(self.placebos or self._carried)

    def step(self, panel: Panel, rollouts: list[Rollout], day: int) -> list[Analysis]:
        """Look at every rollout that is followed as of the end of a day; days come one after the other.

        Args:
            panel: the app's days, up to this one.
            rollouts: that began until its end, as they are known.
            day: the local date, as its proleptic ordinal.
        """
        self.placebos = placebo.step(self.placebos, panel, day, _Free(rollouts, self._zone))
        before, self._carried = self._carried, {}
        found = []
        for rollout in rollouts:
            if day in followed(rollout, self._zone):
                key = f"{rollout.effective_ms} {rollout.deployment}"
                known = before.get(key) or carried.fresh()
                found.append(analyse(rollout, panel, self.placebos, day, known, self._zone))
                self._carried[key] = found[-1].carried
        return found

    def pack(self) -> bytes:
        """Return what is carried, as it is stored."""
        known = {key: carried.pack(value) for key, value in self._carried.items()}
        return msgspec.msgpack.encode(_Wire([placebo.pack(found) for found in self.placebos], known))

    @classmethod
    def unpack(cls, zone: ZoneInfo, value: bytes) -> "Course":
        """Return the course that was stored."""
        wire = msgspec.msgpack.decode(value, type=_Wire)
        course = cls(zone, map(placebo.unpack, wire.placebos))
        course._carried = {key: carried.unpack(packed) for key, packed in wire.carried.items()}
        return course


def _changes(rollout: Rollout) -> Iterable[int]:
    yield from (wave.effective_ms for wave in rollout.waves)
    if rollout.end_ms is not None:
        yield rollout.end_ms
