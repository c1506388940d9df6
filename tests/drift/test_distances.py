"""Distances are exact: they equal integer arithmetic to the bit, and float64 brute force to the last digits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests import observed

from eddyline.distances import mean_distance, nearest, nearest_other, squared_distances
from eddyline.protocols import SCALE


def _brute(a: NDArray[np.int8], b: NDArray[np.int8]) -> NDArray[np.int64]:
    difference = a.astype(np.int64)[:, None, :] - b.astype(np.int64)[None, :, :]
    squares: NDArray[np.int64] = (difference**2).sum(axis=2)
    return squares


@given(st.integers(0, 2**32 - 1), st.integers(1, 20), st.integers(1, 20))
def test_squared_distances_equal_integer_arithmetic(seed: int, n: int, m: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.integers(-128, 128, (n, 384), np.int8), rng.integers(-128, 128, (m, 384), np.int8)
    assert np.array_equal(squared_distances(a, b), _brute(a, b))


@pytest.mark.parametrize("sign", [1, -1])
def test_the_longest_vectors_there_are_do_not_overflow(sign: int) -> None:
    a = np.full((3, 384), -128, np.int8)
    b = np.full((2, 384), 127 * sign, np.int8)
    assert np.array_equal(squared_distances(a, b), _brute(a, b))


def test_a_mean_of_nearest_distances_equals_float64_brute_force() -> None:
    rng = np.random.default_rng(8)
    a, b = observed.unit_vectors(50, rng), observed.unit_vectors(120, rng)
    expected = np.sqrt(_brute(a, b).min(axis=1).astype(np.float64)).mean() / SCALE
    assert mean_distance(nearest(a, b)) == pytest.approx(expected, rel=1e-14)


def test_a_row_is_not_its_own_neighbour() -> None:
    rng = np.random.default_rng(9)
    rows = observed.unit_vectors(60, rng)
    brute = _brute(rows, rows)
    np.fill_diagonal(brute, 2**60)
    expected = np.sqrt(brute.min(axis=1).astype(np.float64)).mean() / SCALE
    assert mean_distance(nearest_other(rows)) == pytest.approx(expected, rel=1e-14)
    assert mean_distance(nearest_other(np.concatenate([rows, rows]))) == 0.0


def test_the_order_of_rows_does_not_matter_to_the_bit() -> None:
    rng = np.random.default_rng(10)
    a, b = observed.unit_vectors(64, rng), observed.unit_vectors(256, rng)
    found = {mean_distance(nearest(a[rng.permutation(64)], b[rng.permutation(256)])) for _ in range(20)}
    assert len(found) == 1
