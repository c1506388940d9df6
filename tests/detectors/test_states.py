"""Each state has a condition and one sentence; nothing speaks before it may."""

import math

import pytest
from tests.detectors import simulated
from tests.detectors.simulated import MONDAY, Town

from eddyline.detectors import baseline, states
from eddyline.detectors.states import NO_USERS, Standing
from eddyline.detectors.sums import DaySums

TOWN = Town(1)
DAYS = [TOWN.day(MONDAY + day)[0] for day in range(9)]
BASELINE = baseline.fit(DAYS, simulated.whitening())


def _unready(days: list[DaySums]) -> Standing:
    found = states.unready(days)
    assert found is not None
    return found


def test_fewer_than_seven_days_are_learning() -> None:
    assert _unready([]) == ("learning", "0 of 7 complete days have been seen.")
    assert _unready(DAYS[:6]) == ("learning", "6 of 7 complete days have been seen.")
    assert states.unready(DAYS[:7]) is None


def test_both_kinds_of_days_must_have_been_seen() -> None:
    weekdays = [day._replace(day=MONDAY + 7 * (k // 5) + k % 5) for k, day in enumerate(DAYS)]
    weekends = [day._replace(day=MONDAY + 5 + 7 * (k // 2) + k % 2) for k, day in enumerate(DAYS)]
    assert _unready(weekdays) == ("learning", "No weekend has been seen yet.")
    assert _unready(weekends) == ("learning", "No weekday has been seen yet.")


def test_without_users_it_is_blind_and_says_why() -> None:
    unnamed = [day._replace(unnamed=0.8) for day in DAYS]
    assert _unready(unnamed) == ("blind", NO_USERS)
    assert NO_USERS.startswith("No stable user ids")


def test_few_users_are_blind_and_hear_what_cannot_be_seen() -> None:
    few = BASELINE._replace(users_a_day=120.0, radius=0.21)
    assert states.standing(few, 30, quiet=True) == (
        "blind",
        "120 users a day: changes under about 16 % of prompts cannot be seen.",
    )


@pytest.mark.parametrize("radius", [0.26, math.inf])
def test_a_baseline_with_a_large_error_is_learning(radius: float) -> None:
    found = states.standing(BASELINE._replace(radius=radius), 30, quiet=True)
    assert found == ("learning", "The baseline's error is above 0.25 standard deviations.")


def test_a_dry_run_that_would_have_alarmed_is_learning() -> None:
    found = states.standing(BASELINE, 20, quiet=False)
    assert found.state == "learning"
    assert found.reason.startswith("Season not covered")


def test_the_second_week_is_provisional_and_then_it_watches() -> None:
    assert states.standing(BASELINE, 13, quiet=True).state == "provisional"
    assert states.standing(BASELINE, 14, quiet=True).state == "watching"


def test_only_three_states_speak() -> None:
    speaking = {
        state for state in ("learning", "provisional", "watching", "blind", "alarm") if Standing(state, "").speaks
    }
    assert speaking == {"provisional", "watching", "alarm"}


def test_what_can_be_seen_is_never_more_than_everything() -> None:
    assert [states.visible_percent(radius) for radius in (0.02, 0.112, 0.25, math.inf)] == [2, 9, 19, 100]
