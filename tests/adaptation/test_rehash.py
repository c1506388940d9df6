"""What chance would make of a study."""

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.adaptation.studies import SHARE, study, subset

from eddyline.adaptation.effect import effect
from eddyline.adaptation.rehash import Family, flipped, rehash, units

SALT = 7


def test_a_draw_is_the_same_in_whatever_chunk_and_company() -> None:
    user = np.arange(100, dtype=np.uint64)
    all_of_them = units(user, range(1, 50), SALT)
    assert np.array_equal(units(user[40:60], range(20, 30), SALT), all_of_them[19:29, 40:60])


def test_draws_and_salts_have_nothing_in_common() -> None:
    user = np.arange(2000, dtype=np.uint64)
    bits = np.concatenate([units(user, range(1, 5), salt) for salt in (SALT, SALT + 1)]) < np.uint64(1 << 63)
    correlation = np.corrcoef(bits.astype(float)) - np.eye(8)
    assert np.abs(correlation).max() < 0.1


def test_users_of_a_draw_are_uniform() -> None:
    found = units(np.arange(200, dtype=np.uint64), range(1, 101), SALT) / 2.0**64
    counts = np.bincount((found.ravel() * 20).astype(int), minlength=20)
    assert ((counts - 1000) ** 2 / 1000).sum() < 43.8  # 99.9 % of chi-squared with 19 degrees of freedom


def test_the_statistic_of_the_users_own_arms_is_the_largest_t() -> None:
    changes = study(1).changes()
    own = effect(changes)
    assert own is not None
    assert rehash(changes, SHARE, SALT, 9).styles.observed == pytest.approx(np.abs(own.t).max(), rel=1e-9)


def test_draws_are_what_other_arms_would_give() -> None:
    changes = study(1).changes()
    found = rehash(changes, SHARE, SALT, 20)
    drawn = units(changes.user, range(20, 21), SALT)[0] / 2.0**64 < SHARE
    other = effect(changes._replace(control=drawn))
    assert other is not None
    assert found.styles.drawn[-1] == pytest.approx(np.abs(other.t).max(), rel=1e-9)


def test_a_shift_of_the_projected_mean_is_about_one_where_nothing_changed() -> None:
    assert rehash(study(1).changes(), SHARE, SALT, 199).projected.drawn.mean() == pytest.approx(1, abs=0.1)


def test_p_is_uniform_where_nothing_changed() -> None:
    found = [rehash(study(seed, 120, season=0.2).changes(), SHARE, seed, 39) for seed in range(300)]
    for kind in (0, 1):
        p = np.array([one[kind].p for one in found])
        for level in (0.05, 0.1, 0.2, 0.5):
            assert (p <= level).mean() == pytest.approx(level, abs=4 * np.sqrt(level * (1 - level) / 300))


def test_p_is_small_where_users_changed() -> None:
    assert rehash(study(1, effect=0.2).changes(), SHARE, SALT, 199).styles.p == 1 / 200


def test_p_is_small_where_only_the_embedding_moved() -> None:
    changes = study(1).changes()
    moved = changes.projected.copy()
    moved[~changes.control, :3] += 0.1
    found = rehash(changes._replace(projected=moved), SHARE, SALT, 199)
    assert found.projected.p == 1 / 200
    assert found.styles.p > 0.01


def test_features_in_which_nobody_changed_say_nothing() -> None:
    changes = study(1).changes()
    constant = changes.styles.copy()
    constant[:, 5:] = np.linspace(0.011, 0.97, constant.shape[1] - 5)
    few, all_of_them = (
        rehash(changes._replace(styles=styles), SHARE, SALT, 19) for styles in (changes.styles[:, :5], constant)
    )
    np.testing.assert_allclose(all_of_them.styles.drawn, few.styles.drawn)


@pytest.mark.parametrize("users", [0, 1, 2, 5])
def test_few_users_give_a_probability_all_the_same(users: int) -> None:
    every = study(1)
    few = subset(every, np.flatnonzero(every.stayed)[:users])
    found = rehash(few.changes(), SHARE, SALT, 19)
    assert all(0 < family.p <= 1 for family in found)


def test_arms_in_which_nothing_was_written_differently_give_one() -> None:
    changes = study(1).changes()
    same = changes._replace(styles=0 * changes.styles, projected=0 * changes.projected)
    assert [family.p for family in rehash(same, SHARE, SALT, 19)] == [1, 1]


def test_a_draw_as_extreme_as_the_users_own_counts_against_it() -> None:
    assert Family(2.0, np.array([1.0, 2.0, 3.0])).p == 3 / 4
    assert Family(4.0, np.array([1.0, 2.0, 3.0])).p == 1 / 4


def _of_changes(changes: NDArray[np.float64], salt: int, draws: int = 199) -> Family:
    return flipped(changes.mean(0), changes / len(changes), np.arange(len(changes), dtype=np.uint64), salt, draws)


def test_signs_reject_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    p = np.array([_of_changes(rng.normal(0, 1, (30, 6)), salt, 39).p for salt in range(400)])
    for level in (0.05, 0.2, 0.5):
        assert (p <= level).mean() == pytest.approx(level, abs=4 * np.sqrt(level * (1 - level) / 400))


def test_signs_show_a_change_of_everybody() -> None:
    changes = np.random.default_rng(1).normal(0, 1, (100, 6))
    changes[:, 2] += 0.8
    assert _of_changes(changes, SALT).p == 1 / 200


@pytest.mark.parametrize("users", [0, 1])
def test_signs_of_nobody_show_nothing(users: int) -> None:
    found = flipped(np.zeros(6), np.zeros((users, 6)), np.zeros(users, np.uint64), SALT, 19)
    assert found.p == 1
