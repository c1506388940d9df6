"""Which days an analysis compares."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from eddyline.adaptation.looks import Look, followed, look
from eddyline.events import Arm
from eddyline.rollouts import Rollout, Wave

BERLIN = ZoneInfo("Europe/Berlin")
D = date(2026, 11, 2).toordinal()
"""The day of the change."""
KNOWN = range(D - 100, D + 100)


def _ms(ordinal: int, hour: int = 0) -> int:
    day = date.fromordinal(ordinal)
    return int(datetime(day.year, day.month, day.day, hour, tzinfo=BERLIN).timestamp() * 1000)


def _rollout(effective_ms: int, free_since_ms: int | None = None, end_ms: int | None = None) -> Rollout:
    return Rollout("new", "old", "announced", (Wave(effective_ms, Arm()),), free_since_ms, end_ms, None)


def _look(rollout: Rollout, day: int, known: range = KNOWN) -> Look:
    return look(rollout, day, known, BERLIN)


def test_the_partial_day_of_the_change_belongs_to_neither_side() -> None:
    found = _look(_rollout(_ms(D, 9)), D + 3)
    assert (found.before, found.after) == (range(D - 14, D), range(D + 1, D + 4))
    assert (found.t, found.exposed) == (3, range(D, D + 4))


def test_a_change_at_local_midnight_leaves_no_partial_day() -> None:
    found = _look(_rollout(_ms(D)), D + 3)
    assert (found.before, found.after) == (range(D - 14, D), range(D, D + 4))
    assert found.exposed == found.since


def test_after_is_the_last_two_weeks() -> None:
    found = _look(_rollout(_ms(D, 9)), D + 40)
    assert (found.after, found.t) == (range(D + 27, D + 41), 40)


@pytest.mark.parametrize(("free_days", "weeks"), [(30, 2), (14, 2), (13, 1), (7, 1), (6, 0), (0, 0)])
def test_before_is_whole_weeks_without_another_deployment(free_days: int, weeks: int) -> None:
    found = _look(_rollout(_ms(D, 9), free_since_ms=_ms(D - free_days)), D + 3)
    assert found.before == range(D - 7 * weeks, D)


def test_a_deployment_within_a_day_takes_that_day_from_before() -> None:
    assert _look(_rollout(_ms(D, 9), free_since_ms=_ms(D - 14, 1)), D + 3).before == range(D - 7, D)


@pytest.mark.parametrize(("days", "weeks"), [(14, 2), (10, 1), (3, 0)])
def test_before_begins_no_earlier_than_the_panel(days: int, weeks: int) -> None:
    assert _look(_rollout(_ms(D, 9)), D + 3, range(D - days, D + 4)).before == range(D - 7 * weeks, D)


def test_a_panel_without_days_has_no_before() -> None:
    assert len(_look(_rollout(_ms(D)), D + 3, range(0)).before) == 0


def test_a_look_before_the_first_whole_day_has_no_after() -> None:
    found = _look(_rollout(_ms(D, 9)), D)
    assert (len(found.after), found.t) == (0, 0)


def test_a_rollout_is_followed_for_sixty_whole_days() -> None:
    assert followed(_rollout(_ms(D, 9)), BERLIN) == range(D + 1, D + 61)


def test_a_rollout_is_followed_while_it_is_in_force() -> None:
    assert followed(_rollout(_ms(D, 9), end_ms=_ms(D + 4, 12)), BERLIN) == range(D + 1, D + 4)
    assert len(followed(_rollout(_ms(D, 9), end_ms=_ms(D, 12)), BERLIN)) == 0
