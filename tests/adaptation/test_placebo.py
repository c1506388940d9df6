"""The placebo band: which days it is made of, how wide it is, and that it covers what it says."""

import numpy as np
import pytest
from scipy.special import stdtrit
from tests.adaptation.made import panel_day
from tests.adaptation.panels import CHANGE, Change, made

from eddyline.adaptation import placebo as module
from eddyline.adaptation.panel import Days
from eddyline.adaptation.placebo import KEPT_DAYS, LEAST_DAYS, PlaceboDay, band, pack, placebo, step, unpack, usual
from eddyline.adaptation.terms import Term
from eddyline.errors import EddylineError, RefusedToStart
from eddyline.paneldays import STYLES

ALL_FREE = range(1, 10_000)
SMALL = np.full(STYLES, 1e-6)
FOUND = made(1, 60, Change())
RUNS = 1500
END = 500
"""A day of a change after all histories."""


def _history(values: np.ndarray, first: int = 1) -> list[PlaceboDay]:
    """Return placebo days of given changes within users, ``(days, 24)`` or ``(days,)``; between users the same."""
    columns = np.broadcast_to(values.reshape(len(values), -1), (len(values), STYLES))
    return [PlaceboDay(first + place, row, SMALL, row, SMALL) for place, row in enumerate(columns)]


def test_the_estimate_is_the_week_from_a_day_on_against_the_week_before() -> None:
    rising = made(2, 400, Change(season=0.2))
    found = placebo(rising.panel, CHANGE, ALL_FREE)
    assert found is not None
    assert found.within[0] == pytest.approx(0.2, abs=4 * found.within_error[0])
    assert found.between[0] == pytest.approx(0, abs=4 * found.between_error[0] + 0.01)
    earlier = placebo(rising.panel, CHANGE - 7, ALL_FREE)
    assert earlier is not None
    assert earlier.within[0] == pytest.approx(0, abs=4 * earlier.within_error[0])


def test_a_deployment_in_either_week_forbids_it() -> None:
    window = set(range(CHANGE - 7, CHANGE + 7))
    assert placebo(FOUND.panel, CHANGE, window) is not None
    for day in window:
        assert placebo(FOUND.panel, CHANGE, window - {day}) is None


def test_a_day_that_is_unknown_or_incomplete_forbids_it() -> None:
    days = {day: FOUND.panel.day(day) for day in range(CHANGE - 7, CHANGE + 7)}
    known = {day: found for day, found in days.items() if found is not None}
    assert placebo(Days(known), CHANGE, ALL_FREE) is not None
    for day in (CHANGE - 7, CHANGE, CHANGE + 6):
        assert placebo(Days({at: found for at, found in known.items() if at != day}), CHANGE, ALL_FREE) is None
        assert placebo(Days(known | {day: known[day]._replace(lost=True)}), CHANGE, ALL_FREE) is None


def test_only_users_below_every_days_threshold_are_compared() -> None:
    days = {day: panel_day(day, [1, 2, 3], np.ones((3, STYLES), np.int64)) for day in range(1, 15)}
    assert placebo(Days(days), 8, ALL_FREE) is not None
    assert placebo(Days(days | {3: days[3]._replace(below=2)}), 8, ALL_FREE) is None


def test_nobody_and_one_user_give_no_estimate() -> None:
    for users in ([], [1]):
        days = {day: panel_day(day, users) for day in range(1, 15)}
        assert placebo(Days(days), 8, ALL_FREE) is None


def test_a_step_adds_the_day_whose_second_week_is_over() -> None:
    history: list[PlaceboDay] = []
    for today in range(CHANGE - 14, CHANGE + 14):
        history = step(history, FOUND.panel, today, ALL_FREE)
    assert [found.day for found in history] == list(range(CHANGE - 7, CHANGE + 8))


def test_a_step_that_is_repeated_changes_nothing() -> None:
    once = step([], FOUND.panel, CHANGE, ALL_FREE)
    assert len(once) == 1
    assert step(once, FOUND.panel, CHANGE, ALL_FREE) == once


def test_what_is_older_than_two_years_is_dropped() -> None:
    old = _history(np.zeros(3))
    assert [found.day for found in step(old, Days({}), 2 + KEPT_DAYS, ALL_FREE)] == [3]


def test_a_stored_placebo_day_is_the_same_again() -> None:
    found = placebo(FOUND.panel, CHANGE, ALL_FREE)
    assert found is not None
    stored = pack(found)
    assert len(stored) < 250
    again = unpack(stored)
    assert again.day == found.day
    for ours, theirs in zip(again[1:], found[1:], strict=True):
        assert np.array_equal(ours, theirs)


