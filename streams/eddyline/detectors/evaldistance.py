"""The distance of a day's ruler users to an eval set: of their mean embeddings, squared, which is a linear MMD.

Source: Gretton et al., "A Kernel Two-Sample Test", JMLR 13 (2012), with k(x, y) = <x, y>.
"""

from fractions import Fraction
from typing import NamedTuple

from eddyline.cells import Sums
from eddyline.daysums import DaySums
from eddyline.detectors import rulers
from eddyline.detectors.means import independent_error, squared_distance, squared_error
from eddyline.protocols import SCALE

UNIT = 10**9
"""A stored integer ``d`` stands for the squared distance ``d / UNIT``."""


class EvalDistance(NamedTuple):
    """Squared distances in units of ``1 / UNIT``, rounded once."""

    distance: int
    """Between the means, as it is seen."""
    expected: int
    """What it would be if the eval set were a random draw of this traffic: the errors of both means."""
    excess: int
    """Without the error of the ruler users' mean, hence the same for many users and for few; may be below 0."""


def measure(day: DaySums, evalset: Sums) -> EvalDistance | None:
    """Compare the ruler users of a day with the sums of an eval set; None where there are too few."""
    if not rulers.are_enough(day):
        return None
    today, unit = rulers.of(day), Fraction(UNIT, SCALE**2)
    mine = today.x.sum(axis=0), int(today.n.sum())
    distance = squared_distance(*mine, evalset.x, evalset.n).total() * unit
    error = squared_error(today.n, today.x).total() * unit
    of_set = independent_error(evalset.x, evalset.n, SCALE) * unit
    return EvalDistance(round(distance), round(error + of_set), round(distance - error))
