"""The ladder learns a season as far as the data show it, and falls back on what it has seen often."""

import numpy as np
import pytest
from numpy.typing import NDArray

from eddyline.detectors import ladder
from eddyline.detectors.sums import HOURS, HOURS_OF_WEEK

Floats = NDArray[np.float64]
HOUR = np.arange(HOURS_OF_WEEK) % HOURS
WEEKEND = np.arange(HOURS_OF_WEEK) >= 5 * HOURS


def _draw(rng: np.random.Generator, true: Floats, per_hour: int) -> tuple[Floats, Floats]:
    n = np.full(HOURS_OF_WEEK, float(per_hour))
    return n, n[:, None] * true + rng.normal(size=true.shape) * per_hour**0.5


def _error(found: Floats, true: Floats) -> float:
    return float(np.sqrt(((found - true) ** 2).sum(axis=1).mean()))


def test_without_a_season_the_fit_is_the_pooled_mean() -> None:
    n, sums = _draw(np.random.default_rng(1), np.full((HOURS_OF_WEEK, 64), 0.5), 20)
    pooled = np.tile(sums.sum(axis=0) / n.sum(), (HOURS_OF_WEEK, 1))
    assert _error(ladder.fit(n, sums, shared=True).means, pooled) < 0.06


@pytest.mark.parametrize("per_hour", [2, 20, 200])
def test_a_season_is_fitted_better_than_by_the_pooled_mean_or_by_raw_means(per_hour: int) -> None:
    rng = np.random.default_rng(2)
    true = rng.normal(size=64) * 0.3 * np.cos(HOUR * 2 * np.pi / HOURS)[:, None]
    true = true + WEEKEND[:, None] * rng.normal(size=64) * 0.1
    n, sums = _draw(rng, true, per_hour)
    found = _error(ladder.fit(n, sums, shared=True).means, true)
    assert found < _error(np.tile(sums.sum(axis=0) / n.sum(), (HOURS_OF_WEEK, 1)), true)
    assert found < 0.8 * _error(sums / n[:, None], true)


def test_plenty_of_data_speak_for_themselves() -> None:
    rng = np.random.default_rng(3)
    true = rng.normal(size=(HOURS_OF_WEEK, 8))
    n, sums = _draw(rng, true, 100_000)
    assert _error(ladder.fit(n, sums, shared=True).means, true) < 0.02


def test_one_level_shrinks_by_the_variance_between_buckets() -> None:
    """Two hours with 100 prompts each, means 1 and -1: squares 200, so the variance between is (200 - 1) / 100."""
    n, sums = np.zeros(HOURS_OF_WEEK), np.zeros((HOURS_OF_WEEK, 1))
    n[[8, 9]], sums[[8, 9], 0] = 100.0, (100.0, -100.0)
    weight = 100 * 1.99
    first = weight / (1 + weight)
    found, variances = ladder.fit(n, sums, shared=False)
    assert variances[[8, 9, 10], 0] == pytest.approx([1.99 / 200, 1.99 / 200, 1.99])
    assert found[[8, 9, 8 + HOURS], 0] == pytest.approx([first, -first, first])
    assert found[10, 0] == 0.0


def test_columns_of_their_own_do_not_lend_their_season() -> None:
    rng = np.random.default_rng(4)
    true = np.zeros((HOURS_OF_WEEK, 2))
    true[:, 0] = np.cos(HOUR)
    n, sums = _draw(rng, true, 50)
    apart, together = (ladder.fit(n, sums, shared=shared).means[:, 1].std() for shared in (False, True))
    assert apart < 0.5 * together


def test_an_hour_that_was_never_seen_is_filled_from_coarser_ones() -> None:
    rng = np.random.default_rng(5)
    true = np.cos(HOUR * 2 * np.pi / HOURS)[:, None] * np.ones(4)
    n, sums = _draw(rng, true, 1_000)
    n[30], sums[30] = 0.0, 0.0
    assert ladder.fit(n, sums, shared=True).means[30] == pytest.approx(true[30], abs=0.05)


@pytest.mark.parametrize("per_hour", [5, 50])
def test_what_is_not_known_of_an_hour_is_the_error_of_its_fit(per_hour: int) -> None:
    rng = np.random.default_rng(6)
    true = rng.normal(size=64) * 0.4 * np.cos(HOUR * 2 * np.pi / HOURS)[:, None]
    true = true + rng.normal(size=true.shape) * 0.2
    n, sums = _draw(rng, true, per_hour)
    found = ladder.fit(n, sums, shared=True)
    error = float(((found.means - true) ** 2).mean())
    assert error / 1.5 < found.variances.mean() < 2 * error


def test_a_weekend_with_a_course_of_its_own_is_fitted_no_worse_than_its_variance_says() -> None:
    """A baseline of one week, in which the pooled course of the day is mostly that of weekdays."""
    rng = np.random.default_rng(7)
    weekdays, weekends = (rng.normal(size=64) * 0.1 * np.cos(HOUR * 2 * np.pi / HOURS + k)[:, None] for k in (0, 2))
    true = np.where(WEEKEND[:, None], weekends, weekdays)
    n, sums = _draw(rng, true, 300)
    found = ladder.fit(n, sums, shared=True)
    error = float(((found.means - true)[WEEKEND] ** 2).mean())
    assert error < 1.2 * found.variances[WEEKEND].mean()
