"""Ruler users measure and never supply: the two halves have nobody in common."""

import numpy as np
import pytest
from tests.detectors.evaldays import past_day
from tests.detectors.simulated import MONDAY, Town

from eddyline.cells import GROUPS, group_of
from eddyline.daysums import HOURS, Breakdown, DaySums
from eddyline.detectors import rulers


def _users(count: int, seed: int) -> list[bytes]:
    return [row.tobytes() for row in np.random.default_rng(seed).integers(0, 256, (count, 16), np.uint8)]


def _day(n: list[int]) -> DaySums:
    groups = Breakdown.empty(GROUPS)
    groups.n[rulers.RULERS] = n
    return DaySums("2026-11-21", groups, Breakdown.empty(HOURS), sum(n), 0, lost=False, sample=[])


def test_half_of_the_users_may_supply_items() -> None:
    share = np.mean([rulers.may_supply(user) for user in _users(4_000, 1)])
    assert share == pytest.approx(0.5, abs=0.03)


def test_nobody_supplies_and_measures() -> None:
    for user in _users(500, 2):
        measures = group_of(user) in range(*rulers.RULERS.indices(GROUPS))
        assert measures != rulers.may_supply(user)


def test_a_prompt_without_a_user_may_not_become_an_item() -> None:
    assert not rulers.may_supply(b"")


def test_the_part_of_ruler_users_is_eight_groups_of_the_day() -> None:
    day = past_day(Town(1).day(MONDAY)[0])
    part = rulers.of(day)
    assert part.n.tolist() == day.groups.n[8:].tolist()
    assert np.array_equal(part.x, day.groups.x[8:])
    assert np.array_equal(part.features, day.groups.features[8:])


@pytest.mark.parametrize(
    ("n", "enough"), [([50, 50] + [0] * 6, True), ([50, 49] + [0] * 6, False), ([100] + [0] * 7, False)]
)
def test_enough_are_a_hundred_users_in_two_groups(n: list[int], *, enough: bool) -> None:
    assert rulers.are_enough(_day(n)) is enough
