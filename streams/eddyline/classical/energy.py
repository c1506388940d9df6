"""Energy distance: twice the mean distance between the samples, less the mean distances within them.

Zero only for equal distributions, whatever they are. On unit vectors it is close to the distance of the means.
Source: Szekely and Rizzo, "Energy statistics", Journal of Statistical Planning and Inference 143 (2013).
"""

import numpy as np

from eddyline.classical.metric import Labels, Metric, Statistic
from eddyline.classical.pooled import Pooled


def prepare(pooled: Pooled) -> Statistic:
    """Return the distance as a function of labels, at least 0: pairs of a prompt with itself are counted as well."""
    lengths = pooled.products.diagonal()
    distances = np.sqrt(np.maximum(0.0, lengths[:, None] + lengths[None, :] - 2 * pooled.products))

    def statistic(labels: Labels) -> float:
        weights = labels / labels.sum() - ~labels / (~labels).sum()
        return max(0.0, float(-weights @ distances @ weights))

    return statistic


METRIC = Metric("energy", prepare)
