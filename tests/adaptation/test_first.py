"""The arms before anybody saw an answer."""

from typing import Any

import numpy as np
import pytest
from tests.adaptation.made import panel_day
from tests.adaptation.panels import CHANGE, DAY_MS, FEATURE, SHARE, Change, Made, a_look, arms, made

from eddyline.adaptation.first import changes, first_opener
from eddyline.adaptation.panel import Days
from eddyline.adaptation.study import gather
from eddyline.paneldays import PanelDay

SALT = 5
DRAWS = 199
RUNS = 60
USERS = 300


def _p(found: Made) -> float | None:
    return first_opener(found.panel, found.look, found.study, SHARE, SALT, DRAWS)


def test_adaptation_does_not_show_in_the_first_opener() -> None:
    adapted = Change(plateau=0.4, half_life=1)
    low = [_p(made(seed, USERS, adapted)) for seed in range(RUNS)]
    assert all(p is not None for p in low)
    assert sum(p is not None and p <= 0.1 for p in low) <= 13  # binomial at .1: more have a probability of .004


def test_an_announcement_does() -> None:
    p = _p(made(1, 1000, Change(announced=0.2)))
    assert p == 1 / (DRAWS + 1)


def test_season_does_not() -> None:
    p = _p(made(2, 1000, Change(season=0.3)))
    assert p is not None
    assert p > 0.05


@pytest.mark.parametrize("users", [0, 1, 5])
def test_with_hardly_any_users_there_is_an_honest_number_or_none(users: int) -> None:
    p = _p(made(1, users, Change()))
    assert p is None or 0 < p <= 1


def test_with_one_arm_there_is_none() -> None:
    found = made(1, 50, Change())
    assert _p(found._replace(study=found.study._replace(control=found.study.control & False))) is None


def _day(day: int, users: list[int], word: int, hour: int = 0, openers: list[int] | None = None) -> PanelDay:
    found = panel_day(day, users, openers=openers)
    at = np.full(len(users), day * DAY_MS + hour * 3_600_000)
    return found._replace(first=np.full(len(users), word), first_ms=at)


def _changes(*days: PanelDay, hour: int = 12) -> dict[int, float]:
    """Return the change of the feature of users 0 to 3, by user; the change is on day 100 at ``hour``."""
    before = _day(CHANGE - 1, [0, 1, 2, 3], 0)
    panel = Days({day.day: day for day in (before, *days)})
    look = a_look()._replace(since=range(CHANGE + 1, CHANGE + 20), after=range(CHANGE + 6, CHANGE + 20))
    look = look._replace(change_ms=CHANGE * DAY_MS + hour * 3_600_000)
    study = gather(panel, look, arms(np.array([False, True, False, True])))
    found = changes(panel, look, study)
    return dict(zip(found.user.tolist(), found.styles[:, FEATURE].tolist(), strict=True))


def test_the_first_opener_after_the_change_is_held_against_the_users_own_past() -> None:
    day, later = _day(CHANGE + 1, [0, 1], 1), _day(CHANGE + 2, [0, 1, 2], 0)
    assert _changes(day, later) == {0: 1, 1: 1, 2: 0}


def test_the_rest_of_the_day_of_the_change_counts() -> None:
    assert _changes(_day(CHANGE, [0, 1], 1, hour=13), _day(CHANGE + 1, [0, 1], 0)) == {0: 1, 1: 1}


def test_who_was_active_on_that_day_before_the_change_is_left_out_in_both_arms() -> None:
    assert _changes(_day(CHANGE, [0, 1], 1, hour=11), _day(CHANGE + 1, [0, 1, 2], 1)) == {2: 1}


def test_who_goes_on_in_an_old_session_is_left_out() -> None:
    assert _changes(_day(CHANGE + 1, [0, 1], 1, openers=[0, 1]), _day(CHANGE + 2, [0], 1)) == {1: 1}


def test_of_two_rows_of_a_day_the_earlier_one_is_first() -> None:
    late, early = _day(CHANGE + 1, [0], 1, hour=9), _day(CHANGE + 1, [0], 0, hour=8)
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(late, name), getattr(early, name)]) for name in late._fields[4:]
    }
    assert _changes(late._replace(**columns)) == {0: 0}


def test_a_first_opener_of_later_than_two_weeks_is_none() -> None:
    assert list(_changes(_day(CHANGE + 14, [0], 1), _day(CHANGE + 15, [1], 1))) == [0]


def test_whose_arm_is_unknown_is_left_out() -> None:
    found = made(1, 50, Change())
    study = found.study._replace(control=found.study.control | (found.study.user < 10))
    left = changes(found.panel, found.look, study)
    assert set(left.user.tolist()) == {
        user for user in found.study.user.tolist() if user >= 10 or not _treated(found, user)
    }


def _treated(found: Made, user: int) -> bool:
    return bool(found.study.treated[found.study.user == user].item())
