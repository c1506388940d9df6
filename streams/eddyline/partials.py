"""What travels between fold and judge: what one fold partition knows of a window, a day, a deployment, an app.

A record (msgpack, versioned) is one of the structs below. All but :class:`Closed` belong to one app and lie in the
partition of that app; a closed mark goes to every partition, after everything it vouches for.
"""

import hashlib

import msgspec

from eddyline import versions
from eddyline.daysums import WireBreakdown
from eddyline.events import Arm
from eddyline.panel import Row

VERSION = 1


class WindowPartial(msgspec.Struct, frozen=True, array_like=True, tag="w"):
    """One cell of a closed window, as one fold partition has it."""

    fold: int
    app: str
    start_ms: int
    deployment: str
    """Empty where events named none."""
    space_id: str
    cell: bytes


class Closed(msgspec.Struct, frozen=True, array_like=True, tag="c"):
    """A mark: this fold partition has emitted everything up to ``until_ms``."""

    fold: int
    of: int
    """How many fold partitions there are."""
    until_ms: int
    gap_ms: int
    """Windows that start earlier may miss events, which were gone before they were read; see :mod:`eddyline.gaps`."""


class PanelPartial(msgspec.Struct, frozen=True, array_like=True, tag="p"):
    """Part ``part`` of ``parts`` of the panel rows that one fold partition has for a local day of an app."""

    fold: int
    app: str
    day: str
    part: int
    parts: int
    rows: list[Row]


class DayPartial(msgspec.Struct, frozen=True, array_like=True, tag="s"):
    """What one fold partition knows of the gated prompts of a whole local day of an app."""

    fold: int
    app: str
    day: str
    space_id: str
    groups: WireBreakdown
    """By group of users, 16 rows."""


class Announced(msgspec.Struct, frozen=True, array_like=True, tag="d"):
    """A deployment was announced."""

    id: str
    app: str
    deployment: str
    effective_ms: int
    action: str
    arm: Arm = Arm()


class ReferenceItem(msgspec.Struct, frozen=True, array_like=True):
    """One item of an eval set: its id, its int8 vector and the word of its style features."""

    id: str
    vector: bytes
    flags: int = 0


class ReferenceImported(msgspec.Struct, frozen=True, array_like=True, tag="r"):
    """An eval set to compare an app's windows with, from ``effective_ms`` on."""

    id: str
    app: str
    space_id: str
    build_id: str
    effective_ms: int
    n: int
    x: bytes
    """Sum of all ``n`` item vectors, 384 little-endian int64."""
    items: list[ReferenceItem]
    """The items, or the bottom-k of them by hash where there are many."""
    features: bytes = b""
    """How many of all ``n`` items have each style feature, 32 little-endian int64; empty in records of before they were
    counted."""


Partial = WindowPartial | Closed | PanelPartial | DayPartial | Announced | ReferenceImported


class _Envelope(msgspec.Struct, frozen=True, array_like=True):
    version: int
    partial: Partial


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Envelope)


def pack(partial: Partial) -> bytes:
    """Return the value of a record of the partials topic."""
    return _encoder.encode(_Envelope(VERSION, partial))


def unpack(value: bytes) -> Partial:
    """Return what is in the value of a record of the partials topic.

    Raises:
        RefusedToStart: another version of Eddyline wrote it.
        EddylineError: it is no such record.
    """
    return versions.decode(_decoder, value, VERSION, "a record of the partials topic").partial


def partition_of(app: str, partitions: int) -> int:
    """Return the partition of an app."""
    return int.from_bytes(hashlib.blake2b(app.encode(), digest_size=4).digest(), "big") % partitions
