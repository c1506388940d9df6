"""Kolmogorov-Smirnov: the greatest difference of two empirical distributions, along one line at a time.

A vector has no order, so lines are chosen: the distance to the mean of the reference, and the first whitened
components. What moves across all of them is seen by none.
Source: Smirnov, "Table for estimating the goodness of fit of empirical distributions", Annals of Mathematical
Statistics 19 (1948).
"""

import numpy as np
from numpy.typing import NDArray

from eddyline.classical.metric import Labels, Metric, Statistic
from eddyline.classical.pooled import Pooled

COMPONENTS = 3


def difference(values: NDArray[np.float64], labels: Labels) -> float:
    """Return the greatest difference, in [0, 1], between the ``values`` ``(N,)`` that are labelled and the others.

    >>> difference(np.array([1.0, 2.0, 3.0, 4.0]), np.array([False, True, True, True]))
    1.0
    """
    order = np.argsort(values, kind="stable")
    ours = labels[order]
    steps = np.cumsum(ours) / ours.sum() - np.cumsum(~ours) / (~ours).sum()
    last_of_equals = np.append(np.diff(values[order]) > 0, True)
    return float(np.abs(steps[last_of_equals]).max())


def _distance(pooled: Pooled) -> Statistic:
    """Prepare the line that depends on whose mean it is: it moves with the labels."""
    products = pooled.products

    def statistic(labels: Labels) -> float:
        to_mean = products @ (~labels / (~labels).sum())
        squared = products.diagonal() - 2 * to_mean
        return difference(squared, labels)

    return statistic


def _component(number: int) -> Metric:
    """Return the metric of a component, 1 being the first."""
    return Metric(
        f"ks_component_{number}",
        lambda pooled: lambda labels: difference(pooled.components[:, number - 1], labels),
    )


METRICS = (Metric("ks_distance_to_mean", _distance), *(_component(number + 1) for number in range(COMPONENTS)))
