"""The exposure curve: of whom it is, what counts as exposure, and what comes out."""

import numpy as np
import pytest
from tests.adaptation.made import panel_day
from tests.adaptation.panels import CHANGE, DAY_MS, DEPLOYMENT, FEATURE, OTHER, Change, Made, a_look, arms, made

from eddyline.adaptation.exposure import BINS, LEAST_USERS, Curve, curve
from eddyline.adaptation.panel import Days
from eddyline.adaptation.study import gather
from eddyline.paneldays import STYLES, PanelDay

RUNS = 30


def _curve(found: Made) -> Curve | None:
    return curve(found.panel, found.look, found.study, DEPLOYMENT, FEATURE)


def test_the_curve_follows_the_truth() -> None:
    found = _curve(made(1, 3000, Change(plateau=0.2, half_life=5)))
    assert found is not None
    assert [(point.first, point.last) for point in found.points] == list(BINS)
    for point in found.points:
        middle = (point.first + point.last) / 2
        assert point.effect == pytest.approx(0.2 * (1 - 2 ** (-middle / 5)), abs=4 * point.error)
    assert found.fit is not None
    assert found.fit.half_life_told
    assert found.fit.low <= 5 <= found.fit.high
    assert found.fit.plateau == pytest.approx(0.2, abs=4 * found.fit.error)


def test_season_makes_no_curve() -> None:
    fits = [found.fit for seed in range(RUNS) if (found := _curve(made(seed, 400, Change(season=0.2))))]
    assert len(fits) == RUNS
    assert not any(fit is not None and fit.half_life_told for fit in fits)


def test_intervals_of_points_cover_the_truth() -> None:
    covered = points = 0
    for seed in range(RUNS):
        found = _curve(made(seed, 400, Change()))
        assert found is not None
        points += len(found.points)
        covered += sum(low <= 0 <= high for low, high in (point.interval for point in found.points))
    assert covered / points >= 0.9


def test_users_are_held_against_their_own_past() -> None:
    found = made(2, 400, Change())
    styles = found.study.before.styles + 0.3 * found.study.treated[:, np.newaxis]
    plain = _curve(found)
    raised = _curve(found._replace(study=found.study._replace(before=found.study.before._replace(styles=styles))))
    assert plain is not None
    assert raised is not None
    assert [point.effect + 0.3 for point in raised.points] == pytest.approx([point.effect for point in plain.points])


def test_light_users_are_not_in_it() -> None:
    assert _curve(made(1, 400, Change(plateau=0.2), rate=0.3)) is None


@pytest.mark.parametrize("users", [0, 1, 5])
def test_with_hardly_any_users_there_is_none(users: int) -> None:
    assert _curve(made(1, users, Change())) is None


def test_with_one_arm_there_is_none() -> None:
    found = made(1, 400, Change())
    assert _curve(found._replace(study=found.study._replace(control=found.study.control & False))) is None


def test_a_feature_that_nobody_has_makes_no_curve() -> None:
    found = made(1, 400, Change())
    assert curve(found.panel, found.look, found.study, DEPLOYMENT, FEATURE + 1) is None


def _day(day: int, n: int, having: int, *, deployment: str = DEPLOYMENT, hour: int = 0) -> PanelDay:
    """Return a day on which 2 * LEAST_USERS users send ``n`` prompts; half of them have openers with the feature."""
    users = list(range(4 * LEAST_USERS))
    styles = np.zeros((len(users), STYLES), np.int64)
    styles[::4, FEATURE] = styles[1::4, FEATURE] = having
    at = np.full(len(users), day * DAY_MS + hour * 3_600_000)
    found = panel_day(day, users, styles)._replace(
        n=np.full(len(users), n), first_ms=at, deployments=(OTHER, DEPLOYMENT)
    )
    return found._replace(deployment=np.full(len(users), int(deployment == DEPLOYMENT)))


def _points(*after: PanelDay, hour: int = 0) -> list[tuple[int, int, int]]:
    days = [_day(CHANGE - 1, 20, 0, deployment=OTHER), *after]
    panel, look = Days({day.day: day for day in days}), a_look()._replace(change_ms=CHANGE * DAY_MS + hour * 3_600_000)
    control = np.arange(4 * LEAST_USERS) % 2 == 1
    found = curve(panel, look, gather(panel, look, arms(control)), DEPLOYMENT, FEATURE)
    return [] if found is None else [(point.first, point.last, point.users) for point in found.points]


def test_exposure_is_what_was_sent_before_the_day_and_half_of_the_day_itself() -> None:
    treated = 2 * LEAST_USERS
    assert _points(_day(CHANGE, 1, 1)) == [(0, 0, treated)]
    assert _points(_day(CHANGE, 7, 1)) == [(3, 5, treated)]
    assert _points(_day(CHANGE, 1, 1), _day(CHANGE + 1, 1, 1), _day(CHANGE + 2, 10, 1)) == [
        (0, 0, treated),
        (1, 2, treated),
        (6, 10, treated),
    ]


def test_beyond_forty_prompts_nothing_is_compared() -> None:
    assert _points(_day(CHANGE, 83, 1)) == []
    assert len(_points(_day(CHANGE, 82, 1))) == 1


def test_what_was_sent_before_the_change_is_no_exposure() -> None:
    assert _points(_day(CHANGE, 9, 1, hour=8), _day(CHANGE + 1, 1, 1), hour=9) == [(0, 0, 2 * LEAST_USERS)]


def test_prompts_of_the_treated_to_another_deployment_are_no_exposure() -> None:
    """The control meets its sixth prompt on the second day, the treated their first."""
    assert _points(_day(CHANGE, 5, 1, deployment=OTHER), _day(CHANGE + 1, 1, 1)) == []
