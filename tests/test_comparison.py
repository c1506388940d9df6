"""Mean scores and their errors: what a drift event says of the responses in its window."""

import numpy as np
import pytest

from eddyline.cells import GROUPS, Cell
from eddyline.comparison import mean_scores
from eddyline.outputs.drift import MeanScore


def cell_of(*groups: tuple[int, int]) -> Cell:
    """Return a cell whose scores are, by group of users, so many of such a sum."""
    cell = Cell()
    sums = np.zeros((GROUPS, 3), np.int64)
    for group, (count, value) in enumerate(groups):
        sums[group, :2] = count, value
    cell.scores["relevance"] = sums
    return cell


@pytest.mark.parametrize(
    ("groups", "error"),
    [
        (((33, 232_320), (27, 105_003)), 0.155974),
        (((26, 58_812), (14, 60_242)), 0.092866),
        (((3, 13_404), (17, 129_387)), 0.080147),
    ],
)
def test_an_error_between_two_decimals_is_rounded_as_the_exact_number(
    groups: tuple[tuple[int, int], ...], error: float
) -> None:
    """Each is half a millionth past the sixth decimal; residuals added up as doubles fall to the other side."""
    assert mean_scores(cell_of(*groups))["relevance"].error == error


def test_the_scores_of_one_group_of_users_have_no_error() -> None:
    assert mean_scores(cell_of((4, 20_002)))["relevance"] == MeanScore(0.50005, None, 4)


def test_scores_that_are_all_the_same_have_an_error_of_zero() -> None:
    assert mean_scores(cell_of((3, 21_000), (5, 35_000)))["relevance"] == MeanScore(0.7, 0.0, 8)


def test_a_group_without_scores_is_no_group() -> None:
    assert mean_scores(cell_of((2, 8_000), (0, 0), (2, 12_000))) == mean_scores(cell_of((2, 8_000), (2, 12_000)))
