"""The e-detector of one app: windows merge, restarts change no byte, and a change is seen in what it is."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.detectors import simulated
from tests.detectors.simulated import MONDAY, NAMES, Shift, Town

from eddyline.detectors import baseline, edetector, sums, wealth
from eddyline.detectors.baseline import Baseline
from eddyline.detectors.edetector import EDetector
from eddyline.detectors.sums import WindowSums
from eddyline.detectors.witness import BETS

WHITENING = simulated.whitening()
HOUR = 1 / 24
TOWN = Town(1, users=4_000)
BASELINE = baseline.fit([TOWN.day(MONDAY + day)[0] for day in range(14)], WHITENING)
WINDOWS = [window for day in range(14, 16) for window in TOWN.day(MONDAY + day)[1]]


def _fed(windows: list[WindowSums], detector: EDetector | None = None, known: Baseline = BASELINE) -> EDetector:
    found = detector or EDetector(WHITENING, len(NAMES))
    for at, window in enumerate(windows):
        found.step(known, window, at % 168, HOUR)
    return found


def _parts(window: WindowSums, rng: np.random.Generator) -> list[WindowSums]:
    """Take a window apart as four workers would have seen it, in any order."""
    parts, left = [], window
    for _ in range(3):
        some = WindowSums(left.n // 2, left.x // 3, left.styles // 2)
        left = WindowSums(left.n - some.n, left.x - some.x, left.styles - some.styles)
        parts.append(some)
    parts.append(left)
    return [parts[k] for k in rng.permutation(4)]


def test_weights_add_up_to_one_with_half_for_the_witness() -> None:
    found = edetector.weights(20)
    assert math.fsum(found) == pytest.approx(1.0)
    assert found[:BETS].sum() == pytest.approx(0.5)
    assert found[-15:].sum() == pytest.approx(0.2)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_a_window_merged_from_parts_in_any_order_leads_to_the_same_bytes(seed: int) -> None:
    rng, whole = np.random.default_rng(seed), []
    for window in WINDOWS:
        parts = _parts(window, rng)
        total = parts[0]
        for part in parts[1:]:
            total = sums.merged(total, part)
        whole.append(total)
    assert _fed(whole).pack() == _fed(WINDOWS).pack()


def test_a_restart_after_any_window_changes_no_byte() -> None:
    straight = EDetector(WHITENING, len(NAMES))
    restarted = EDetector(WHITENING, len(NAMES))
    for at, window in enumerate(WINDOWS):
        straight.step(BASELINE, window, at, HOUR)
        restarted.step(BASELINE, window, at, HOUR)
        assert straight.pack() == restarted.pack()
        packed, restarted = restarted.pack(), EDetector(WHITENING, len(NAMES))
        restarted.restore(packed)


def test_a_window_without_prompts_changes_nothing() -> None:
    found = _fed(WINDOWS)
    before = found.pack()
    found.step(BASELINE, WindowSums(0, 0 * WINDOWS[0].x, 0 * WINDOWS[0].styles), 5, 30.0)
    assert found.pack() == before


def test_a_window_is_not_bet_on_with_what_it_teaches_itself() -> None:
    first = _fed(WINDOWS[:1]).process.logs
    assert (first[:BETS] == wealth.NOTHING).all()
    assert (_fed(WINDOWS[:2]).process.logs[:BETS] > wealth.NOTHING).all()


def test_quiet_windows_earn_little() -> None:
    assert _fed(WINDOWS).process.average() < math.log(30)


def test_a_moved_topic_is_named_as_the_embedding() -> None:
    moved = TOWN.day(MONDAY + 16, Shift(share=0.3))[1]
    found = _fed(moved)
    assert found.process.average() > math.log(100)
    assert found.leading(NAMES) == "embedding"


@pytest.mark.parametrize("feature", range(3))
def test_a_feature_that_rose_is_named(feature: int) -> None:
    def risen(window: WindowSums) -> WindowSums:
        styles = window.styles.copy()
        styles[feature] = (window.n + styles[feature] + 1) // 2
        return window._replace(styles=styles)

    assert _fed([risen(window) for window in WINDOWS]).leading(NAMES) == f"{NAMES[feature]} up"


def test_a_feature_that_vanished_is_named() -> None:
    none = [window._replace(styles=window.styles * np.array([0, 1, 1])) for window in WINDOWS]
    assert _fed(none).leading(NAMES) == "question down"


def test_prompts_far_from_the_eval_set_are_named() -> None:
    rates = BASELINE.rates.copy()
    rates[:, 3:] = np.array([0.5, 0.2, 0.05]) * baseline.RATE_UNIT
    known = BASELINE._replace(cuts=(8, 13, 15), rates=rates)
    windows = [window._replace(evals=np.array([0] * 13 + [window.n, 0, 0])) for window in WINDOWS]
    assert _fed(windows, known=known).leading(NAMES) == "eval distance beyond 80%"


def test_a_window_without_distances_does_not_bet_on_them() -> None:
    known = BASELINE._replace(cuts=(8, 13, 15))
    found = _fed(WINDOWS, known=known)
    assert (found.process.logs[-15:] == found.process.logs.min()).all()
    assert (found.process.logs[-15:] < -(2**30)).all()


def test_no_single_window_alarms() -> None:
    window = WindowSums(5_000, np.full(384, 5_000 * 90), np.full(3, 5_000))
    found = _fed(WINDOWS)
    before = found.process.average()
    found.step(BASELINE, window, 0, HOUR)
    assert found.process.average() < max(before, math.log(HOUR)) + math.log(20)
