"""Squared distances of means are exact, and so is what chance adds to them."""

from fractions import Fraction

import numpy as np
import pytest

from eddyline.detectors.clusters import mean_variance
from eddyline.detectors.means import independent_error, squared_distance, squared_error

GROUPS = 8


def test_a_squared_distance_is_that_of_the_means() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.integers(-500, 500, (2, 6))
    found = squared_distance(x, 7, y, 11)
    assert float(found.total()) == pytest.approx(((x / 7 - y / 11) ** 2).sum())
    weights = [Fraction(k, 3) for k in range(6)]
    assert float(found.weighted(weights)) == pytest.approx(((x / 7 - y / 11) ** 2 @ np.arange(6)) / 3)


def test_a_squared_error_is_the_cluster_robust_variance_of_the_mean() -> None:
    rng = np.random.default_rng(2)
    n, sums = rng.integers(1, 60, GROUPS), rng.integers(-900, 900, (GROUPS, 5))
    n[3], sums[3] = 0, 0
    assert float(squared_error(n, sums).total()) == pytest.approx(mean_variance(n, sums).sum())


def test_nothing_overflows_with_a_million_prompts_a_group() -> None:
    n = np.full(GROUPS, 10**6)
    sums = np.array([[(-1) ** group * 127 * 10**6] for group in range(GROUPS)])
    assert squared_error(n, sums).total() == Fraction(127**2, GROUPS - 1)
    assert squared_distance(sums[0], 10**6, sums[1], 10**6).total() == 254**2


def test_an_independent_error_is_that_of_vectors_of_one_length() -> None:
    rng = np.random.default_rng(3)
    rows = np.zeros((50, 12), np.int64)
    rows[np.arange(50), rng.integers(0, 12, 50)] = 400
    expected = rows.var(axis=0, ddof=1).sum() / 50
    assert float(independent_error(rows.sum(axis=0), 50, 400)) == pytest.approx(expected)
    assert independent_error(rows[0], 1, 400) == 0
