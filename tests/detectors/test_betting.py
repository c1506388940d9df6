"""Bets on counts are fair to the last outcome: expectations are sums over every count there is."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from eddyline.detectors import betting, wealth
from eddyline.detectors.betting import ODDS, Bets

NO_ERROR = np.zeros(1)


def _expected(bets: Bets, n: int, rate: float) -> NDArray[np.float64]:
    """Return E[e] of each of the five bets on one feature, for a binomial count of this rate."""
    total = np.zeros(len(ODDS))
    for k in range(n + 1):
        chance = math.comb(n, k) * rate**k * (1 - rate) ** (n - k)
        total += chance * np.exp(betting.score(bets, np.array([k]), n)[0] / wealth.UNIT)
    return total


@pytest.mark.parametrize("n", [1, 2, 7, 35, 200])
@pytest.mark.parametrize("rate", [0.001, 0.03, 0.3, 0.5, 0.97])
def test_no_bet_has_an_expectation_above_one(n: int, rate: float) -> None:
    up, down = betting.upwards(np.array([rate]), NO_ERROR), betting.downwards(np.array([rate]), NO_ERROR)
    for share in (0.0, 0.3, 0.9, 1.0):
        assert _expected(up, n, rate * share).max() <= 1.0
        assert _expected(down, n, 1 - (1 - rate) * share).max() <= 1.0


def test_a_bet_is_nearly_fair_at_the_rate_it_is_made_against() -> None:
    """Rounding takes a millionth a prompt; the limit of a tenfold takes more only where it is met."""
    assert _expected(betting.upwards(np.array([0.3]), NO_ERROR), 7, 0.3)[:2] == pytest.approx(1.0, abs=2e-5)


def test_a_bet_is_fair_when_prompts_depend_on_the_past() -> None:
    """The rate of a prompt jumps with the one before it, but never above the one that is bet against."""
    bets, n = betting.upwards(np.array([0.4]), NO_ERROR), 10
    chances = {(0, 0): 1.0}
    for _ in range(n):
        step: dict[tuple[int, int], float] = {}
        for (k, last), chance in chances.items():
            rate = 0.4 if last else 0.1
            for hit in (0, 1):
                key = (k + hit, hit)
                step[key] = step.get(key, 0.0) + chance * (rate if hit else 1 - rate)
        chances = step
    pays = {k: np.exp(betting.score(bets, np.array([k]), n)[0] / wealth.UNIT) for k in range(n + 1)}
    assert max(sum(chance * pays[k] for (k, _), chance in chances.items())) <= 1.0


def test_bets_win_when_a_rate_has_moved_their_way() -> None:
    up, down = (make(np.array([0.1]), NO_ERROR) for make in (betting.upwards, betting.downwards))
    assert betting.score(up, np.array([8]), 20).max() > 0 > betting.score(down, np.array([8]), 20).max()
    assert betting.score(down, np.array([0]), 40).max() > 0 > betting.score(up, np.array([0]), 40).max()


def test_the_rate_that_is_bet_against_is_two_errors_away() -> None:
    moved = betting.upwards(np.array([0.1]), np.array([0.02]))
    assert np.array_equal(moved.price, betting.upwards(np.array([0.14]), NO_ERROR).price)
    assert np.array_equal(
        betting.downwards(np.array([0.1]), np.array([0.02])).price, betting.downwards(np.array([0.06]), NO_ERROR).price
    )


def test_what_cannot_rise_or_fall_is_not_bet_on() -> None:
    assert not betting.upwards(np.array([0.99]), np.array([0.01])).live.any()
    assert not betting.downwards(np.array([0.01]), np.array([0.01])).live.any()


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 2**32 - 1))
def test_two_windows_bet_as_one_below_the_limit(first: int, second: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    bets = betting.upwards(np.array([0.2, 0.6]), np.array([0.01, 0.0]))
    a, b = rng.integers(0, first + 1, 2), rng.integers(0, second + 1, 2)
    apart = betting.score(bets, a, first) + betting.score(bets, b, second)
    together = betting.score(bets, a + b, first + second)
    below = (betting.score(bets, a, first) < wealth.MOST) & (betting.score(bets, b, second) < wealth.MOST)
    assert np.array_equal(np.minimum(apart, wealth.MOST)[below], together[below])


def test_one_window_multiplies_wealth_by_ten_at_most() -> None:
    bets = betting.upwards(np.array([0.01]), NO_ERROR)
    assert betting.score(bets, np.array([10_000]), 10_000).max() == wealth.MOST
