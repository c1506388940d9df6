"""Population stability index: the sum of (p - q) ln(p / q) over regions of the embedding space.

Credit scoring reads 0.1 as "watch" and 0.2 as "act". Without any change its mean is about (k - 1)(1/n + 1/m) with k
regions: 0.3 at n = 200 and k = 50. The rule of thumb is one for ten bins and ten thousand loans.
Source: Siddiqi, "Credit Risk Scorecards", Wiley (2006); null: Yurdakul and Naranjo, Journal of Risk Model Validation 14
(2020).
"""

import numpy as np

from eddyline.classical.metric import Labels, Metric, Statistic, shares
from eddyline.classical.pooled import Pooled

HALF = 0.5
"""A prompt's half is added to every count: a share of zero has no logarithm."""


def prepare(pooled: Pooled) -> Statistic:
    """Return the index as a function of labels, at least 0."""

    def statistic(labels: Labels) -> float:
        p, q = shares(pooled.regions, labels, HALF)
        return float(((p - q) * np.log(p / q)).sum())

    return statistic


METRIC = Metric("psi", prepare)
