"""The numbers of a drift event by exact arithmetic, as docs/architecture.md defines them."""

import math
from collections.abc import Sequence
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from tests.oracle.scored import Score

from eddyline import features

SCALE = 400
"""A component of 1 is stored as 400."""
UNIT = 10_000
"""A score of 1 is stored as 10,000."""
DECIMALS = 6
DIGITS = 50
GROUPS = 16
PI = Decimal("3.14159265358979323846264338327950288")
Number = float | None


def rounded(value: Fraction | float | None) -> Number:
    """Return a number as events give it."""
    return None if value is None else round(float(value), DECIMALS)


class Centroids:
    """The mean vectors of a window and of its reference, as exact sums over counts."""

    def __init__(self, window: Sequence[int], n: int, reference: Sequence[int], m: int) -> None:
        """Take the sums and counts; there must be a prompt in each."""
        self._window, self._n, self._reference, self._m = window, n, reference, m

    def distance(self) -> Fraction:
        """Return the squared Euclidean distance of the means."""
        pairs = zip(self._window, self._reference, strict=True)
        squares = sum((ours * self._m - theirs * self._n) ** 2 for ours, theirs in pairs)
        return Fraction(squares, (self._n * self._m * SCALE) ** 2)

    def distance_null(self) -> Fraction:
        """Return what chance alone makes of it."""
        return self._noise(self._n) + self._noise(self._m)

    def cosine(self) -> Number:
        """Return one minus the cosine of the means."""
        norms = _dot(self._window, self._window) * _dot(self._reference, self._reference)
        return _one_minus_ratio(Fraction(_dot(self._window, self._reference)), Fraction(norms))

    def cosine_null(self) -> Number:
        """Return what chance alone makes of it."""
        true = max(Fraction(0), self._length() - self._noise(self._m))
        return _one_minus_ratio(true, (true + self._noise(self._n)) * (true + self._noise(self._m)))

    def _length(self) -> Fraction:
        return Fraction(_dot(self._reference, self._reference), (self._m * SCALE) ** 2)

    def _noise(self, n: int) -> Fraction:
        return max(Fraction(0), 1 - self._length()) * Fraction(self._m, max(1, self._m - 1)) / n


def _dot(left: Sequence[int], right: Sequence[int]) -> int:
    return sum(a * b for a, b in zip(left, right, strict=True))


def _one_minus_ratio(numerator: Fraction, square: Fraction) -> Number:
    """Return 1 - numerator / sqrt(square), correctly rounded."""
    if not square:
        return None
    with localcontext(prec=DIGITS):
        root = (Decimal(square.numerator) / Decimal(square.denominator)).sqrt()
        return float(1 - Decimal(numerator.numerator) / Decimal(numerator.denominator) / root)


def mean_nearest(rows: NDArray[np.int64], others: NDArray[np.int64]) -> float:
    """Return the mean distance of ``(n, 384)`` rows to the nearest of ``(m, 384)`` others."""
    return _mean_root(_squares(rows, others).min(axis=1))


def mean_nearest_other(rows: NDArray[np.int64]) -> Number:
    """Return the mean distance of each row to the nearest other one; None when there is none."""
    if len(rows) < 2:
        return None
    return _mean_root(_nearest_others(rows))


def beyond_radius(rows: NDArray[np.int64], items: NDArray[np.int64]) -> tuple[Number, Number]:
    """Return the shares of ``(n, 384)`` rows, and of the ``(m, 384)`` items, that have no other item within the radius.

    The radius is the least of the items' own distances that three quarters of them do not exceed.
    """
    if not len(rows) or len(items) < 2:
        return None, None
    others = sorted(_nearest_others(items).tolist())
    radius = next(one for at, one in enumerate(others, 1) if 4 * at >= 3 * len(others))
    return _share_above(_squares(rows, items).min(axis=1).tolist(), radius), _share_above(others, radius)


def _share_above(squares: Sequence[float], radius: float) -> float:
    return float(Fraction(sum(square > radius for square in squares), len(squares)))


def _nearest_others(rows: NDArray[np.int64]) -> NDArray[np.float64]:
    squares = _squares(rows, rows)
    squares[np.arange(len(rows)), np.arange(len(rows))] = np.inf
    nearest: NDArray[np.float64] = squares.min(axis=1)
    return nearest


def style_shifts(counts: Sequence[int], n: int, before: Sequence[int], m: int) -> dict[str, dict[str, Number]]:
    """Return what an event says of the style features, of their counts among n and, before, among m prompts."""
    return {
        name: {
            "share": rounded(Fraction(now, n)),
            "reference": rounded(Fraction(then, m)),
            "null": rounded(_apart(now + then, n, m)),
        }
        for name, now, then in zip(features.NAMES, counts, before, strict=False)
        if now + then
    }


def _apart(both: int, n: int, m: int) -> float:
    """Return the mean magnitude of a normal number with the variance of a difference of shares that chance makes."""
    pooled = Fraction(both, n + m)
    variance = pooled * (1 - pooled) * (Fraction(1, n) + Fraction(1, m)) * Fraction(n + m, n + m - 1)
    return _root(variance * 2 / Fraction(PI))


def _squares(rows: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return squared distances ``(n, m)``; all integers below 2**53, so that doubles hold them exactly."""
    return np.stack([((others - row) ** 2).sum(axis=1) for row in rows]).astype(np.float64)


def _mean_root(squares: NDArray[np.float64]) -> float:
    return math.fsum(math.sqrt(square) for square in squares) / (len(squares) * SCALE)


def mean_and_error(scores: Sequence[Score]) -> dict[str, Number]:
    """Return what an event says of the scores of one scorer."""
    groups = [[score.value for score in scores if group_of(score.prompt.user) == group] for group in range(GROUPS)]
    groups = [group for group in groups if group]
    n, values = len(scores), sum(score.value for score in scores)
    error = None
    if len(groups) > 1:
        # Exact up to the root: n times every residual is an integer.
        squares = sum((n * sum(group) - values * len(group)) ** 2 for group in groups)
        error = _root(Fraction(squares * len(groups), len(groups) - 1)) / (n * n) / UNIT
    return {"mean": rounded(values / n / UNIT), "error": rounded(error), "n": n}


def _root(square: Fraction) -> float:
    with localcontext(prec=DIGITS):
        return float((Decimal(square.numerator) / Decimal(square.denominator)).sqrt())


def group_of(user: bytes) -> int:
    """Return the group of a user, from his pseudonym; nobody is in the first."""
    return user[4] % GROUPS if user else 0
