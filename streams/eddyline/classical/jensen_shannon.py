"""Jensen-Shannon distance: the root of the mean relative entropy to the mixture, base 2, over regions.

It is the bounded relative of the PSI, and no less a matter of how many prompts there are.
Source: Endres and Schindelin, "A new metric for probability distributions", IEEE Transactions on Information Theory 49
(2003).
"""

import math

import numpy as np
from numpy.typing import NDArray

from eddyline.classical.metric import Labels, Metric, Statistic, shares
from eddyline.classical.pooled import Pooled


def prepare(pooled: Pooled) -> Statistic:
    """Return the distance as a function of labels, in [0, 1]."""

    def statistic(labels: Labels) -> float:
        p, q = shares(pooled.regions, labels)
        mixture = (p + q) / 2
        return math.sqrt(max(0.0, (_entropy(p, mixture) + _entropy(q, mixture)) / 2))

    return statistic


def _entropy(p: NDArray[np.float64], mixture: NDArray[np.float64]) -> float:
    """Return the relative entropy in bits; nothing of what p does not have."""
    some = p > 0
    return float((p[some] * np.log2(p[some] / mixture[some])).sum())


METRIC = Metric("jensen_shannon", prepare)
