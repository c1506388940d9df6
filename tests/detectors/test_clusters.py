"""Cluster-robust errors tell the truth about users who return, where independent ones would flatter."""

import numpy as np
import pytest

from eddyline.detectors.clusters import mean_variance, rate_errors

USERS, GROUPS = 800, 16


def _estimate(rng: np.random.Generator, alike: float, visits: int) -> tuple[float, float]:
    """Return the estimated variance of the mean over users' visits, and the squared error of that mean."""
    habits = rng.normal(size=USERS) * alike**0.5
    values = habits[:, None] + rng.normal(size=(USERS, visits)) * (1 - alike) ** 0.5
    group = rng.integers(0, GROUPS, USERS)
    n = np.bincount(group, minlength=GROUPS) * visits
    sums = np.bincount(group, values.sum(axis=1), GROUPS)[:, None]
    return float(mean_variance(n, sums)[0]), float(values.mean() ** 2)


@pytest.mark.parametrize(("alike", "visits"), [(0.0, 10), (0.25, 10), (0.6, 4)])
def test_the_variance_is_that_of_the_mean_over_users(alike: float, visits: int) -> None:
    rng = np.random.default_rng(1)
    runs = np.array([_estimate(rng, alike, visits) for _ in range(300)])
    true = (alike + (1 - alike) / visits) / USERS
    assert runs[:, 0].mean() == pytest.approx(true, rel=0.1)
    assert runs[:, 1].mean() == pytest.approx(true, rel=0.3)


def test_the_formula_is_that_of_weighted_group_means() -> None:
    rng = np.random.default_rng(2)
    n, sums = rng.integers(1, 50, GROUPS), rng.normal(size=(GROUPS, 3)) * 20
    means, mean = sums / n[:, None], sums.sum(axis=0) / n.sum()
    expected = GROUPS / (GROUPS - 1) * (((n / n.sum())[:, None] * (means - mean)) ** 2).sum(axis=0)
    assert mean_variance(n, sums) == pytest.approx(expected)


@pytest.mark.parametrize("present", [0, 1])
def test_one_group_tells_nothing(present: int) -> None:
    n = np.zeros(GROUPS, np.int64)
    n[:present] = 10
    with np.errstate(invalid="raise", divide="raise"):
        assert np.isinf(mean_variance(n, n[:, None])).all()


def test_an_empty_group_says_nothing_about_the_others() -> None:
    n, sums = np.array([10, 20, 30]), np.array([[1.0], [4.0], [2.0]])
    padded = mean_variance(np.append(n, [0, 0]), np.append(sums, np.zeros((2, 1)), axis=0))
    assert padded == pytest.approx(mean_variance(n, sums))


def test_a_feature_that_was_never_seen_may_still_have_a_rate() -> None:
    n = np.full(GROUPS, 1_000)
    error = rate_errors(n, np.zeros((GROUPS, 1), np.int64))[0]
    assert 2 * error == pytest.approx(3 / 16_000, rel=0.1)
