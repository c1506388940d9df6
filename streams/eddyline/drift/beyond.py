"""Share beyond the P75 radius: how many of the window's prompts have nothing near them in the reference.

The radius is what three quarters of the reference's own items are within of another item; so about a quarter of
unchanged traffic lies beyond it. What an eval set does not cover shows here, while
a mean of distances may hide it. Squared distances are integers: which side of the radius a prompt is on does not depend
on the machine.
"""

import numpy as np
from numpy.typing import NDArray

from eddyline.cells import Cell
from eddyline.drift.metric import Metric
from eddyline.references import Reference


def value(reference: Reference, current: Cell) -> float | None:
    """Return the share of the window's sample that is farther than the radius from every item, in [0, 1]."""
    found, radius = reference.neighbours.nearest(current.sample), reference.neighbours.radius
    return None if found is None or radius is None else _share(found, radius)


def null(reference: Reference, current: Cell) -> float | None:
    """Return the same of the items, each against all others: about .25, and less where many are equally far."""
    found, radius = reference.neighbours.others, reference.neighbours.radius
    return None if not current.sample or found is None or radius is None else _share(found, radius)


def _share(squared: NDArray[np.int64], radius: int) -> float:
    return int(np.count_nonzero(squared > radius)) / len(squared)


METRIC = Metric("share_beyond_radius", value, null)
