"""What the statistics ought to find: the same sums over how likely each opener was restyled, not over what came of it.

Averaged over runs they are the truth of a scenario. Adaptation is what the deployment itself changed, opener by opener;
the other terms are the arms' own.
"""

from typing import NamedTuple

import numpy as np
from benchmarks.adaptation.users import Floats
from benchmarks.adaptation.world import World
from numpy.typing import NDArray

from eddyline.adaptation.study import HALF_WEIGHT


class Truth(NamedTuple):
    """Of the planted feature."""

    effect: float
    """On the treated users who stayed, weighted by what they did before."""
    adaptation: float
    """The same, every user alike."""
    selection: float
    exogenous: float
    mix: float


class _Arm(NamedTuple):
    within: float
    between: float


def truth(world: World, before: range, after: range) -> Truth:
    """Return the truth of one run."""
    users, openers = len(world.users.rank), world.openers
    n = [np.bincount(openers.user[world.openers_of(days)], minlength=users) for days in (before, after)]
    first, last = (world.means(openers.chance, days) for days in (before, after))
    taught = world.means(openers.chance - openers.without, after)
    treated, control = world.arms(after)
    stayed = treated & (n[0] > 0) & (n[1] > 0)
    weights = n[0][stayed] / (n[0][stayed] + HALF_WEIGHT)
    mine, other = (_arm(arm & (n[0] > 0), arm & (n[1] > 0), first, last) for arm in (treated, control))
    return Truth(
        effect=float(weights @ taught[stayed] / weights.sum()),
        adaptation=float(taught[stayed].mean()),
        selection=mine.between - other.between,
        exogenous=other.within,
        mix=other.between,
    )


def _arm(there: NDArray[np.bool_], later: NDArray[np.bool_], first: Floats, last: Floats) -> _Arm:
    stayed = there & later
    within = float((last[stayed] - first[stayed]).mean())
    return _Arm(within, float(last[later].mean() - first[there].mean()) - within)
