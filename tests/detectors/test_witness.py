"""The witness bets fairly: Bennett's bound holds for every law it claims, and one window can never win much."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eddyline.detectors import wealth, witness
from eddyline.detectors.sums import Ints
from eddyline.detectors.whitening import COMPONENTS, UNIT
from eddyline.detectors.witness import BETS, BOUND, Witness, bets, log_price

THETAS = (1e-4, 0.01, 0.06, 0.25, 0.5, 1.0, 2.0, 3.0)
UNLIKELY = 1e-12


def _expected(values: list[float], chances: list[float], theta: float) -> float:
    """Return E[e] of a bet with stake theta on a score with this law."""
    return math.fsum(
        chance * math.exp(theta * min(BOUND, z) - log_price(theta)) for z, chance in zip(values, chances, strict=True)
    )


@pytest.mark.parametrize("theta", THETAS)
def test_the_worst_law_reaches_the_bound_exactly(theta: float) -> None:
    """Mean 0, variance 1, at most 3: Bennett's extreme law has its mass at -1/3 and 3."""
    assert _expected([-1 / BOUND, BOUND], [0.9, 0.1], theta) == pytest.approx(1.0, abs=UNLIKELY)


@pytest.mark.parametrize("theta", THETAS)
def test_two_point_laws_of_mean_zero_never_win(theta: float) -> None:
    for low, high in itertools.product(np.linspace(-30, -0.01, 80).tolist(), np.linspace(0.01, 30, 80).tolist()):
        if -low * high <= 1.0:
            chance = -low / (high - low)
            assert _expected([low, high], [1 - chance, chance], theta) <= 1.0 + UNLIKELY


@given(
    st.lists(st.floats(-8, 8), min_size=2, max_size=6),
    st.lists(st.floats(0.01, 1), min_size=6, max_size=6),
    st.floats(0, 4),
    st.sampled_from(THETAS),
)
def test_laws_of_any_shape_with_a_mean_of_at_most_zero_never_win(
    values: list[float], parts: list[float], below: float, theta: float
) -> None:
    chances = np.array(parts[: len(values)]) / sum(parts[: len(values)])
    centred = np.array(values) - float(chances @ np.array(values))
    scaled = centred / max(1.0, math.sqrt(float(chances @ centred**2))) - below
    assert _expected(scaled.tolist(), chances.tolist(), theta) <= 1.0 + 1e-9


def test_the_bets_on_a_window_are_fair_even_where_the_law_has_no_bound() -> None:
    """One prompt whose score is far above 3 now and then: it is truncated before it is bet on."""
    for high in np.linspace(0.5, 30, 60).tolist():
        chance = 1 / (1 + high**2)
        outcomes = [(1 - chance, -1 / high), (chance, high)]
        pays = sum(part * np.exp(bets(np.full(2, z), 1, 0.0, 1.0) / wealth.UNIT) for part, z in outcomes)
        assert pays.max() <= 1.0


def test_a_mean_above_zero_wins() -> None:
    assert _expected([-0.4, 1.0], [0.5, 0.5], 0.5) > 1.0


@given(st.floats(-1e6, 1e6), st.integers(1, 100_000), st.floats(0, 1), st.floats(1.1, 5))
def test_one_window_multiplies_wealth_by_ten_at_most(along: float, n: int, radius: float, variance: float) -> None:
    found = bets(np.full(2, along), n, radius, variance)
    assert found.shape == (BETS,)
    assert found.max() <= wealth.MOST <= math.log(10) * wealth.UNIT


def test_a_window_that_leans_by_no_more_than_the_tolerance_wins_nothing() -> None:
    assert bets(np.full(2, 50 * 0.1), 50, 0.1, 1.1).max() < 0
    assert bets(np.full(2, 50 * 0.9), 50, 0.1, 1.1).max() > 0


def test_without_a_direction_nothing_is_bet() -> None:
    assert not Witness().knows().any()
    assert Witness().along(np.ones(COMPONENTS, np.int64)).tolist() == [0.0, 0.0]


def _taught(*hours: Ints, n: int = 400) -> Witness:
    """Return a witness that has lived through hours with these deviations."""
    found = Witness()
    for at, deviation in enumerate(hours):
        found.begin(at)
        found.learn(deviation, n)
    found.begin(len(hours))
    return found


def _axis(place: int) -> Ints:
    deviation = np.zeros(COMPONENTS, np.int64)
    deviation[place] = 400 * UNIT
    return deviation


def test_a_direction_is_what_earlier_hours_leaned_to_and_forgets_by_half_lives() -> None:
    assert _taught(_axis(0)).along(_axis(0)) == pytest.approx([400.0, 400.0], rel=1e-4)
    found = _taught(_axis(0), _axis(1))
    shares = found.along(_axis(0)) / found.along(_axis(1))
    assert shares == pytest.approx([0.5, 2 ** (-400 / 3000)], rel=1e-4)


def test_an_hour_teaches_nothing_until_it_is_over() -> None:
    found = _taught(_axis(0))
    found.learn(_axis(1), 400)
    found.begin(1)
    assert found.along(_axis(1)).tolist() == [0.0, 0.0]
    found.begin(2)
    assert (found.along(_axis(1)) > 100).all()


def test_how_an_hour_is_cut_into_windows_changes_no_byte() -> None:
    whole, parts = _taught(_axis(0), _axis(1)), _taught(_axis(0))
    for _ in range(4):
        parts.learn(_axis(1) // 4, 100)
        parts.begin(1)
    parts.begin(2)
    assert parts.pack() == whole.pack()


def test_the_projection_is_that_of_floating_point_to_four_digits() -> None:
    rng = np.random.default_rng(1)
    leaning, deviation = rng.integers(-(10**9), 10**9, (2, COMPONENTS))
    expected = float(leaning @ deviation / np.linalg.norm(leaning) / UNIT)
    assert _taught(leaning).along(deviation) == pytest.approx([expected, expected], rel=1e-3)


def test_a_witness_survives_being_stored() -> None:
    old, again = _taught(_axis(0), _axis(1)), Witness()
    old.learn(_axis(2), 7)
    again.restore(old.pack())
    assert len(old.pack()) == witness.PACKED_BYTES
    assert again.pack() == old.pack()
    assert again.along(_axis(1)).tolist() == old.along(_axis(1)).tolist()


def test_the_variance_along_learned_directions_is_that_of_a_prompt() -> None:
    rng = np.random.default_rng(2)
    n = rng.integers(1, 30, 600)
    for spread in (1.0, 1.5):
        deviations = rng.normal(size=(600, COMPONENTS)) * np.sqrt(n)[:, None] * spread
        found = witness.variance(np.rint(deviations * UNIT).astype(np.int64), n)
        assert found == pytest.approx(witness.VARIANCE_MARGIN * spread**2, rel=0.15)


def test_the_variance_of_nothing_is_the_margin() -> None:
    empty = np.zeros((24, COMPONENTS), np.int64)
    assert witness.variance(empty, np.zeros(24, np.int64)) == witness.VARIANCE_MARGIN
