"""The effect on users who stayed."""

import numpy as np
import pytest
from scipy import stats
from tests.adaptation.studies import study, subset

from eddyline.adaptation.effect import Effect, effect
from eddyline.adaptation.study import Changes


def _changes(treated: list[float], control: list[float], weights: list[float] | None = None) -> Changes:
    """Return users with the given changes of one feature."""
    n = len(treated) + len(control)
    return Changes(
        user=np.arange(n, dtype=np.uint64),
        control=np.arange(n) >= len(treated),
        weights=np.ones(n) if weights is None else np.array(weights),
        styles=np.array([*treated, *control])[:, np.newaxis],
        projected=np.zeros((n, 0)),
    )


def _effect(*args: list[float]) -> Effect:
    found = effect(_changes(*args))
    assert found is not None
    return found


def test_with_equal_weights_it_is_welchs_t_test() -> None:
    treated, control = [0.1, 0.5, 0.2, 0.9], [0.0, 0.3, -0.2]
    found = _effect(treated, control)
    oracle = stats.ttest_ind(treated, control, equal_var=False)
    low, high = oracle.confidence_interval(0.95)
    assert found.t[0] == pytest.approx(oracle.statistic)
    assert found.df[0] == pytest.approx(oracle.df)
    assert (found.interval[0][0], found.interval[1][0]) == (pytest.approx(low), pytest.approx(high))


def test_users_count_by_what_they_did_before() -> None:
    found = _effect([1.0, 0.0], [0.0, 0.0, 0.25, -0.25], [0.75, 0.25, 0.5, 0.5, 0.5, 0.5])
    assert found.value[0] == 0.75
    assert found.kish_treated == pytest.approx(1 / (0.75**2 + 0.25**2))
    assert found.kish_control == pytest.approx(4)
    square = (0.75 * 0.25) ** 2 + (0.25 * 0.75) ** 2
    assert found.error[0] == pytest.approx(np.sqrt(square * 2 + 2 * (0.5 * 0.25) ** 2 / 4 * 4 / 3))


def test_a_feature_in_which_nobody_changed_has_no_error_and_no_t() -> None:
    found = _effect([0.3, 0.3], [0.3, 0.3, 0.3])
    assert (found.value[0], found.error[0], found.df[0], found.t[0]) == (pytest.approx(0), 0, 1, 0)


def test_an_arm_of_one_user_says_nothing() -> None:
    assert effect(_changes([0.1], [0.2, 0.3])) is None
    assert effect(_changes([0.1, 0.2], [])) is None


def test_what_is_excluded_is_the_farther_end_of_the_interval() -> None:
    found = _effect([-0.1, -0.5, -0.2], [0.0, 0.3, -0.2])
    assert found.excluded[0] == pytest.approx(-found.interval[0][0])


def test_intervals_cover_an_effect_as_often_as_they_say() -> None:
    covered = 0
    for seed in range(300):
        found = effect(study(seed, 200, season=0.1).changes())
        assert found is not None
        covered += int(np.count_nonzero(np.abs(found.value) <= found.margin))
    # 7,200 intervals, independent ones between seeds and features: four standard deviations.
    assert covered / (300 * 24) == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 7200))


def test_an_effect_is_found_where_users_of_the_control_have_none() -> None:
    found = [effect(study(seed, effect=0.1).changes()) for seed in range(40)]
    values = [one.value[0] for one in found if one is not None]
    assert np.mean(values) == pytest.approx(0.1, abs=0.01)


def test_users_may_come_in_any_order() -> None:
    first = study(1)
    other = subset(first, np.random.default_rng(2).permutation(len(first.user)))
    one, two = effect(first.changes()), effect(other.changes())
    assert one is not None
    assert two is not None
    np.testing.assert_allclose(np.array(one[:3]), np.array(two[:3]), rtol=1e-12, atol=1e-15)
