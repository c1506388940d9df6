"""What later days are compared with: 14 days as they look from the new set, and the style of their ruler users."""

import msgspec
import numpy as np
import pytest
from tests.detectors.evaldays import Life, fitted
from tests.detectors.simulated import NAMES, Shift

from eddyline.detectors import evalbaseline
from eddyline.detectors.evalbaseline import EvalBaseline
from eddyline.detectors.evaldistance import measure

K = len(NAMES)


def _known(seed: int) -> tuple[Life, EvalBaseline]:
    life = Life(seed)
    life.live(14)
    life.reference = fitted(life.days[-7:], slice(0, 8))
    found = evalbaseline.fit(life.days, life.reference.sums)
    assert found is not None
    return life, found


def test_the_score_is_in_standard_deviations_of_a_day_with_the_error_of_their_mean() -> None:
    life, found = _known(1)
    assert life.reference is not None
    excesses = [measured.excess for day in life.days if (measured := measure(day, life.reference.sums))]
    assert found.excesses == excesses
    expected = (123_456 - np.mean(excesses)) / (np.std(excesses, ddof=1) * (1 + 1 / 14) ** 0.5)
    assert found.score(123_456) == pytest.approx(expected)


def test_days_that_are_all_the_same_make_no_baseline() -> None:
    life = Life(2)
    life.live(1)
    same = life.days * 14
    assert evalbaseline.fit(same, fitted(same, slice(0, 8)).sums) is None


def test_without_a_change_the_style_shifts_by_what_is_expected_on_average() -> None:
    found = []
    for seed in range(30):
        life, known = _known(seed)
        life.live(1)
        found.append(known.style(life.days[-1], K)[:2])
    ratio = np.mean(found, axis=0)
    assert ratio[0] == pytest.approx(ratio[1], rel=0.35)


def test_a_style_shift_is_far_above_what_is_expected_and_names_the_feature() -> None:
    life, known = _known(3)
    life.live(1, Shift(json=0.2))
    style = known.style(life.days[-1], K)
    assert style.squared > 10 * style.expected
    assert NAMES[style.moved] == "json"
    assert style.before == pytest.approx(0.03, abs=0.03)
    assert style.now == pytest.approx(0.22, abs=0.07)


def test_a_feature_that_was_never_seen_has_a_finite_shift() -> None:
    life, _ = _known(4)
    assert life.reference is not None
    for day in life.days:
        day.groups.features[:, 2] = 0
    known = evalbaseline.fit(life.days, life.reference.sums)
    life.live(1)
    assert known is not None
    style = known.style(life.days[-1], K)
    assert (NAMES[style.moved], style.before) == ("retry", 0.0)
    assert np.isfinite(style.squared)


def test_what_is_stored_is_what_counts() -> None:
    life, known = _known(5)
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(known), type=EvalBaseline)
    life.live(1)
    assert again.style(life.days[-1], K) == known.style(life.days[-1], K)
    assert again.score(10**6) == known.score(10**6)
