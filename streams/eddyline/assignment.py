"""Which bucket a user is in: what a rollout by user hash is announced in, and checked against.

A router that holds users out by this function tells Eddyline only a range of buckets; then the arm of every user
is known, also of those who never came back. The hash is not keyed, so that any program can compute it: of a user's id
it tells one of a thousand values, and nothing more is ever stored.
"""

import hashlib

BUCKETS = 1000
UNKNOWN = -1
"""The record was written before buckets were."""
NAMELESS = -2
"""The event names no user: its session stands in, which nobody was assigned by."""


def bucket(user: str) -> int:
    """Return the bucket of a user's id, from 0 to 999: SHA-256 of ``eddyline:<id>``, its first 8 bytes modulo 1,000.

    >>> bucket("u-123")
    81
    """
    digest = hashlib.sha256(f"eddyline:{user}".encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") % BUCKETS
