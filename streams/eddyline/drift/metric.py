"""What a drift metric is, and the arithmetic that they share.

Integers and fractions stay exact until the last step. A dot product of doubles would not do: a library for linear
algebra adds in an order that depends on the CPU, and a last bit decides how a number between two decimals is rounded.
"""

from collections.abc import Callable
from fractions import Fraction
from operator import mul
from typing import NamedTuple

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


def inner(left: Sums, right: Sums) -> int:
    """Return the inner product of two sums of vectors, exactly."""
    return sum(map(mul, left.x.tolist(), right.x.tolist()))


def squared_length(sums: Sums) -> Fraction:
    """Return the squared length of the centroid of sums, in units of the unit vectors."""
    return Fraction(inner(sums, sums), (sums.n * SCALE) ** 2)


def noise(reference: Reference, n: int) -> Fraction:
    """Return the expected squared error of a centroid of ``n`` prompts like the reference's: tr(cov) / n.

    Vectors have length 1, so the trace of their covariance is 1 - |mean|^2; the reference's own mean has an error of
    the same kind, which is taken out.
    """
    m = reference.sums.n
    return max(Fraction(0), 1 - squared_length(reference.sums)) * m / (max(1, m - 1) * n)
