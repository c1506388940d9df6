"""Whatever outlives a process carries the version of its format, and a reader refuses one that it does not know.

States, records between the stages, halves of a join and results do. A value is a msgpack array whose first element is
the version, an integer. A reader never guesses and never deletes: it names what it found, and the process ends.

Whoever changes a format raises its ``VERSION``, reads the version before as well, and records a fixture of the new one
beside that of the old one, see ``tests/fixtures``.
"""

from typing import Protocol, TypeVar

import msgspec

from eddyline.errors import EddylineError, RefusedToStart


class Versioned(Protocol):
    """What a decoder makes of such a value."""

    @property
    def version(self) -> int:
        """Of the format."""


class _Head(msgspec.Struct, array_like=True):
    version: int


_heads = msgspec.msgpack.Decoder(_Head)
V = TypeVar("V", bound=Versioned)


def check(found: int, known: int, what: str) -> None:
    """Let the known version pass.

    Raises:
        RefusedToStart: it is another one.
    """
    if found > known:
        raise RefusedToStart(f"{what} has version {found}, this worker knows {known}: upgrade this worker")
    if found < known:
        raise RefusedToStart(f"{what} has version {found}, which no Eddyline wrote: this worker knows {known}")


def check_state(found: bytes | None, known: bytes, what: str) -> None:
    """Let the known version of a state pass; it is a field of its own, a number in ASCII.

    Raises:
        RefusedToStart: it is another one, or there is none.
    """
    if found is None or not found.isdigit():
        raise RefusedToStart(f"{what} has the version {found!r}, which no Eddyline wrote: this worker knows {known!r}")
    check(int(found), int(known), what)


def decode(decoder: msgspec.msgpack.Decoder[V], value: bytes, known: int, what: str) -> V:
    """Return what ``decoder`` makes of a value of the known version.

    Raises:
        RefusedToStart: it has another version.
        EddylineError: it has no version, or the known one and still cannot be decoded.
    """
    try:
        found = decoder.decode(value)
    except msgspec.MsgspecError as error:
        check(_version(value, known), known, what)
        raise EddylineError(f"{what} cannot be decoded: {error}") from None
    check(found.version, known, what)
    return found


def _version(value: bytes, default: int) -> int:
    try:
        return _heads.decode(value).version
    except msgspec.MsgspecError:
        return default
