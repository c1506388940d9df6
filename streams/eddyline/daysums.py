"""What is kept of an app's gated prompts of one local day: exact sums by group of users and by hour, and a sample.

A baseline is made of days. The hours carry its seasons; the groups of users, which are independent of each other, its
error: prompts of one user are alike, so the scatter between prompts would understate it. The samples
of many days are the "before" that an alarm is explained with.
Source: Cochran, "Sampling Techniques", 3rd edition, section 9.4 (clusters).
"""

from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from eddyline import cells, versions
from eddyline.cells import DIMENSION, FEATURES, GROUPS, Ints, Sums
from eddyline.samples import Item

HOURS = 24
"""Of the local clock: an hour that the clock shows twice is one, and one that it leaves out is empty."""
SAMPLE = 40
"""Prompts in the sample of a day: four weeks of days have 1,120."""
VERSION = 1
WIDTHS = (1, 2, 4, 8)
"""Bytes that a stored integer may take."""


class WireBreakdown(msgspec.Struct, array_like=True):
    """A :class:`Breakdown` as it is stored; each part in the fewest bytes that hold its largest number."""

    n: bytes
    x: bytes
    features: bytes


class Breakdown:
    """Sums by row: ``n`` prompts ``(rows,)``, their vectors ``(rows, 384)``, style feature counts ``(rows, 32)``."""

    __slots__ = ("features", "n", "x")

    def __init__(self, n: Ints, x: Ints, features: Ints) -> None:
        self.n, self.x, self.features = n, x, features

    @classmethod
    def empty(cls, rows: int) -> "Breakdown":
        """Return the sums of nothing."""
        return cls(*(np.zeros(shape, np.int64) for shape in ((rows,), (rows, DIMENSION), (rows, FEATURES))))

    def add(self, rows: list[int], vectors: NDArray[np.int8], flags: NDArray[np.uint32]) -> None:
        """Add ``m`` prompts: the row of each, ``(m, 384)`` vectors, ``(m,)`` flag words."""
        for row, vector, bits in zip(rows, vectors, cells.feature_bits(flags), strict=True):
            self.n[row] += 1
            self.x[row] += vector
            self.features[row] += bits

    def add_sums(self, row: int, sums: Sums) -> None:
        """Add what was summed already to one row."""
        self.n[row] += sums.n
        self.x[row] += sums.x
        self.features[row] += sums.features

    def merge(self, other: "Breakdown") -> None:
        """Add what ``other`` holds, row by row."""
        self.n += other.n
        self.x += other.x
        self.features += other.features

    def row(self, at: int) -> "Breakdown":
        """Return one row, which stays a part of the whole."""
        return Breakdown(self.n[at : at + 1], self.x[at : at + 1], self.features[at : at + 1])

    def wire(self) -> WireBreakdown:
        """Return what is stored."""
        return WireBreakdown(_narrow(self.n), _narrow(self.x), _narrow(self.features))

    @classmethod
    def of(cls, wire: WireBreakdown, rows: int) -> "Breakdown":
        """Return what was stored of so many rows."""
        x, features = _wide(wire.x, rows, DIMENSION), _wide(wire.features, rows, FEATURES)
        return cls(_wide(wire.n, rows, 1)[:, 0], x, features)


def _narrow(values: Ints) -> bytes:
    largest = int(np.abs(values).max())
    width = next(width for width in WIDTHS if largest < 1 << (8 * width - 1))
    return values.astype(f"<i{width}").tobytes()


def _wide(value: bytes, rows: int, columns: int) -> Ints:
    width = len(value) // (rows * columns)
    return np.frombuffer(value, f"<i{width}").astype(np.int64).reshape(rows, columns)


class DaySums(NamedTuple):
    """A whole local day of one app in one embedding space."""

    day: str
    """Like ``2026-11-21``."""
    groups: Breakdown
    """By group of users, 16 rows: see :func:`eddyline.cells.group_of`."""
    hours: Breakdown
    """By hour of the local clock at the start of the window, 24 rows."""
    volume: int
    """Prompts of users, gated or not."""
    unnamed: int
    """Those of them that name no user."""
    lost: bool
    """Whether records of the day are gone."""
    sample: list[Item]
    """The 40 gated prompts with the smallest hash."""


class _WireDay(msgspec.Struct, array_like=True):
    version: int
    groups: WireBreakdown
    hours: WireBreakdown
    volume: int
    unnamed: int
    lost: bool
    sample: list[Item]


_decoder = msgspec.msgpack.Decoder(_WireDay)


def pack(found: DaySums) -> bytes:
    """Return a day as msgpack: equal days give equal bytes."""
    return msgspec.msgpack.encode(_WireDay(VERSION, found.groups.wire(), found.hours.wire(), *found[3:]))


def unpack(day: str, value: bytes) -> DaySums:
    """Return a day.

    Raises:
        RefusedToStart: another version of Eddyline wrote it.
        EddylineError: it is no such value.
    """
    wire = versions.decode(_decoder, value, VERSION, "the sums of a day")
    groups, hours = Breakdown.of(wire.groups, GROUPS), Breakdown.of(wire.hours, HOURS)
    return DaySums(day, groups, hours, wire.volume, wire.unnamed, wire.lost, wire.sample)
