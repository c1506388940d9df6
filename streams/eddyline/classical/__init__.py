"""The classical drift metrics that people ask for, from samples, each beside its values when nothing changed.

None of them alarms. They are for whoever compares histories with other tools, and they are here with their null values
so that nobody reads a PSI of 0.3 at n = 200 as drift. Live windows have :mod:`eddyline.drift` instead: that needs no
permutations, since its null values are formulas.

Unlike the numbers of events, these are floating-point sums: their last digits may differ between machines.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eddyline.classical import domain_classifier, energy, jensen_shannon, kolmogorov_smirnov, psi
from eddyline.classical.metric import Metric
from eddyline.classical.permutation import PERMUTATIONS, SEED, Null, null
from eddyline.classical.pooled import Pooled
from eddyline.detectors.whitening import Whitening

__all__ = ["METRICS", "PERMUTATIONS", "SEED", "Measured", "Metric", "Null", "Pooled", "measure"]

METRICS: tuple[Metric, ...] = (
    psi.METRIC,
    jensen_shannon.METRIC,
    *kolmogorov_smirnov.METRICS,
    energy.METRIC,
    domain_classifier.METRIC,
)


class Measured(NamedTuple):
    """A metric of two samples, and what it is when chance alone divides them."""

    value: float
    null: Null


def measure(
    reference: NDArray[np.int8],
    window: NDArray[np.int8],
    whitening: Whitening,
    *,
    permutations: int = PERMUTATIONS,
    seed: int = SEED,
) -> dict[str, Measured]:
    """Return every metric of a reference ``(m, 384)`` and a window ``(n, 384)`` by name; both need ten prompts.

    The prompts of a sample must be of different users, as gated ones are: a permutation test, like every other here,
    takes them as independent.

    Raises:
        Incomparable: one of the samples is smaller.
    """
    pooled = Pooled(reference, window, whitening)
    prepared = {metric.name: metric.prepare(pooled) for metric in METRICS}
    return {
        name: Measured(statistic(pooled.labels), null(statistic, pooled.labels, permutations, seed))
        for name, statistic in prepared.items()
    }
