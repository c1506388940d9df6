"""What travels between encode and fold: observations of users, without any text.

A record (msgpack) holds what one batch has for one partition, and how far the batch's worker has read its sources.
Fields are positional; a field may be added at the end, and :data:`VERSION` rises when a reader must change.
"""

import hashlib

import msgspec

from eddyline import versions
from eddyline.assignment import UNKNOWN
from eddyline.events import Arm

VERSION = 1


class Source(msgspec.Struct, frozen=True, array_like=True):
    """How far a worker has read one input partition when it wrote this record."""

    topic: str
    partition: int
    offset: int
    """Last offset read, -1 before the first."""
    watermark_ms: int
    """Newest event time seen, or what the clock allows for a quiet source; 0 before anything is known."""
    idle: bool
    """Read to its end and silent: it holds no window open."""
    gap_ms: int = 0
    """Windows that start earlier may miss events of it, which were gone unread; see :mod:`eddyline.gaps`."""


class PromptObservation(msgspec.Struct, frozen=True, array_like=True, tag="p"):
    """A prompt as fold needs it."""

    id: str
    time_ms: int
    app: str
    deployment: str
    """Empty when the event names none: judge takes the one in force."""
    user: bytes
    """16-byte pseudonym of the user, else of the session; empty when the event has neither."""
    session: bytes
    tool: bool
    """The turn of a tool inside an agent's loop: counted, never compared."""
    vector: bytes
    """384 int8."""
    projected: bytes
    """64 little-endian int16, the fixed projection of the vector."""
    flags: int
    """Bit i is style feature i."""
    numeric: tuple[int, ...]
    truncated: bool
    bucket: int = UNKNOWN
    """Of the user's id, see :mod:`eddyline.assignment`."""


class ScoreObservation(msgspec.Struct, frozen=True, array_like=True, tag="s"):
    """A score of a response, in the window of the response."""

    id: str
    time_ms: int
    app: str
    deployment: str
    user: bytes
    scorer: str
    """Name of the scorer; for a shadow response ``name@candidate``."""
    value: int
    """In units of 1/10,000."""


class DeploymentObservation(msgspec.Struct, frozen=True, array_like=True, tag="d"):
    """An announcement on its way to judge."""

    id: str
    time_ms: int
    app: str
    deployment: str
    action: str
    arm: Arm = Arm()


Observation = PromptObservation | ScoreObservation | DeploymentObservation


class ObservationRecord(msgspec.Struct, frozen=True, array_like=True):
    """The value of a record of the observations topic. Without observations it is a tick."""

    version: int
    space_id: str
    build_id: str
    inputs: dict[str, int]
    """Partition count of every input topic: fold waits for all of them."""
    sources: list[Source]
    observations: list[Observation]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(ObservationRecord)


def pack(record: ObservationRecord) -> bytes:
    """Return ``record`` as msgpack."""
    return _encoder.encode(record)


def unpack(value: bytes) -> ObservationRecord:
    """Return the record in ``value``.

    Raises:
        RefusedToStart: another version of Eddyline wrote it.
        EddylineError: it is no such record.
    """
    return versions.decode(_decoder, value, VERSION, "a record of the observations topic")


def partition_of(observation: Observation, partitions: int) -> int:
    """Return the partition that owns the observation: that of its user, else of its event.

    The partition count decides who owns a user, so it never changes while there is state.
    """
    user = b"" if isinstance(observation, DeploymentObservation) else observation.user
    owner = user or hashlib.blake2b(observation.id.encode(), digest_size=8).digest()
    return int.from_bytes(owner[:4], "big") % partitions
