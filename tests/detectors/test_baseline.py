"""The baseline knows the season, its own error over users, and is stored to the last bit."""

import math

import msgspec
import numpy as np
import pytest
from tests.detectors import simulated
from tests.detectors.simulated import MONDAY, NAMES, RATES, Town

from eddyline.detectors import baseline
from eddyline.detectors.baseline import RATE_UNIT, Baseline
from eddyline.detectors.sums import HOURS, HOURS_OF_WEEK, Counts, DaySums, hour_of_week
from eddyline.detectors.whitening import COMPONENTS, UNIT
from eddyline.errors import EddylineError, RefusedToStart

WHITENING = simulated.whitening()


def _days(seed: int, count: int, *, users: int = 1_200, season: float = 0.3) -> list[DaySums]:
    town = Town(seed, users, season)
    return [town.day(MONDAY + day)[0] for day in range(count)]


def _equal(left: Baseline, right: Baseline) -> bool:
    return baseline.pack(left) == baseline.pack(right)


def test_a_baseline_survives_being_stored() -> None:
    found = baseline.fit(_days(1, 8), WHITENING)
    packed = baseline.pack(found)
    again = baseline.unpack(packed)
    assert baseline.pack(again) == packed
    assert np.array_equal(again.means, found.means)
    assert np.array_equal(again.rates, found.rates)
    assert again[:7] == found[:7]


def test_a_stored_baseline_takes_its_documented_size() -> None:
    assert len(baseline.pack(baseline.fit(_days(1, 7), WHITENING))) < 55_000


def test_a_newer_baseline_is_refused() -> None:
    wire = msgspec.msgpack.decode(baseline.pack(baseline.fit(_days(1, 7), WHITENING)))
    wire[0] = baseline.VERSION + 1
    with pytest.raises(RefusedToStart, match="a baseline has version 2, this worker knows 1: upgrade this worker"):
        baseline.unpack(msgspec.msgpack.encode(wire))
    with pytest.raises(EddylineError):
        baseline.unpack(b"\x91\x01")


def test_how_a_day_was_put_together_changes_nothing() -> None:
    days = _days(2, 7)
    parts = [_halved(day) for day in days]
    assert _equal(baseline.fit(days, WHITENING), baseline.fit(parts, WHITENING))


def _halved(day: DaySums) -> DaySums:
    """Take a day apart and add it up again the other way round."""

    def both(cells: Counts) -> Counts:
        parts = [(part // 2, part - part // 2) for part in (cells.n, cells.x, cells.styles)]
        return Counts(*(second + first for first, second in parts))

    return day._replace(hours=both(day.hours), groups=both(day.groups))


def test_the_tolerance_is_the_error_of_the_mean_over_users() -> None:
    """Of towns drawn anew, the baseline's mean is off by the tolerance, as a root mean square."""
    found = []
    for seed in range(6):
        days = _days(seed, 7, users=600, season=0.0)
        fitted = baseline.fit(days, WHITENING)
        n = sum(int(day.hours.n.sum()) for day in days)
        mean = WHITENING.apply(np.sum([day.hours.x for day in days], axis=(0, 1))) / UNIT / n
        found.append((fitted.radius**2, float((mean**2).sum()), COMPONENTS / n))
    radius, error, independent = np.mean(found, axis=0)
    assert radius == pytest.approx(error, rel=0.25)
    assert radius > 1.5 * independent


def test_an_hour_that_is_less_known_has_a_larger_tolerance() -> None:
    week, month = (baseline.fit(_days(9, count, season=1.0), WHITENING) for count in (7, 28))
    for found in (week, month):
        assert (found.tolerances >= found.radius * baseline.TOLERANCE_UNIT).all()
        assert found.tolerances[3] > found.tolerances[15]
    assert (month.tolerances < week.tolerances).all()


def test_one_group_of_users_gives_no_tolerance() -> None:
    days = _days(3, 7)
    alone = [
        day._replace(
            groups=Counts(
                *(np.append(part.sum(axis=0, keepdims=True), 0 * part[1:], axis=0) for part in day.groups[:3])
            )
        )
        for day in days
    ]
    assert baseline.fit(alone, WHITENING).radius == math.inf


def test_rates_are_those_of_the_features_with_an_error_over_users() -> None:
    days = _days(4, 14)
    found, n = baseline.fit(days, WHITENING), sum(int(day.hours.n.sum()) for day in days)
    rates, errors = found.rates / RATE_UNIT, found.errors / RATE_UNIT
    assert rates.shape == (HOURS_OF_WEEK, len(NAMES) + 3)
    assert np.abs(rates[:, :3] - RATES).max() < 0.05
    independent = np.sqrt(RATES * (1 - RATES) / n)
    assert (errors[:, :3] > 0.9 * independent).all()
    assert (errors[:, :3] / independent).mean() > 1.1


def test_a_rate_is_less_sure_in_an_hour_that_has_one_of_its_own() -> None:
    days = _days(4, 14)
    evening = (np.arange(HOURS) >= 18)[:, None] & np.array([False, True, False])
    often = [
        day._replace(hours=day.hours._replace(styles=np.where(evening, day.hours.n[:, None], day.hours.styles)))
        for day in days
    ]
    plain, seasonal = (baseline.fit(known, WHITENING) for known in (days, often))
    assert (seasonal.errors[:, 1] > 2 * plain.errors[:, 1]).all()
    assert (seasonal.errors[:, 0] == plain.errors[:, 0]).all()


def test_more_days_make_it_surer() -> None:
    week, month = (baseline.fit(_days(5, count), WHITENING) for count in (7, 28))
    assert month.radius < week.radius
    assert month.errors.mean() < week.errors.mean()


def test_the_season_is_in_the_means() -> None:
    days = _days(6, 28, season=1.0)
    fitted = baseline.fit(days, WHITENING)
    new = _days(6, 35, season=1.0)[28:]
    seasonal, pooled = 0.0, 0.0
    overall = np.rint(fitted.means.mean(axis=0)).astype(np.int64)
    for day in new:
        for at in range(24):
            n, whitened = int(day.hours.n[at]), WHITENING.apply(day.hours.x[at])
            seasonal += (
                float((fitted.deviation(whitened, n, hour_of_week(day.day, at)) / UNIT) @ np.ones(COMPONENTS)) ** 2
            )
            pooled += float(((whitened - n * overall) / UNIT) @ np.ones(COMPONENTS)) ** 2
    assert seasonal < pooled


def test_without_an_eval_set_there_are_no_tails() -> None:
    found = baseline.fit(_days(7, 7), WHITENING)
    assert found.cuts == ()
    assert not found.rates[:, len(NAMES) :].any()


def test_tails_hold_the_shares_they_are_asked_for() -> None:
    rng = np.random.default_rng(8)
    days = [_with_evals(day, rng) for day in _days(8, 14)]
    found = baseline.fit(days, WHITENING)
    assert found.cuts == (8, 13, 15)
    assert (found.rates[:, len(NAMES) :] / RATE_UNIT).mean(axis=0) == pytest.approx([8 / 16, 3 / 16, 1 / 16], abs=0.01)


def _with_evals(day: DaySums, rng: np.random.Generator) -> DaySums:
    hours, groups = (
        cells._replace(evals=np.array([rng.multinomial(n, np.full(16, 1 / 16)) for n in cells.n]))
        for cells in (day.hours, day.groups)
    )
    return day._replace(hours=hours, groups=groups)
