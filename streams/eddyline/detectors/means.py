"""Squared distances between means, and what their errors add to them, exactly: integers until the last division."""

from collections.abc import Iterable
from fractions import Fraction
from operator import mul
from typing import NamedTuple

from eddyline.detectors.sums import Ints


class Squares(NamedTuple):
    """A squared length by coordinate: numerators over one denominator."""

    numerators: list[int]
    denominator: int

    def total(self) -> Fraction:
        """Return the sum over all coordinates."""
        return Fraction(sum(self.numerators), self.denominator)

    def weighted(self, weights: Iterable[Fraction]) -> Fraction:
        """Return the sum over all coordinates, each times its weight."""
        return sum(map(mul, self.numerators, weights), Fraction(0)) / self.denominator


def squared_distance(x: Ints, n: int, y: Ints, m: int) -> Squares:
    """Return the squared difference of the means ``x / n`` and ``y / m``, of sums ``(K,)`` over ``n`` and ``m`` > 0."""
    pairs = zip(x.tolist(), y.tolist(), strict=True)
    return Squares([(m * ours - n * theirs) ** 2 for ours, theirs in pairs], (n * m) ** 2)


def squared_error(n: Ints, sums: Ints) -> Squares:
    """Return what chance adds to the squared distance of a mean from anything: its variance, over groups of users.

    It is ``G/(G-1) * sum_g (n_g/n)^2 (m_g - m)^2``, see :mod:`eddyline.detectors.clusters`, without rounding.

    Args:
        n: prompts of each group; two or more have some.
        sums: ``(G, K)`` what is averaged, added up within each group.
    """
    groups, total = int((n > 0).sum()), int(n.sum())
    residuals = (total * sums - n[:, None] * sums.sum(axis=0)).astype(object)
    squares = (residuals**2).sum(axis=0)
    return Squares([groups * square for square in squares.tolist()], (groups - 1) * total**4)


def independent_error(x: Ints, n: int, length: int) -> Fraction:
    """Return the same for the mean of ``n`` independent vectors that all have this length, from their sum ``(K,)``."""
    squares = sum(value * value for value in x.tolist())
    return max(Fraction(0), length**2 - Fraction(squares, n * n)) / max(1, n - 1)
