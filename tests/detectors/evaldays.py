"""Simulated towns as judge keeps them, with eval sets, and a watch over the distance between the two."""

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray
from tests.detectors.simulated import MONDAY, NAMES, Shift, Town

from eddyline.cells import FEATURES, Sums
from eddyline.daysums import HOURS, Breakdown, DaySums
from eddyline.detectors import sums
from eddyline.detectors.evaldrift import EvalDrift
from eddyline.detectors.evalverdict import Verdict
from eddyline.references import Reference

LIMIT_DAYS = 365.0
SPACE = "space"
ITEMS = 500
NONE = Shift()


def past_day(day: sums.DaySums) -> DaySums:
    """Return a simulated day as judge keeps it."""
    groups = day.groups
    features = np.pad(groups.styles, ((0, 0), (0, FEATURES - groups.styles.shape[1])))
    return DaySums(
        date_of(day.day),
        Breakdown(groups.n, groups.x, features),
        Breakdown.empty(HOURS),
        int(groups.n.sum()),
        0,
        lost=False,
        sample=[],
    )


def date_of(day: int) -> str:
    """Return a day's date."""
    return date.fromordinal(day).isoformat()


def fitted(days: Sequence[DaySums], groups: slice, id_: str = "set") -> Reference:
    """Return an eval set whose mean is that of some groups of users on some days: no choice of items fits better."""
    n = sum(int(day.groups.n[groups].sum()) for day in days)
    x = np.sum([day.groups.x[groups].sum(axis=0) for day in days], axis=0)
    return evalset(np.rint(x * (ITEMS / n)).astype(np.int64), id_)


def evalset(x: NDArray[np.int64], id_: str = "set") -> Reference:
    """Return an eval set of 500 items with this sum."""
    zeros = Sums.empty()
    return Reference("evalset", id_, SPACE, [], Sums(ITEMS, x, zeros.features, zeros.numeric), [])


class Life:
    """A watch over a simulated town and its eval set, day after day."""

    def __init__(self, seed: int, users: int = 1_200) -> None:
        self.town, self.watch = Town(seed, users), EvalDrift(LIMIT_DAYS, NAMES)
        self.days: list[DaySums] = []
        self.reference: Reference | None = None

    @property
    def today(self) -> str:
        """The local day that begins."""
        return date_of(MONDAY + len(self.days))

    def live(self, count: int, shift: Shift = NONE) -> None:
        """Let days pass unwatched."""
        for _ in range(count):
            self.days.append(past_day(self.town.day(MONDAY + len(self.days), shift)[0]))

    def look(self) -> Verdict:
        """Begin the day that follows."""
        return self.watch.start_day(self.today, self.days[-35:], self.reference, SPACE)

    def watched(self, count: int, shift: Shift = NONE) -> Iterator[Verdict]:
        """Live days, and look at each of them when it is complete."""
        for _ in range(count):
            self.live(1, shift)
            yield self.look()


def renewed(seed: int, users: int = 1_200) -> Life:
    """Return a town of three weeks whose eval set has just been fitted to the last week of those who may supply."""
    life = Life(seed, users)
    life.live(21)
    life.reference = fitted(life.days[-7:], slice(0, 8))
    life.look()
    return life
