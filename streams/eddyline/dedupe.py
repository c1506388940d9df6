"""Event ids seen within a horizon of event time: a repeated event is dropped, whoever repeated it.

An id is remembered as 8 bytes of BLAKE2b (two different ids out of a million in the horizon collide with probability
below 3e-8), in one field per minute of event time.
"""

import hashlib
from collections.abc import Iterator

MINUTE_MS = 60_000
FORGOTTEN = -1
"""In the place of a minute: the event is older than the horizon, so its id is not remembered."""


class SeenIds:
    """The ids of one partition."""

    def __init__(self, horizon_ms: int) -> None:
        self._horizon_ms = horizon_ms
        self._ids: set[bytes] = set()
        self._minutes: dict[int, bytearray] = {}
        self._oldest = 0
        """The first minute in the horizon."""

    def restore(self, minute: int, packed: bytes) -> None:
        """Take back what :meth:`packed` returned for a minute."""
        self._minutes[minute] = bytearray(packed)
        self._ids.update(_split(packed))

    def add(self, kind: str, app: str, id_: str, time_ms: int) -> int | None:
        """Remember an id; return the minute whose field changed, or :data:`FORGOTTEN`; None for one that was there."""
        digest = hashlib.blake2b(f"{kind}\0{app}\0{id_}".encode(), digest_size=8).digest()
        if digest in self._ids:
            return None
        if (minute := time_ms // MINUTE_MS) < self._oldest:
            return FORGOTTEN
        self._ids.add(digest)
        self._minutes.setdefault(minute, bytearray()).extend(digest)
        return minute

    def packed(self, minute: int) -> bytes:
        """Return the ids of a minute, 8 bytes each."""
        return bytes(self._minutes.get(minute, b""))

    def expire(self, watermark_ms: int) -> list[int]:
        """Forget the minutes before the horizon; return them."""
        self._oldest = max(self._oldest, (watermark_ms - self._horizon_ms) // MINUTE_MS)
        gone = [minute for minute in self._minutes if minute < self._oldest]
        for minute in gone:
            self._ids.difference_update(_split(bytes(self._minutes.pop(minute))))
        return gone

    def __len__(self) -> int:
        """Return how many ids are remembered."""
        return len(self._ids)


def _split(packed: bytes) -> Iterator[bytes]:
    return (packed[at : at + 8] for at in range(0, len(packed), 8))
