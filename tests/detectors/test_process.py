"""One process keeps one budget: its wealth less the time is a supermartingale, and waiting wins nothing."""

import itertools
import math

import numpy as np
import pytest

from eddyline.detectors import wealth
from eddyline.detectors.process import Process, limit_days
from eddyline.detectors.sums import Ints

WEIGHTS = np.array([0.5, 0.3, 0.2])
DAY = 1 / 288
ALL = np.ones(3, np.bool_)


def _bets(*factors: float) -> Ints:
    return np.array([wealth.floor(math.log(factor)) for factor in factors], np.int64)


def test_the_budget_is_shared_by_all_streams() -> None:
    assert limit_days(1.0, 1) == 365
    assert limit_days(2.0, 50) == 365 * 25


def test_wealth_is_the_weighted_average_of_shiryaev_roberts() -> None:
    process, expected = Process(WEIGHTS), np.zeros(3)
    for factors in itertools.product((0.5, 1.7, 4.0), repeat=3):
        process.step(_bets(*factors), ALL, DAY)
        expected = (expected + DAY) * factors
        assert process.average() == pytest.approx(math.log(WEIGHTS @ expected), abs=1e-4)


def test_rounding_never_adds_wealth() -> None:
    process, expected = Process(WEIGHTS), np.zeros(3)
    rng = np.random.default_rng(1)
    for factors in rng.uniform(0.5, 1.9, (2_000, 3)):
        process.step(_bets(*factors), ALL, DAY)
        expected = (expected + DAY) * factors
    assert process.average() <= math.log(WEIGHTS @ expected) < process.average() + 1e-2


def test_each_window_rounds_down() -> None:
    process = Process(WEIGHTS)
    for window in range(1, 2_000):
        process.step(np.zeros(3, np.int64), ALL, DAY)
        assert (process.logs / wealth.UNIT <= math.log(window * DAY) + 1e-12).all()


def test_wealth_less_time_is_a_supermartingale_over_every_path() -> None:
    """Fair bets with dependent outcomes: all three win together with one chance in four."""
    paths: dict[tuple[int, ...], float] = {(): 1.0}
    windows = 6
    for _ in range(windows):
        paths = {(*path, won): chance * (0.25 if won else 0.75) for path, chance in paths.items() for won in (0, 1)}
    expected = 0.0
    for path, chance in paths.items():
        process = Process(WEIGHTS)
        for won in path:
            process.step(_bets(*((3.7, 2.5, 1.3) if won else (0.1, 0.5, 0.9))), ALL, DAY)
        expected += chance * math.exp(process.average())
    assert windows * DAY * 0.99 < expected <= windows * DAY


def test_false_alarms_stay_within_the_budget_for_any_fair_bet() -> None:
    """40 streams of 500 windows, A = 20 windows: at most 1,000 alarms are expected of them."""
    rng, limit, alarms = np.random.default_rng(2), math.log(20.0), 0
    for _ in range(40):
        process = Process(np.array([1.0]))
        for won in rng.random(500) < 0.25:
            process.step(_bets(3.1 if won else 0.3), np.ones(1, np.bool_), 1.0)
            if process.average() >= limit:
                alarms += 1
                process.reset()
    assert alarms <= 40 * 500 / 20
    assert alarms > 100


def test_no_single_window_alarms_whatever_it_holds() -> None:
    process = Process(WEIGHTS)
    process.step(np.full(3, wealth.MOST), ALL, DAY)
    assert process.average() <= math.log(10 * DAY) + 1e-6
    process.reset()
    process.step(np.full(3, wealth.MOST), ALL, 1.0)
    assert process.average() < math.log(limit_days(24.0, 1))


def test_a_bet_that_cannot_be_made_does_not_grow_by_waiting() -> None:
    process = Process(WEIGHTS)
    for _ in range(1_000):
        process.step(_bets(1.0, 1.0, 1.0), np.array([False, True, False]), 1.0)
    assert process.average() == pytest.approx(math.log(0.3 * 1_000), abs=2e-3)


def test_wealth_survives_losses_beyond_every_number() -> None:
    process = Process(WEIGHTS)
    for _ in range(50):
        process.step(np.full(3, -(2**40)), ALL, DAY)
    assert (process.logs == wealth.NOTHING).all()
    process.step(_bets(1.0, 1.0, 1.0), ALL, DAY)
    assert process.average() == pytest.approx(math.log(DAY), abs=1e-5)


def test_the_leading_bet_is_the_one_with_the_largest_part() -> None:
    process = Process(WEIGHTS)
    process.step(_bets(1.0, 1.0, 9.0), ALL, DAY)
    assert process.leading() == 2
