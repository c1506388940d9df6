"""Whole days of an app's panel as columns: what adaptation is estimated from, what is kept, what is exported.

A day holds the rows of the panel's users, in the order of (user, deployment). Users are told apart by their rank, which
is also what the panel is chosen by: the ``k`` smallest ranks of those seen that day. Whoever is below the lowest
threshold of a span of days is in all of them on which he wrote anything, so only such users can be said to have come
or left.
"""

import zlib
from collections.abc import Iterable
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from eddyline import features, versions
from eddyline.panel import PROJECTED, Row, rank

VERSION = 1
ALL = 2**64
"""The threshold of a panel that was not full: every user of the day is in it."""
STYLES = len(features.NAMES)
SIZES = len(features.NUMERIC_NAMES)
_WIDTHS = (1, 2, 4, 8)
_SMALL = np.dtype("<i2")
_MOST = np.iinfo(_SMALL).max
_LEVEL = 1
"""Of compression: columns of small counts shrink to half; more effort gains little."""


class PanelDay(NamedTuple):
    """The panel of a whole local day of one app: ``m`` rows in the order of (user, deployment)."""

    day: int
    """The local date, as its proleptic ordinal (1 = 0001-01-01)."""
    below: int
    """Users with a smaller rank are all here: :data:`ALL`, or one more than the highest rank of a full panel."""
    lost: bool
    """Whether records of the day are gone."""
    deployments: tuple[str, ...]
    """What ``deployment`` refers to, as events name them; empty for those that name none."""
    user: NDArray[np.uint64]
    """``(m,)`` rank of the user."""
    deployment: NDArray[np.int64]
    """``(m,)`` index into ``deployments``."""
    bucket: NDArray[np.int64]
    """``(m,)``, see :mod:`eddyline.assignment`."""
    first_ms: NDArray[np.int64]
    """``(m,)`` time of the first prompt of the day."""
    n: NDArray[np.int64]
    """``(m,)`` prompts."""
    openers: NDArray[np.int64]
    """``(m,)`` first prompts of sessions: all that follows is summed over them."""
    first: NDArray[np.int64]
    """``(m,)`` feature word of the first of them."""
    styles: NDArray[np.int64]
    """``(m, 24)`` how many have each yes/no style feature, in the order of :data:`eddyline.features.NAMES`."""
    sizes: NDArray[np.int64]
    """``(m, 3)`` sums of the numeric features."""
    projected: NDArray[np.signedinteger]
    """``(m, 64)`` sums of the projected vectors, in units of ``1 / (16 * 400)``; of a stored day as narrow as they are
    stored: they are most of it, and most readers do not look at them."""


class _Wire(msgspec.Struct, array_like=True):
    version: int
    day: int
    below: bytes
    lost: bool
    deployments: list[str]
    user: bytes
    columns: bytes
    """The others but the projection, each as (bytes a value, values), one after the other, compressed."""
    projected: bytes
    """The projection, little-endian int16: compressing it would gain nothing. Rows that need more are zeros in it,"""
    large: dict[int, bytes]
    """and here, by their place, as little-endian int64: those of the few users who open many sessions a day."""


_decoder = msgspec.msgpack.Decoder(_Wire)


def of_rows(day: int, rows: Iterable[Row], users: int, *, lost: bool) -> PanelDay:
    """Return the panel of a day from the rows of all fold partitions.

    Args:
        day: the proleptic ordinal of its date.
        rows: of the day, in any order; each (user, deployment) once.
        users: how many users with the smallest ranks to keep.
        lost: whether records of the day are gone.
    """
    ranked = [(int.from_bytes(rank(row.user)), row) for row in rows]
    members = sorted({place for place, _ in ranked})
    below = members[users - 1] + 1 if len(members) >= users else ALL
    kept = sorted((place, row.deployment, row) for place, row in ranked if place < below)
    names = tuple(sorted({name for _, name, _ in kept}))
    found = [row for _, _, row in kept]
    return PanelDay(
        day=day,
        below=below,
        lost=lost,
        deployments=names,
        user=np.array([place for place, _, _ in kept], np.uint64),
        deployment=_column([names.index(row.deployment) for row in found]),
        bucket=_column([row.bucket for row in found]),
        first_ms=_column([row.first_ms for row in found]),
        n=_column([row.n for row in found]),
        openers=_column([row.openers for row in found]),
        first=_column([row.first for row in found]),
        styles=_table([row.features[:STYLES] for row in found], STYLES),
        sizes=_table([row.numeric[:SIZES] for row in found], SIZES),
        projected=_table([row.projected for row in found], PROJECTED),
    )


def pack(found: PanelDay) -> bytes:
    """Return a day as it is stored."""
    columns = b"".join(_narrow(column) for column in found[5:-1])
    projected = found.projected.astype("<i8")
    large = np.flatnonzero((np.abs(projected) > _MOST).any(axis=1)).tolist()
    small = projected.astype(_SMALL)
    small[large] = 0
    wire = _Wire(
        VERSION,
        found.day,
        found.below.to_bytes(9),
        found.lost,
        list(found.deployments),
        found.user.astype("<u8").tobytes(),
        zlib.compress(columns, _LEVEL),
        small.tobytes(),
        {row: projected[row].tobytes() for row in large},
    )
    return msgspec.msgpack.encode(wire)


def unpack(value: bytes) -> PanelDay:
    """Return a stored day.

    Raises:
        RefusedToStart: another version of Eddyline wrote it.
        EddylineError: it is no such value.
    """
    wire = versions.decode(_decoder, value, VERSION, "the panel of a day")
    user = np.frombuffer(wire.user, "<u8")
    columns: list[NDArray[np.signedinteger]] = []
    rest = memoryview(zlib.decompress(wire.columns))
    for width in (1, 1, 1, 1, 1, 1, STYLES, SIZES):
        column, rest = _stored(rest, len(user) * width)
        columns.append(column.astype(np.int64) if width == 1 else column.astype(np.int64).reshape(len(user), width))
    columns.append(_projected(wire, len(user)))
    return PanelDay(wire.day, int.from_bytes(wire.below), wire.lost, tuple(wire.deployments), user, *columns)


def _column(values: list[int]) -> NDArray[np.int64]:
    return np.array(values, np.int64)


def _table(rows: list[list[int]], width: int) -> NDArray[np.int64]:
    return np.array(rows, np.int64).reshape(len(rows), width)


def _projected(wire: _Wire, rows: int) -> NDArray[np.signedinteger]:
    small = np.frombuffer(wire.projected, _SMALL).reshape(rows, PROJECTED)
    if not wire.large:
        return small
    whole = small.astype(np.int64)
    for row, packed in wire.large.items():
        whole[row] = np.frombuffer(packed, "<i8")
    return whole


def _narrow(values: NDArray[np.int64]) -> bytes:
    largest = int(np.abs(values).max(initial=0))
    width = next(width for width in _WIDTHS if largest < 1 << (8 * width - 1))
    return bytes([width]) + values.astype(f"<i{width}").tobytes()


def _stored(rest: memoryview, count: int) -> tuple[NDArray[np.signedinteger], memoryview]:
    width, end = rest[0], 1 + rest[0] * count
    return np.frombuffer(rest[1:end], f"<i{width}"), rest[end:]
