"""Simulated users who return, each with habits in what he writes about and how; a season by hour and weekend.

The whitening of these tests reads the first 64 components, so a whitened prompt is what is drawn here.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eddyline.detectors.sums import HOURS, SATURDAY, Counts, DaySums, WindowSums, weekday
from eddyline.detectors.whitening import COMPONENTS, SCALE, Whitening
from eddyline.protocols import SCALE as VECTOR_SCALE

DIMENSION = 384
SPREAD = 55
"""Standard deviation of a component, in units of the int8 vectors."""
MONDAY = 739_579
NAMES = ("question", "json", "retry")
RATES = np.array([0.4, 0.03, 0.1])
ICC = 0.25
"""Share of the variance that is between users."""
GROUPS = 16

Ints = NDArray[np.int64]


def whitening() -> Whitening:
    """Return the map onto the first 64 components, over their spread."""
    matrix = np.zeros((DIMENSION, COMPONENTS), np.int16)
    np.fill_diagonal(matrix, round(SCALE * VECTOR_SCALE / SPREAD))
    return Whitening(matrix)


class Shift(NamedTuple):
    """A change: a share of the prompts is moved along one direction, or gets a feature."""

    share: float = 0.0
    length: float = 3.0
    json: float = 0.0


class Town:
    """The users of one app; about a third of them come on a day, each once."""

    def __init__(self, seed: int, users: int = 1_200, season: float = 0.3) -> None:
        self._rng = np.random.default_rng(seed)
        self._home = self._rng.normal(size=(users, COMPONENTS)) * ICC**0.5
        self._activity = np.minimum(1.0, self._rng.lognormal(-1.5, 0.8, users))
        self._habits = self._rng.beta(4 * RATES, 4 * (1 - RATES), (users, len(RATES)))
        self._group = self._rng.integers(0, GROUPS, users)
        self._season = self._rng.normal(size=(2, COMPONENTS)) * season / COMPONENTS**0.5
        self._direction = self._rng.normal(size=COMPONENTS)
        self._direction /= np.linalg.norm(self._direction)

    def day(self, day: int, shift: Shift | None = None) -> tuple[DaySums, list[WindowSums]]:
        """Simulate a local day: its sums, and its 24 windows of an hour."""
        rng, change = self._rng, shift or Shift()
        users = np.flatnonzero(rng.random(len(self._activity)) < self._activity)
        hour = np.minimum(23, rng.beta(3, 2, len(users)) * HOURS).astype(np.int64)
        course = np.cos(hour * 2 * np.pi / HOURS)[:, None] * self._season[0]
        course += (weekday(day) >= SATURDAY) * self._season[1]
        moved = (rng.random(len(users)) < change.share)[:, None] * change.length * self._direction
        noise = rng.normal(size=(len(users), COMPONENTS)) * (1 - ICC) ** 0.5
        x = np.zeros((len(users), DIMENSION), np.int64)
        x[:, :COMPONENTS] = np.clip(np.rint((self._home[users] + course + moved + noise) * SPREAD), -127, 127)
        styles = (rng.random((len(users), len(RATES))) < self._habits[users]).astype(np.int64)
        styles[:, 1] |= rng.random(len(users)) < change.json
        hours = counts(hour, HOURS, x, styles)
        return DaySums(day, hours, counts(self._group[users], GROUPS, x, styles)), windows(hours)


def counts(cell: Ints, cells: int, x: Ints, styles: Ints) -> Counts:
    """Add prompts up by cell."""
    total_x, total_styles = np.zeros((cells, x.shape[1]), np.int64), np.zeros((cells, styles.shape[1]), np.int64)
    np.add.at(total_x, cell, x)
    np.add.at(total_styles, cell, styles)
    return Counts(np.bincount(cell, minlength=cells).astype(np.int64), total_x, total_styles)


def windows(cells: Counts) -> list[WindowSums]:
    """Return each cell as a window."""
    return [WindowSums(int(n), x, styles) for n, x, styles in zip(cells.n, cells.x, cells.styles, strict=True)]
