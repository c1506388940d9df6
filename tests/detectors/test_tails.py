"""Tails start where the baseline's shares are nearest to a half, a fifth and a twentieth."""

import numpy as np

from eddyline.detectors import tails
from eddyline.detectors.sums import EVAL_BINS


def test_tails_start_at_the_nearest_edges() -> None:
    bins = np.array([10] * 5 + [5] * 6 + [4] * 5)
    assert tails.cuts(bins) == (5, 11, 15)
    beyond = tails.counts(bins, (5, 11, 15), ())
    assert beyond.tolist() == [50, 20, 4]


def test_distances_in_one_bin_still_give_a_tail() -> None:
    bins = np.zeros(EVAL_BINS, np.int64)
    bins[3] = 100
    assert all(1 <= start < EVAL_BINS for start in tails.cuts(bins))
    assert tails.counts(bins, tails.cuts(bins), ()).max() <= 100


def test_counts_of_many_cells_are_those_of_each() -> None:
    bins = np.random.default_rng(1).integers(0, 9, (4, EVAL_BINS))
    starts = (3, 9, 14)
    assert np.array_equal(tails.counts(bins, starts, (4,)), [tails.counts(row, starts, ()) for row in bins])


def test_without_an_eval_set_nothing_is_counted() -> None:
    assert tails.counts(None, (1, 2, 3), (24,)).tolist() == [[0, 0, 0]] * 24