def test_a_placebo_day_of_another_version_is_refused() -> None:
    stored = bytearray(pack(_history(np.zeros(1))[0]))
    stored[1] = module.VERSION + 1
    with pytest.raises(RefusedToStart, match="placebo day"):
        unpack(bytes(stored))
    with pytest.raises(EddylineError):
        unpack(b"\x93\x01")


def test_below_56_days_there_is_no_band() -> None:
    history = _history(np.full(LEAST_DAYS, 0.01))
    assert band(history[:-1], END, SMALL, SMALL) is None
    found = band(history, END, SMALL, SMALL)
    assert found is not None
    assert found.days == LEAST_DAYS == 56


def test_the_band_is_students_with_one_degree_of_freedom_for_two_windows() -> None:
    found = band(_history(np.full(70, 0.01)), END, SMALL, SMALL)
    assert found is not None
    assert found.within == pytest.approx(np.full(STYLES, 0.01 * stdtrit(5, 0.975)))


def test_the_band_is_never_narrower_than_the_error_of_the_estimate_itself() -> None:
    found = band(_history(np.full(70, 0.001)), END, np.full(STYLES, 0.01), np.full(STYLES, 0.02))
    assert found is not None
    assert found.within == pytest.approx(np.full(STYLES, 0.0196), abs=1e-5)
    assert found.between == pytest.approx(np.full(STYLES, 0.0392), abs=1e-5)


def test_only_what_ended_before_the_change_and_is_not_too_old_makes_the_band() -> None:
    quiet, loud = np.full(60, 0.01), np.full(60, 0.5)
    history = _history(loud, 1) + _history(quiet, 1001) + _history(loud, 1061)
    found = band(history, 1067, SMALL, SMALL)
    assert found is not None
    assert found.days == 60
    assert found.within[0] == pytest.approx(0.01 * stdtrit(60 / 14, 0.975))


def _term(value: np.ndarray, error: float) -> Term:
    return Term(value, np.broadcast_to(np.full((4, 1), error / 2), (4, STYLES)))


def test_one_feature_outside_its_band_is_unusual_within_or_between() -> None:
    rng = np.random.default_rng(3)
    history = _history(rng.normal(0, 0.01, (140, STYLES)))
    quiet, loud = np.zeros(STYLES), np.eye(STYLES)[5] * 0.2
    assert usual(history, END, _term(quiet, 0.01), _term(quiet, 0.01)) is True
    assert usual(history, END, _term(-loud, 0.01), _term(quiet, 0.01)) is False
    assert usual(history, END, _term(quiet, 0.01), _term(loud, 0.01)) is False
    assert usual(history[:50], END, _term(loud, 0.01), _term(quiet, 0.01)) is None


def test_where_nothing_ever_varies_nothing_is_unusual() -> None:
    quiet = _term(np.zeros(STYLES), 0.0)
    assert usual(_history(np.zeros(80)), END, quiet, quiet) is True


def _windows(rng: np.random.Generator, days: int, persistence: float) -> tuple[np.ndarray, np.ndarray]:
    """Return placebo estimates of a season that is an AR(1) process, and that of a day after them, for RUNS apps."""
    length = days + 30
    level = np.zeros((RUNS, length))
    for day in range(1, length):
        level[:, day] = persistence * level[:, day - 1] + rng.normal(0, 0.01, RUNS)
    sums = np.cumsum(np.pad(level, ((0, 0), (1, 0))), axis=1)
    week = (sums[:, 7:] - sums[:, :-7]) / 7
    estimates = week[:, 7:] - week[:, :-7] + rng.normal(0, 0.005, (RUNS, length - 13))
    return estimates[:, :days], estimates[:, -1]


@pytest.mark.parametrize("persistence", [0.0, 0.8, 1.0])
@pytest.mark.parametrize("days", [62, 180])
def test_the_band_covers_what_season_does_as_often_as_it_says(days: int, persistence: float) -> None:
    history, now = _windows(np.random.default_rng(days), days, persistence)
    inside = 0
    for past, estimate in zip(history, now, strict=True):
        found = band(_history(past), END, SMALL, SMALL)
        assert found is not None
        inside += abs(estimate) <= found.within[0]
    assert inside / RUNS >= 0.94


def test_all_features_asked_at_once_are_outside_no_more_often_than_one() -> None:
    rng = np.random.default_rng(5)
    outside = 0
    for _ in range(300):
        history = _history(rng.normal(0, 0.01, (5, STYLES)).repeat(14, axis=0))
        within, between = (_term(rng.normal(0, 0.01, STYLES), 0.002) for _ in range(2))
        outside += usual(history, END, within, between) is False
    assert outside <= 25  # binomial at .05: more have a probability of .006
