"""Cells: the exact sums of one app, deployment and window.

Everything is an integer, so cells merge in any order to the same bytes. *Volume* counts every prompt of users; *gated*
counts a user's first prompt of the day, which is what is ever tested (see :mod:`eddyline.gate`).
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

from eddyline import samples, versions
from eddyline.samples import Item

DIMENSION = 384
FEATURES = 32
"""Room for yes/no style features: the bits of a flag word."""
NUMERIC = 8
"""Room for numeric style features."""
GROUPS = 16
"""Groups of users, by hash: the source of every user-clustered error."""
SAMPLE = 64
VERSION = 1
MOST_SCORERS = 128
"""Scorers of a cell, the first by name: names come from producers, and a cell must fit into one record."""

Ints = NDArray[np.int64]


class Sums:
    """``n`` prompts, their vectors added up ``(384,)``, how many had each style feature ``(32,)``, numeric sums."""

    __slots__ = ("features", "n", "numeric", "x")

    def __init__(self, n: int, x: Ints, features: Ints, numeric: Ints) -> None:
        self.n, self.x, self.features, self.numeric = n, x, features, numeric

    @classmethod
    def empty(cls) -> "Sums":
        """Return the sums of nothing."""
        return cls(0, _zeros(DIMENSION), _zeros(FEATURES), _zeros(NUMERIC))

    def add(self, vectors: NDArray[np.int8], flags: NDArray[np.uint32], numeric: Ints) -> None:
        """Add ``m`` prompts: ``(m, 384)`` vectors, ``(m,)`` flag words, ``(m, 8)`` numeric features."""
        self.n += len(vectors)
        self.x += vectors.sum(axis=0, dtype=np.int64)
        self.features += feature_counts(flags)
        self.numeric += numeric.sum(axis=0, dtype=np.int64)

    def merge(self, other: "Sums") -> None:
        """Add what ``other`` holds."""
        self.n += other.n
        self.x += other.x
        self.features += other.features
        self.numeric += other.numeric

    def subtract(self, other: "Sums") -> None:
        """Take away what was merged before: a rolling window forgets its oldest part, exactly."""
        self.n -= other.n
        self.x -= other.x
        self.features -= other.features
        self.numeric -= other.numeric


def feature_bits(flags: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Return the bits of ``(m,)`` flag words, ``(m, 32)``."""
    return np.unpackbits(flags.astype("<u4").view(np.uint8).reshape(len(flags), 4), axis=1, bitorder="little")


def feature_counts(flags: NDArray[np.uint32]) -> Ints:
    """Return how many of the ``(m,)`` flag words have each bit, ``(32,)``."""
    counts: Ints = feature_bits(flags).sum(axis=0, dtype=np.int64)
    return counts


class Cell:
    """Everything that is kept of one app, deployment and window."""

    __slots__ = ("builds", "gated", "late", "sample", "scores", "tools", "truncated", "unnamed", "volume")

    def __init__(self) -> None:
        self.late = self.truncated = self.tools = self.unnamed = 0
        self.volume, self.gated = Sums.empty(), Sums.empty()
        self.sample: list[Item] = []
        self.scores: dict[str, Ints] = {}
        self.builds: set[str] = set()

    def add_score(self, scorer: str, group: int, value: int) -> None:
        """Add one score: per scorer ``(16, 3)`` sums of 1, value and value squared over groups of users."""
        if (sums := self._sums_of(scorer)) is not None:
            sums[group] += (1, value, value * value)

    def _sums_of(self, scorer: str) -> Ints | None:
        """Return the sums to add to, or None for a scorer beyond the limit.

        What is left is the same in whatever order scores come: one that is among the first of all was never pushed out.
        """
        if scorer not in self.scores:
            self.scores[scorer] = np.zeros((GROUPS, 3), np.int64)
            if len(self.scores) > MOST_SCORERS:
                del self.scores[max(self.scores)]
        return self.scores.get(scorer)

    def merge(self, other: "Cell", *, sample: int = SAMPLE) -> None:
        """Add what ``other`` holds, keeping a sample of ``sample`` items."""
        self.late += other.late
        self.truncated += other.truncated
        self.tools += other.tools
        self.unnamed += other.unnamed
        self.volume.merge(other.volume)
        self.gated.merge(other.gated)
        self.sample = samples.bottom(self.sample + other.sample, sample)
        self.builds |= other.builds
        for scorer, sums in other.scores.items():
            if (mine := self._sums_of(scorer)) is not None:
                mine += sums


def group_of(user: bytes) -> int:
    """Return the group of a user, 0 to 15, from a byte of the pseudonym that nothing else uses."""
    return user[4] % GROUPS if user else 0


class _WireSums(msgspec.Struct, array_like=True):
    n: int
    x: bytes
    features: bytes
    numeric: bytes


class _WireCell(msgspec.Struct, array_like=True):
    version: int
    late: int
    truncated: int
    tools: int
    unnamed: int
    volume: _WireSums
    gated: _WireSums
    sample: list[Item]
    scores: dict[str, bytes]
    builds: list[str]


_encoder = msgspec.msgpack.Encoder(order="sorted")
_decoder = msgspec.msgpack.Decoder(_WireCell)
_sums_decoder = msgspec.msgpack.Decoder(_WireSums)


def pack(cell: Cell) -> bytes:
    """Return the cell as msgpack: equal cells give equal bytes."""
    scores = {name: sums.astype("<i8").tobytes() for name, sums in cell.scores.items()}
    builds = sorted(cell.builds)
    volume, gated = _wire(cell.volume), _wire(cell.gated)
    counts = (cell.late, cell.truncated, cell.tools, cell.unnamed)
    return _encoder.encode(_WireCell(VERSION, *counts, volume, gated, cell.sample, scores, builds))


def unpack(value: bytes) -> Cell:
    """Return the cell in ``value``.

    Raises:
        RefusedToStart: another version of Eddyline wrote it.
        EddylineError: it is no cell.
    """
    wire = versions.decode(_decoder, value, VERSION, "a cell")
    cell = Cell()
    cell.late, cell.truncated, cell.tools, cell.unnamed = wire.late, wire.truncated, wire.tools, wire.unnamed
    cell.volume, cell.gated = _sums(wire.volume), _sums(wire.gated)
    cell.sample, cell.builds = wire.sample, set(wire.builds)
    cell.scores = {name: _ints(sums).reshape(GROUPS, 3) for name, sums in wire.scores.items()}
    return cell


def pack_sums(sums: Sums) -> bytes:
    """Return sums alone as msgpack."""
    return _encoder.encode(_wire(sums))


def unpack_sums(value: bytes) -> Sums:
    """Return the sums in ``value``."""
    return _sums(_sums_decoder.decode(value))


def _wire(sums: Sums) -> _WireSums:
    x, features, numeric = (part.astype("<i8").tobytes() for part in (sums.x, sums.features, sums.numeric))
    return _WireSums(sums.n, x, features, numeric)


def _sums(wire: _WireSums) -> Sums:
    return Sums(wire.n, _ints(wire.x), _ints(wire.features), _ints(wire.numeric))


def _ints(value: bytes) -> Ints:
    return np.frombuffer(value, "<i8").astype(np.int64)


def _zeros(size: int) -> Ints:
    return np.zeros(size, np.int64)
