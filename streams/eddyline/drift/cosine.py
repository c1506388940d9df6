"""Centroid cosine distance: one minus the cosine of the two means, for those who think in angles."""

import math
from fractions import Fraction

from eddyline.cells import Cell
from eddyline.drift.metric import Metric, inner, noise, squared_length
from eddyline.references import Reference


def value(reference: Reference, current: Cell) -> float | None:
    """Return 1 - cos(mean of the window, mean of the reference), in [0, 2]; None when one of them is zero."""
    if not current.gated.n:
        return None
    ours, theirs = current.gated, reference.sums
    squares = inner(ours, ours) * inner(theirs, theirs)
    return max(0.0, 1.0 - inner(ours, theirs) / math.sqrt(squares)) if squares else None


def null(reference: Reference, current: Cell) -> float | None:
    """Return the distance that the sampling errors of both means alone make.

    In 384 dimensions an error is nearly orthogonal to the mean: with |mu|^2 the squared length of the true mean,
    cos is about |mu|^2 / sqrt((|mu|^2 + s/n) (|mu|^2 + s/m)).
    """
    if not current.gated.n:
        return None
    of_reference = noise(reference, reference.sums.n)
    true = max(Fraction(0), squared_length(reference.sums) - of_reference)
    product = (true + noise(reference, current.gated.n)) * (true + of_reference)
    return max(0.0, 1.0 - float(true) / math.sqrt(product)) if product else None


METRIC = Metric("centroid_cosine", value, null)
