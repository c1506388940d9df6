"""Time as a worker takes it: a wall clock that jumps is not followed at once, one that was put right is in the end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eddyline.clock import FOLLOWS_MS, SETTLES_MS, Clock, Now

WALL_MS, BOOT_MS = 1_795_248_000_000, 5_000
HOUR_MS = 3_600_000


def test_a_clock_that_nobody_sets_is_right() -> None:
    clock = Clock(WALL_MS, BOOT_MS)
    for passed in (0, 1, 1000, 86_400_000):
        assert clock.now(WALL_MS + passed, BOOT_MS + passed) == Now(WALL_MS + passed, WALL_MS + passed)


@pytest.mark.parametrize("jump", [HOUR_MS, -HOUR_MS, 2 * FOLLOWS_MS, -2 * FOLLOWS_MS])
def test_a_jump_there_and_back_is_not_followed(jump: int) -> None:
    clock = Clock(WALL_MS, BOOT_MS)
    for passed in range(1000, SETTLES_MS, 1000):
        found = clock.now(WALL_MS + passed + jump, BOOT_MS + passed)
        assert found == Now(WALL_MS + passed, WALL_MS + passed + max(jump, 0))
    assert clock.now(WALL_MS + SETTLES_MS, BOOT_MS + SETTLES_MS).ms == WALL_MS + SETTLES_MS


@pytest.mark.parametrize("jump", [HOUR_MS, -HOUR_MS])
def test_a_clock_that_keeps_its_new_course_was_put_right(jump: int) -> None:
    clock = Clock(WALL_MS, BOOT_MS)
    clock.now(WALL_MS + jump, BOOT_MS)
    passed = SETTLES_MS
    assert clock.now(WALL_MS + passed + jump, BOOT_MS + passed) == Now(*[WALL_MS + passed + jump] * 2)


def test_a_clock_that_jumps_again_and_again_settles_nowhere() -> None:
    clock = Clock(WALL_MS, BOOT_MS)
    for minute in range(1, 100):
        passed, jump = minute * 60_000, HOUR_MS * (1 + minute % 2)
        assert clock.now(WALL_MS + passed + jump, BOOT_MS + passed).ms == WALL_MS + passed


def test_a_clock_that_is_adjusted_a_little_at_a_time_is_followed() -> None:
    clock = Clock(WALL_MS, BOOT_MS)
    for second in range(5000):
        passed, slewed = second * 1000, second
        assert clock.now(WALL_MS + passed + slewed, BOOT_MS + passed).ms == WALL_MS + passed + slewed


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(-2 * HOUR_MS, 2 * HOUR_MS)), max_size=60))
def test_no_event_is_ahead_of_it_that_is_not_ahead_of_both_clocks(steps: list[tuple[int, int]]) -> None:
    clock, passed = Clock(WALL_MS, BOOT_MS), 0
    for step, jump in steps:
        passed += step
        found = clock.now(WALL_MS + passed + jump, BOOT_MS + passed)
        assert found.latest_ms >= max(found.ms, WALL_MS + passed + jump)
