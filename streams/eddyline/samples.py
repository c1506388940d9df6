"""Bottom-k samples: deterministic, mergeable, order-free, without random numbers.

The sample of a set is the ``k`` items with the smallest hash of their event id (Cohen and Kaplan, "Summarizing data
using bottom-k sketches", PODC 2007). The sample of a union is the bottom-k of the two samples together, so windows
merge in any order to the same bytes.
"""

import hashlib
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray


class Item(msgspec.Struct, frozen=True, array_like=True, order=True):
    """One sampled prompt. Items order by hash, then id."""

    hash: int
    id: str
    vector: bytes
    flags: int


def hash_of(*parts: str) -> int:
    """Return 64 bits that depend on ``parts`` alone (BLAKE2b)."""
    return int.from_bytes(hashlib.blake2b("\0".join(parts).encode(), digest_size=8).digest(), "big")


def bottom(items: Iterable[Item], k: int) -> list[Item]:
    """Return the ``k`` smallest items, in order, each id once.

    >>> low, high = Item(1, "a", b"", 0), Item(2, "b", b"", 0)
    >>> [item.id for item in bottom([high, low, low], 1)]
    ['a']
    """
    return sorted({item.id: item for item in items}.values())[:k]


def vectors(items: list[Item], dimension: int = 384) -> NDArray[np.int8]:
    """Return the vectors of ``items`` as ``(len(items), dimension)`` int8."""
    return np.frombuffer(b"".join(item.vector for item in items), np.int8).reshape(len(items), dimension)


def unbiased(parts: Sequence[list[Item]], k: int) -> list[Item]:
    """Return of bottom-``k`` samples what is a sample of them together in which no part counts more than another.

    A part with ``k`` items may have left out some that come after its last one, so what comes before the least such
    last one is all that is known of every part alike.

    >>> full, other = [Item(1, "a", b"", 0), Item(5, "b", b"", 0)], [Item(3, "c", b"", 0)]
    >>> [item.id for item in unbiased([full, other], 2)]
    ['a', 'c']
    """
    last = min((part[-1] for part in parts if len(part) >= k), default=None)
    return sorted(item for part in parts for item in part if last is None or item < last)
