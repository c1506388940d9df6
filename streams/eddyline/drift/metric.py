"""What a drift metric is, and the arithmetic that they share."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eddyline.cells import Cell, Sums
from eddyline.protocols import SCALE
from eddyline.references import Reference


class Metric(NamedTuple):
    """A drift metric; register a new one in ``eddyline.drift``."""

    name: str
    value: Callable[[Reference, Cell], float | None]
    """The distance of a window to the reference; None where there is nothing to compute it from."""
    null: Callable[[Reference, Cell], float | None]
    """Its expected value for a window of this size without any change."""


def mean(sums: Sums) -> NDArray[np.float64]:
    """Return the centroid of sums, ``(384,)``, in units of the unit vectors."""
    return sums.x / (sums.n * SCALE)


def noise(reference: Reference, n: int) -> float:
    """Return the expected squared error of a centroid of ``n`` prompts like the reference's: tr(cov) / n.

    Vectors have length 1, so the trace of their covariance is 1 - |mean|^2; the reference's own mean has an error of
    the same kind, which is taken out.
    """
    centre = mean(reference.sums)
    length = float(centre @ centre)
    spread = max(0.0, 1.0 - length) * reference.sums.n / max(1, reference.sums.n - 1)
    return spread / n
