"""Looking every day without finding what is not there."""

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.adaptation.studies import SHARE, study

from eddyline.adaptation.rehash import Families, Family, rehash
from eddyline.adaptation.sequential import LEVELS, SPLIT, Alive, fresh, step, unpack
from eddyline.adaptation.study import Study

DRAWS = 99


def _families(observed: float, drawn: NDArray[np.float64]) -> Families:
    """Return families of which only the first has any statistics."""
    return Families(Family(observed, drawn), Family(0.0, np.zeros(len(drawn))))


def _of_looks(seed: int, looks: int, effect: float = 0.0, draws: int = DRAWS) -> Alive:
    """Follow users who each have a permanent difference, and what chance adds to each look."""
    rng = np.random.default_rng(seed)
    first = study(seed, 80, effect=effect)
    alive = fresh(draws)
    for t in range(1, looks + 1):
        alive = step(alive, rehash(_later(first, rng).changes(), SHARE, seed, draws), t)
    return alive


def _later(first: Study, rng: np.random.Generator) -> Study:
    noise = rng.normal(0, 0.05, first.after.styles.shape)
    return first._replace(after=first.after._replace(styles=first.after.styles + noise))


def test_looking_often_finds_nothing_more_often_than_its_level() -> None:
    p = np.array([_of_looks(seed, 20).p for seed in range(200)])
    for level in (0.05, 0.1, 0.2):
        assert (p <= level).mean() <= level + 3 * np.sqrt(level * (1 - level) / 200)
    assert (p <= 0.2).mean() > 0.03


def test_an_effect_is_found_within_days() -> None:
    assert max(_of_looks(seed, 8, 0.4, 999).p for seed in range(5)) <= 0.05


def test_what_is_rejected_at_a_level_is_rejected_at_every_larger_one() -> None:
    rng = np.random.default_rng(1)
    alive = fresh(DRAWS)
    for t in range(1, 60):
        alive = step(alive, _families(float(rng.exponential()), rng.exponential(size=DRAWS)), t)
        assert np.all(alive.rejected[:, :-1] <= alive.rejected[:, 1:])


def test_no_more_is_ever_rejected_than_the_level_allows() -> None:
    rng = np.random.default_rng(1)
    alive = fresh(999)
    for t in range(1, 200):
        alive = step(alive, _families(float(rng.exponential()), rng.exponential(size=999)), t)
        spent = 1000 * SPLIT[0] * np.array(LEVELS) * t / (t + 10)
        assert np.all(alive.rejected[0].sum(axis=1) <= spent)
    assert alive.rejected[0].sum(axis=1).tolist() == [7, 15, 38, 76, 152]


def test_what_was_rejected_stays_rejected() -> None:
    drawn = np.linspace(0.1, 1, DRAWS)
    found = step(fresh(DRAWS), _families(9.0, drawn), 30)
    later = step(found, _families(0.0, drawn), 31)
    assert found.p == 0.02
    assert later.p == found.p


def test_of_equal_statistics_the_users_own_is_rejected_last() -> None:
    assert step(fresh(DRAWS), _families(1.0, np.ones(DRAWS)), 50).p == 1


def test_where_there_is_no_statistic_nothing_is_spent() -> None:
    assert not step(fresh(DRAWS), _families(0.0, np.zeros(DRAWS)), 50).rejected.any()


def test_an_embedding_that_moved_is_found_too() -> None:
    drawn = np.linspace(0.1, 1, 999)
    found = step(fresh(), Families(Family(0.5, drawn), Family(9.0, drawn)), 20)
    assert found.p == 0.01


@pytest.mark.parametrize("draws", [99, 999, 7])
def test_what_was_stored_is_what_was_rejected(draws: int) -> None:
    drawn = np.random.default_rng(1).exponential(size=draws)
    found = step(fresh(draws), _families(5.0, drawn), 30)
    assert np.array_equal(unpack(found.pack(), draws).rejected, found.rejected)
    assert len(found.pack()) == 10 * -(-(draws + 1) // 8)
