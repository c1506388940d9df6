"""The panel: daily rows of a fixed, random set of users, always on, so that every deployment has a before.

The panel of a day is the ``k`` users with the smallest hash among those seen that day. Membership depends on the hash
alone, so a user below every day's threshold is in the panel on every day he is active, and panels merge like samples.
"""

import math

import msgspec
import numpy as np

from eddyline.assignment import NAMELESS, UNKNOWN
from eddyline.cells import FEATURES, NUMERIC
from eddyline.observations import PromptObservation

PROJECTED = 64


class Row(msgspec.Struct, array_like=True):
    """What one panel user did with one deployment on one local day.

    Sums are over *openers*, the first prompts of his sessions. How often he had used the deployment before (his
    exposure) is the sum of ``n`` over his earlier rows.
    """

    user: bytes
    deployment: str
    first_ms: int
    """Time of his first prompt of the day."""
    n: int = 0
    openers: int = 0
    features: list[int] = msgspec.field(default_factory=lambda: [0] * FEATURES)
    numeric: list[int] = msgspec.field(default_factory=lambda: [0] * NUMERIC)
    projected: list[int] = msgspec.field(default_factory=lambda: [0] * PROJECTED)
    first: int = 0
    """Feature word of his first opener of the day; 0 without one."""
    bucket: int = UNKNOWN
    """Of his id, see :mod:`eddyline.assignment`."""

    def count(self, n: int, first_ms: int) -> None:
        """Add ``n`` prompts, the first of them at ``first_ms``."""
        self.n += n
        self.first_ms = min(self.first_ms, first_ms)

    def open(self, prompt: PromptObservation) -> None:
        """Add an opener."""
        if not self.openers:
            self.first = prompt.flags
        self.openers += 1
        for place in range(FEATURES):
            self.features[place] += prompt.flags >> place & 1
        for place, value in enumerate(prompt.numeric):
            self.numeric[place] += value
        components = np.frombuffer(prompt.projected, "<i2").tolist()
        self.projected = [mine + his for mine, his in zip(self.projected, components, strict=True)]


def rank(user: bytes) -> bytes:
    """Return what panel users are chosen by: half of the pseudonym, which nothing else uses."""
    return user[8:]


def share_of_panel(users: int, partitions: int) -> int:
    """Return how many users one of ``partitions`` must keep so that the ``users`` smallest of all are among them.

    Users fall to partitions at random, so a partition holds a binomial share of the panel: its mean plus eight standard
    deviations misses one with probability below 1e-14.

    >>> share_of_panel(10_000, 1), share_of_panel(10_000, 16)
    (10000, 841)
    """
    mean = users / partitions
    return min(users, math.ceil(mean + 8 * math.sqrt(mean)) + 16)


class Panel:
    """The open day of one app: rows of the users with the smallest rank."""

    def __init__(self, users: int) -> None:
        self._limit = users
        self.rows: dict[tuple[bytes, str], Row] = {}
        self._users: set[bytes] = set()
        self._highest = b""

    def restore(self, row: Row) -> None:
        """Take back a row that was stored."""
        self.rows[row.user, row.deployment] = row
        self._users.add(row.user)
        self._highest = max(self._highest, rank(row.user))

    def row(self, user: bytes, deployment: str, first_ms: int, bucket: int = UNKNOWN) -> Row | None:
        """Return the row to write into, or None for a user outside the panel, or whom nothing names."""
        if bucket == NAMELESS:
            return None
        if user not in self._users and not self._admit(user):
            return None
        key = (user, deployment)
        if key not in self.rows:
            self.rows[key] = Row(user, deployment, first_ms, bucket=bucket)
        return self.rows[key]

    def _admit(self, user: bytes) -> bool:
        if len(self._users) >= self._limit and rank(user) >= self._highest:
            return False
        self._users.add(user)
        self._highest = max(self._highest, rank(user))
        return True

    def shrink(self) -> list[tuple[bytes, str]]:
        """Drop the users beyond the limit, highest rank first; return the keys of their rows."""
        if len(self._users) <= self._limit:
            return []
        kept = sorted(self._users, key=rank)[: self._limit]
        self._users, self._highest = set(kept), rank(kept[-1])
        dropped = [key for key in self.rows if key[0] not in self._users]
        for key in dropped:
            del self.rows[key]
        return dropped

    def sorted_rows(self) -> list[Row]:
        """Return the rows by rank, then deployment."""
        return [self.rows[key] for key in sorted(self.rows, key=lambda key: (rank(key[0]), key[1]))]
