"""Centroid cosine distance: one minus the cosine of the two means, for those who think in angles."""

import math

from eddyline.cells import Cell
from eddyline.drift.metric import Metric, mean, noise
from eddyline.references import Reference


def value(reference: Reference, current: Cell) -> float | None:
    """Return 1 - cos(mean of the window, mean of the reference), in [0, 2]; None when one of them is zero."""
    if not current.gated.n:
        return None
    ours, theirs = mean(current.gated), mean(reference.sums)
    lengths = math.sqrt(float(ours @ ours) * float(theirs @ theirs))
    return 1.0 - float(ours @ theirs) / lengths if lengths else None


def null(reference: Reference, current: Cell) -> float | None:
    """Return the distance that the sampling errors of both means alone make.

    In 384 dimensions an error is nearly orthogonal to the mean: with |mu|^2 the squared length of the true mean,
    cos is about |mu|^2 / sqrt((|mu|^2 + s/n) (|mu|^2 + s/m)).
    """
    if not current.gated.n:
        return None
    theirs = mean(reference.sums)
    of_reference = noise(reference, reference.sums.n)
    true = max(0.0, float(theirs @ theirs) - of_reference)
    product = (true + noise(reference, current.gated.n)) * (true + of_reference)
    return 1.0 - true / math.sqrt(product) if product else None


METRIC = Metric("centroid_cosine", value, null)
