"""The event study: nothing before a deployment where there is nothing, the effect after it, and intervals that hold."""

import numpy as np
import pytest
from numpy.typing import NDArray

from eddyline import features
from eddyline.adaptation.arms import Arms
from eddyline.adaptation.eventstudy import EventStudy, event_study
from eddyline.adaptation.looks import Look
from eddyline.adaptation.panel import Days
from eddyline.adaptation.study import gather
from eddyline.panel import PROJECTED
from eddyline.paneldays import ALL, SIZES, STYLES, PanelDay

CHANGE = 740_000
"""The day of the change; it was deployed in the middle of it."""
OPENERS = 10
FEATURE = "json"
PLACE = features.NAMES.index(FEATURE)


def made(day: int, having: NDArray[np.int64]) -> PanelDay:
    """Return a day on which every user opens ten sessions, ``having[i]`` of them with the feature."""
    users = len(having)
    styles = np.zeros((users, STYLES), np.int64)
    styles[:, PLACE] = having
    ones, zeros = np.ones(users, np.int64), np.zeros(users, np.int64)
    return PanelDay(
        day=day,
        below=ALL,
        lost=False,
        deployments=("v2",),
        user=np.arange(users, dtype=np.uint64),
        deployment=zeros,
        bucket=zeros,
        first_ms=zeros,
        n=OPENERS * ones,
        openers=OPENERS * ones,
        first=zeros,
        styles=styles,
        sizes=np.zeros((users, SIZES), np.int64),
        projected=np.zeros((users, PROJECTED), np.int64),
    )


def arms(users: int, control: int) -> Arms:
    held = np.arange(users) < control
    kind = "assigned" if control else "none"
    return Arms(
        kind=kind,  # type: ignore[arg-type]
        control="holdout" if control else "none",
        user=np.arange(users, dtype=np.uint64),
        treated=~held,
        control_mask=held,
        crossed=0,
        share=0.25 if control else None,
        reason=None,
    )


def look(since: int = 10, before: int = 14) -> Look:
    first = CHANGE + 1
    days = range(first, first + since)
    return Look(range(CHANGE - before, CHANGE), days[-14:], days, days[-1], 0)


def studied(days: dict[int, NDArray[np.int64]], control: int, at: Look) -> EventStudy:
    panel = Days({day: made(day, having) for day, having in days.items()})
    users = len(next(iter(days.values())))
    study = gather(panel, at._replace(after=at.since), arms(users, control))
    return event_study(panel, at, study, FEATURE)


def simulated(
    seed: int, users: int, control: int, *, effect: float, season: float = 0.0
) -> dict[int, NDArray[np.int64]]:
    """Return days on which treated users have the feature more often after the change, all more often by a season."""
    rng = np.random.default_rng(seed)
    own = rng.uniform(0.1, 0.5, users)
    treated = np.arange(users) >= control
    shares = {
        day: own + effect * treated * (day > CHANGE) + season * (day > CHANGE)
        for day in (*range(CHANGE - 14, CHANGE), *range(CHANGE + 1, CHANGE + 11))
    }
    return {day: rng.binomial(OPENERS, share) for day, share in shares.items()}


def test_every_day_but_that_of_the_change_is_a_point_and_every_week_one() -> None:
    found = studied(simulated(1, 40, 10, effect=0.2), 10, look())
    first = CHANGE + 1
    assert [day.first for day in found.days] == [*range(CHANGE - 14, CHANGE), *range(first, first + 10)]
    assert all(day.first == day.last for day in found.days)
    assert [(week.first, week.last) for week in found.weeks] == [
        (CHANGE - 14, CHANGE - 8),
        (CHANGE - 7, CHANGE - 1),
        (first, first + 6),
        (first + 7, first + 9),
    ]
    assert {(day.treated, day.control) for day in found.days} == {(30, 10)}
    assert found.has_control


def test_a_day_before_is_not_held_against_itself() -> None:
    days = {day: np.full(20, 2) for day in (*range(CHANGE - 14, CHANGE), CHANGE + 1)}
    days[CHANGE - 3] = np.where(np.arange(20) < 5, 2, 9)
    found = studied(days, 5, look(since=1))
    by_day = {day.first: day.effect for day in found.days}
    spike, usual = by_day[CHANGE - 3], by_day[CHANGE - 5]
    assert spike is not None
    assert usual is not None
    assert spike.value == pytest.approx(0.7)
    assert usual.value == pytest.approx(-0.7 / 13)


def test_the_effect_comes_after_the_change_and_the_season_is_not_in_it() -> None:
    found = studied(simulated(2, 400, 100, effect=0.2, season=0.15), 100, look())
    before, after = found.weeks[:2], found.weeks[2:]
    assert all(week.effect is not None and abs(week.effect.value) < 0.03 for week in before)
    assert all(week.effect is not None and abs(week.effect.value - 0.2) < 0.03 for week in after)


def test_without_a_control_it_is_the_change_within_users_whatever_its_cause() -> None:
    found = studied(simulated(3, 400, 0, effect=0.2, season=0.15), 0, look())
    assert not found.has_control
    assert all(week.effect is not None and abs(week.effect.value - 0.35) < 0.03 for week in found.weeks[2:])


@pytest.mark.parametrize("control", [40, 0])
def test_intervals_hold_as_often_as_they_say(control: int) -> None:
    held = []
    for seed in range(12):
        found = studied(simulated(seed, 160, control, effect=0.1), control, look())
        for day in found.days:
            assert day.effect is not None
            truth = 0.1 if day.first > CHANGE else 0.0
            held.append(day.effect.low <= truth <= day.effect.high)
    # Days of a run are dependent: far wider than a binomial of 288.
    assert 0.91 < np.mean(held) < 0.985


def test_a_day_without_users_or_with_one_in_an_arm_has_no_effect() -> None:
    days = simulated(4, 12, 1, effect=0.2)
    del days[CHANGE + 3]
    found = studied(days, 1, look())
    assert all(day.effect is None for day in found.days)
    (gone,) = [day for day in found.days if day.first == CHANGE + 3]
    assert (gone.treated, gone.control) == (0, 0)


def test_without_days_before_nothing_is_claimed() -> None:
    found = studied(simulated(5, 40, 10, effect=0.2), 10, look(before=0))
    assert len(found.days) == 10
    assert all(day.effect is None for day in found.days)
