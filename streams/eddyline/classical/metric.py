"""What a classical metric is."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eddyline.classical.pooled import Pooled

Labels = NDArray[np.bool_]
"""``(N,)``: which of the pooled prompts are the window's."""
Statistic = Callable[[Labels], float]
"""A metric of pooled prompts as a function of who is in the window, so that it can be asked again with others."""


class Metric(NamedTuple):
    """A metric; register a new one in ``eddyline.classical``."""

    name: str
    prepare: Callable[[Pooled], Statistic]
    """Do what does not depend on the labels, once."""


def shares(places: NDArray[np.intp], labels: Labels, more: float = 0.0) -> tuple[NDArray[np.float64], ...]:
    """Return the shares ``(k,)`` of the window's and of the reference's prompts in each region ``0 <= place < k``.

    ``more`` is added to every count.
    """
    k = int(places.max()) + 1
    counts = [np.bincount(places[chosen], minlength=k) + more for chosen in (labels, ~labels)]
    return tuple(count / count.sum() for count in counts)
