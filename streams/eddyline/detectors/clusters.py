"""Cluster-robust errors: how far a mean may be off when the prompts of one user are alike.

An error that counts prompts as independent would be 1.6 to 1.8 times too small for users who return day after day.
Whole groups of users are independent of one another, so the spread of their means tells the truth.
Source: Liang and Zeger, "Longitudinal data analysis using generalized linear models", Biometrika 73 (1986).
"""

import numpy as np
from numpy.typing import NDArray

from eddyline.detectors.sums import Ints

Floats = NDArray[np.float64]


def mean_variance(n: Ints, sums: NDArray[np.int64] | Floats) -> Floats:
    """Return the variance of each mean over all prompts, ``(K,)``.

    It is ``G/(G-1) * sum_g (n_g/n)^2 (m_g - m)^2`` over the ``G`` groups that have prompts.

    Args:
        n: ``(16,)`` prompts of each group of users.
        sums: ``(16, K)`` what is averaged, added up within each group.

    Returns:
        Infinity where fewer than two groups have prompts: nothing is known then.
    """
    present = n > 0
    groups, total = int(present.sum()), float(n.sum())
    if groups <= 1:
        return np.full(sums.shape[1], np.inf)
    mean = sums.sum(axis=0) / total
    # (n_g/n) (m_g - m), without dividing by n_g.
    residuals = (sums - n[:, None] * mean) / total
    variance: Floats = (residuals**2).sum(axis=0) * (groups / (groups - 1))
    return variance


def rate_errors(n: Ints, counts: Ints) -> Floats:
    """Return the standard error of each rate, ``(J,)``, from counts ``(16, J)``.

    It is at least that of independent prompts, by Agresti and Coull, "Approximate is better than 'exact'", The American
    Statistician 52 (1998): a feature that was never seen among ``n`` prompts has no spread, but its rate may still be
    some 3/n.
    """
    total = float(n.sum())
    rates = (counts.sum(axis=0) + 2.0) / (total + 4.0)
    independent = rates * (1.0 - rates) / max(total, 1.0)
    errors: Floats = np.sqrt(np.maximum(mean_variance(n, counts), independent))
    return errors
