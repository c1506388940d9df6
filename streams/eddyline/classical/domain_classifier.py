"""Domain classifier: how well a linear classifier, trained to tell the samples apart, orders prompts it has not seen.

Ridge regression on the labels in five folds; the value is the area under the ROC curve, 1/2 being a guess. With few
prompts in many dimensions chance reaches .55 or .6; its mean is a little below 1/2, since what a fold holds is missing
from what is learned for it.
Source: Lopez-Paz and Oquab, "Revisiting classifier two-sample tests", ICLR (2017).
"""

import numpy as np
from numpy.typing import NDArray

from eddyline.classical.metric import Labels, Metric, Statistic
from eddyline.classical.pooled import Pooled

FOLDS = 5
RIDGE = 10.0
"""A direction in which the vectors' squares add up to this much is shrunk by half; between 3 and 30 nothing changes."""
DECIMALS = 9
"""Predictions that are equal but for rounding are a tie."""


def prepare(pooled: Pooled) -> Statistic:
    """Return the area as a function of labels, in [0, 1]."""
    kernel = pooled.products + 1.0
    smoother = np.linalg.solve(kernel + RIDGE * np.eye(len(kernel)), kernel).astype(np.float64)

    def statistic(labels: Labels) -> float:
        return area(_predictions(smoother, labels).round(DECIMALS), labels)

    return statistic


def area(scores: NDArray[np.float64], labels: Labels) -> float:
    """Return the share of pairs in which the labelled one of ``scores`` ``(N,)`` is the greater; a tie counts half.

    >>> area(np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, False, True, True]))
    0.875
    """
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    n, m = int(labels.sum()), int((~labels).sum())
    return float((ranks[labels].sum() - n * (n + 1) / 2) / (n * m))


def _predictions(smoother: NDArray[np.float64], labels: Labels) -> NDArray[np.float64]:
    """Return what is predicted of each prompt ``(N,)`` by the regression without its fold.

    With residuals r of the regression on all, those of a fold B that is left out are (I - H_BB)^-1 r_B: no regression
    is computed twice.
    """
    targets = np.where(labels, 1.0, -1.0)
    residuals, found = targets - smoother @ targets, np.empty(len(targets))
    folds = _folds(labels)
    for fold in range(FOLDS):
        out = np.flatnonzero(folds == fold)
        inner = np.eye(len(out)) - smoother[np.ix_(out, out)]
        found[out] = targets[out] - np.linalg.solve(inner, residuals[out])
    return found


def _folds(labels: Labels) -> NDArray[np.intp]:
    """Return the fold of each prompt ``(N,)``: those of each sample in turn, so that each fold has some of both."""
    return np.where(labels, np.cumsum(labels), np.cumsum(~labels)) % FOLDS


METRIC = Metric("domain_classifier_auc", prepare)
