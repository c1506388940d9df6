"""What the encoder remembers of repeated texts: their vectors under a digest, never the texts."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import NamedTuple


class Row(NamedTuple):
    """The result for one text."""

    vector: bytes
    """``dimension`` int8 components."""
    projected: bytes
    """``components`` int16 components."""
    truncated: bool


def digest(text: str) -> bytes:
    """Name ``text`` by 16 bytes from which it cannot be read back."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class RowCache:
    """The ``size`` rows that were used last; safe to share between threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._rows: OrderedDict[bytes, Row] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def known(self, keys: Iterable[bytes]) -> dict[bytes, Row]:
        """Return the rows that are remembered among ``keys``."""
        with self._lock:
            found = {key: self._rows[key] for key in keys if key in self._rows}
            for key in found:
                self._rows.move_to_end(key)
        return found

    def remember(self, rows: Mapping[bytes, Row]) -> None:
        """Remember ``rows`` and forget what was used longest ago."""
        with self._lock:
            self._rows.update(rows)
            while len(self._rows) > self._size:
                self._rows.popitem(last=False)
