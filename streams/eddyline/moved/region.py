"""The enriched region: where in the space of prompts there is more now than there was before.

The samples from before and from now are pooled. A prompt is in the region when at least 85 % of its 20 nearest
neighbours are from now, each sample counted as if both were of one size. A new topic scatters over old clusters, but
its prompts are each other's neighbours (Schilling, "Multivariate two-sample tests based on nearest neighbors", JASA 81,
1986). Without a change a part of the prompts is in the region by chance; how many is found by dealing out the labels
"before" and "now" anew, and nothing is claimed unless there are more than in any of 199 deals.

Everything up to the shares is in integers, and ties are broken by the hash of the event id, so that every machine finds
the same region.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eddyline import samples
from eddyline.distances import squared_distances
from eddyline.samples import Item

NEIGHBOURS = 20
LEAST = 100
"""Prompts that each sample must have: with fewer, neighbours are too far to mean anything."""
DEALS = 199
"""So that a region is claimed without a change once in 200 times, if the labels are exchangeable."""
EXAMPLES = 5
_TIMES = 17, 3
"""85 % now is 17 times to 3."""
_ROWS = 256

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


class Region(NamedTuple):
    """What came, as far as the samples show it: at least so much, since the edge of a topic is left out."""

    now_share: float
    """Share of the prompts from now that are inside."""
    before_share: float
    """Share of the prompts from before that are inside."""
    chance_share: float
    """Share of the prompts from now that would be inside if nothing had changed."""
    most_by_chance: float
    """The largest such share of 199 deals."""
    ids: list[str]
    """Event ids of the prompts from now that are inside, the most central first."""
    examples: list[str]
    """The first five of these, of those with the same vector one only."""

    @property
    def purity(self) -> float:
        """Share of the region that is from now, as if both samples were of one size; 0 where it is empty."""
        both = self.now_share + self.before_share
        return self.now_share / both if both else 0.0


def enriched(before: Sequence[Item], now: Sequence[Item]) -> Region | None:
    """Return the enriched region of two samples of gated prompts, if there is more in it than chance explains.

    Args:
        before: a sample without a bias of the prompts that now is held against.
        now: the same of the prompts since the change.

    Returns:
        None if there is not, or if either sample has fewer than 100 prompts.
    """
    if min(len(before), len(now)) < LEAST:
        return None
    found = region(before, now)
    return found if found.now_share > found.most_by_chance else None


def region(before: Sequence[Item], now: Sequence[Item]) -> Region:
    """Return the region of :func:`enriched`, whether or not it says anything; each sample has 20 prompts or more."""
    # Of prompts at one distance the first is nearer: the order of the pool must not depend on where they come from.
    pool = sorted([(item, False) for item in before] + [(item, True) for item in now])
    vectors = samples.vectors([item for item, _ in pool])
    is_now = np.array([label for _, label in pool])
    neighbours, least = _neighbours(vectors), _least(len(before), len(now))
    inside = _inside(neighbours, is_now[:, None], least)[:, 0]
    by_chance = _by_chance(neighbours, len(now), least, samples.hash_of(*(item.id for item, _ in pool)))
    found = [pool[place][0] for place in _central_first(vectors, np.flatnonzero(inside & is_now))]
    return Region(
        now_share=len(found) / len(now),
        before_share=int((inside & ~is_now).sum()) / len(before),
        chance_share=int(by_chance.sum()) / (DEALS * len(now)),
        most_by_chance=int(by_chance.max()) / len(now),
        ids=[item.id for item in found],
        examples=_distinct(found)[:EXAMPLES],
    )


def _distinct(found: Sequence[Item]) -> list[str]:
    """Return ids, of prompts with the same vector that of the first one."""
    ids: dict[bytes, str] = {}
    for item in found:
        ids.setdefault(item.vector, item.id)
    return list(ids.values())


def _least(before: int, now: int) -> int:
    """Return how many of 20 neighbours must be from now."""
    most, few = _TIMES
    enough = (k for k in range(NEIGHBOURS) if few * k * before >= most * (NEIGHBOURS - k) * now)
    return next(enough, NEIGHBOURS)


def _neighbours(vectors: NDArray[np.int8]) -> Ints:
    """Return the places of the 20 nearest other prompts of each, ``(n, 20)``, in no order."""
    n = len(vectors)
    return np.concatenate([_nearest(vectors, np.arange(at, min(at + _ROWS, n))) for at in range(0, n, _ROWS)])


def _nearest(vectors: NDArray[np.int8], rows: Ints) -> Ints:
    # The place behind the distance: no two keys of a row are equal, so which are the 20 smallest is certain.
    keys = squared_distances(vectors[rows], vectors) * len(vectors) + np.arange(len(vectors))
    keys[np.arange(len(rows)), rows] = np.iinfo(np.int64).max
    nearest: Ints = np.partition(keys, NEIGHBOURS, axis=1)[:, :NEIGHBOURS] % len(vectors)
    return nearest


def _inside(neighbours: Ints, is_now: Bools, least: int) -> Bools:
    """Return who is in the region, ``(n, deals)``, for labels ``(n, deals)``."""
    count = np.zeros(is_now.shape, np.int8)
    for places in neighbours.T:
        count += is_now[places]
    return count >= least


def _by_chance(neighbours: Ints, now: int, least: int, seed: int) -> Ints:
    """Return how many prompts from now are inside in each of 199 deals of the labels, ``(199,)``."""
    # The raw stream of the generator: how numpy makes permutations of it may change, this does not.
    numbers = np.random.PCG64(seed).random_raw(len(neighbours) * DEALS).reshape(DEALS, len(neighbours))
    is_now = np.zeros(numbers.shape, np.bool_)
    np.put_along_axis(is_now, numbers.argsort(axis=1, kind="stable")[:, :now], True, axis=1)  # noqa: FBT003 - a value
    dealt = np.ascontiguousarray(is_now.T)
    counts: Ints = (_inside(neighbours, dealt, least) & dealt).sum(axis=0)
    return counts


def _central_first(vectors: NDArray[np.int8], places: Ints) -> list[int]:
    """Return ``places`` by their distance to the mean of their vectors, the nearest first."""
    members = vectors[places].astype(np.int64)
    distances = ((len(members) * members - members.sum(axis=0)) ** 2).sum(axis=1)
    found: list[int] = places[distances.argsort(kind="stable")].tolist()
    return found
