"""The distance of ruler users to an eval set stands beside what chance makes of it, and the excess is free of that."""

import numpy as np
import pytest
from tests.detectors.evaldays import evalset

from eddyline.cells import DIMENSION, FEATURES, GROUPS
from eddyline.daysums import HOURS, Breakdown, DaySums
from eddyline.detectors.evaldistance import UNIT, EvalDistance, measure
from eddyline.protocols import SCALE

SHIFT = 0.1
PARTS = 60
"""Components of length 1 in which prompts vary."""


def _prompts(rng: np.random.Generator, n: int) -> np.ndarray:
    """Draw prompts of length 400."""
    rows = np.zeros((n, DIMENSION))
    rows[:, :PARTS] = rng.normal(size=(n, PARTS))
    rows *= SCALE / np.linalg.norm(rows, axis=1)[:, None]
    found: np.ndarray = np.rint(rows).astype(np.int64)
    return found


def _day(rng: np.random.Generator, n: int, shift: float = 0.0) -> DaySums:
    prompts, group = _prompts(rng, n), rng.integers(0, GROUPS, n)
    prompts[:, PARTS] += round(shift * SCALE)
    x = np.zeros((GROUPS, DIMENSION), np.int64)
    np.add.at(x, group, prompts)
    groups = Breakdown(np.bincount(group, minlength=GROUPS), x, np.zeros((GROUPS, FEATURES), np.int64))
    return DaySums("2026-11-21", groups, Breakdown.empty(HOURS), n, 0, lost=False, sample=[])


def _measured(seed: int, n: int, shift: float = 0.0) -> EvalDistance:
    rng = np.random.default_rng(seed)
    found = measure(_day(rng, n, shift), evalset(_prompts(rng, 500).sum(axis=0)).sums)
    assert found is not None
    return found


def test_the_distance_is_that_of_the_means_of_ruler_users_and_of_the_set() -> None:
    rng = np.random.default_rng(1)
    day, items = _day(rng, 500), _prompts(rng, 500).sum(axis=0)
    found = measure(day, evalset(items).sums)
    assert found is not None
    rulers = day.groups.x[8:].sum(axis=0) / day.groups.n[8:].sum()
    assert found.distance == pytest.approx(((rulers - items / 500) ** 2).sum() / SCALE**2 * UNIT, abs=1)


def test_without_a_change_the_distance_is_what_is_expected_on_average() -> None:
    runs = np.array([_measured(seed, 600) for seed in range(80)])
    error = runs[:, 0].std() / len(runs) ** 0.5
    assert abs(runs[:, 0].mean() - runs[:, 1].mean()) < 3 * error
    assert runs[:, 1].std() < 0.5 * runs[:, 0].std()


@pytest.mark.parametrize("n", [300, 1_200])
def test_the_excess_is_the_same_for_few_users_and_for_many(n: int) -> None:
    runs = np.array([_measured(seed, n, SHIFT).excess for seed in range(80)]) / UNIT
    # An eval set of 500 independent items keeps its own error.
    assert runs.mean() == pytest.approx(SHIFT**2 + 1 / 500, abs=3 * float(runs.std()) / len(runs) ** 0.5)


def test_the_distance_alone_would_be_larger_for_few_users() -> None:
    few, many = (np.mean([_measured(seed, n).distance for seed in range(40)]) for n in (300, 1_200))
    assert few > 1.5 * many


def test_too_few_ruler_users_have_no_distance() -> None:
    rng = np.random.default_rng(1)
    assert measure(_day(rng, 120), evalset(_prompts(rng, 500).sum(axis=0)).sums) is None
