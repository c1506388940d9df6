"""The fit of the exposure curve: the truth where there is no noise, its interval where there is."""

import math

import numpy as np
import pytest
from scipy.special import ndtri

from eddyline.adaptation.halflife import Fit, fit

SPREAD = np.eye(41)[[0, 2, 4, 8, 15, 30]]
"""Six bins, each of one exposure."""
K = np.array([0, 2, 4, 8, 15, 30])
RUNS = 300


def _truth(plateau: float, half_life: float) -> np.ndarray:
    return plateau * (1 - 2.0 ** (-K / half_life))


@pytest.mark.parametrize("plateau", [0.2, -0.1])
@pytest.mark.parametrize("half_life", [2.0, 4.0, 16.0])
def test_without_noise_the_truth_is_found(plateau: float, half_life: float) -> None:
    found = fit(SPREAD, _truth(plateau, half_life), 1e-8 * np.eye(6))
    assert found is not None
    assert found.plateau == pytest.approx(plateau)
    assert found.half_life == pytest.approx(half_life)
    assert found.half_life_told
    assert found.low <= half_life <= found.high


def test_errors_that_bins_share_are_allowed_for() -> None:
    """A shift of all bins with exposure is no news where their errors are nearly one."""
    alike = 0.01**2 * (0.99 + 0.01 * np.eye(6))
    alone = fit(SPREAD, _truth(0.1, 5), 0.01**2 * np.eye(6))
    shared = fit(SPREAD, _truth(0.1, 5), alike)
    assert alone is not None
    assert shared is not None
    assert shared.high - shared.low < (alone.high - alone.low) / 5


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    root = 0.012 * np.linalg.cholesky(0.5 + 0.5 * np.eye(6))
    covered = told = near = 0
    for _ in range(RUNS):
        found = fit(SPREAD, _truth(0.15, 5) + root @ rng.normal(size=6), root @ root.T)
        assert found is not None
        covered += found.low <= 5 <= found.high
        near += abs(found.plateau - 0.15) <= ndtri(0.975) * found.error
        told += found.half_life_told
    assert 0.91 * RUNS <= covered <= 0.985 * RUNS
    assert 0.89 * RUNS <= near <= 0.99 * RUNS
    assert told >= 0.9 * RUNS


def test_where_there_is_no_effect_nothing_is_told() -> None:
    rng = np.random.default_rng(8)
    found = [fit(SPREAD, 0.02 * rng.normal(size=6), 0.02**2 * np.eye(6)) for _ in range(RUNS)]
    assert sum(one is not None and one.plateau_told for one in found) <= 0.02 * RUNS
    assert sum(one is not None and one.half_life_told for one in found) <= 0.01 * RUNS


def test_an_effect_that_only_grows_has_no_half_life() -> None:
    found = fit(SPREAD, 0.002 * K, 0.005**2 * np.eye(6))
    assert found is not None
    assert found.high == math.inf
    assert not found.half_life_told


def test_an_effect_that_is_there_at_once_has_no_half_life() -> None:
    found = fit(SPREAD, np.array([0, 0.1, 0.1, 0.1, 0.1, 0.1]), 0.005**2 * np.eye(6))
    assert found is not None
    assert found.low == 0
    assert found.plateau_told
    assert not found.half_life_told


def test_the_error_of_the_plateau_allows_for_the_half_life_being_unknown() -> None:
    """With points up to a half-life only, a higher plateau farther off looks much the same."""
    found = fit(SPREAD, _truth(0.2, 30), 0.01**2 * np.eye(6))
    assert found is not None
    error_if_known = 0.01 / np.linalg.norm(1 - 2.0 ** (-K / 30))
    assert found.error > 3 * error_if_known


def test_effects_of_nothing_at_all_are_nothing() -> None:
    found = fit(SPREAD, np.zeros(6), 0.01**2 * np.eye(6))
    assert found is not None
    assert found.plateau == 0
    assert not found.plateau_told


def test_two_points_make_no_curve() -> None:
    assert fit(SPREAD[:2], np.zeros(2), np.eye(2)) is None


def test_bins_whose_errors_are_the_same_make_no_curve() -> None:
    assert fit(SPREAD, _truth(0.1, 5), np.ones((6, 6))) is None


@pytest.mark.parametrize(("error", "high", "told"), [(0.03, 5.9, True), (0.034, 5.9, False), (0.03, 6.1, False)])
def test_the_half_life_is_told_if_the_plateau_is_sure_and_the_interval_short(
    error: float,
    high: float,
    told: bool,  # noqa: FBT001 - a case
) -> None:
    assert Fit(0.1, error, 3, 1, high).half_life_told is told
