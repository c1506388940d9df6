"""Style moves: what moved most comes first, seldom anything without a change, and one line says it."""

from collections.abc import Sequence

import numpy as np
import pytest
from tests.detectors.simulated import MONDAY, NAMES, Shift, Town, whitening

from eddyline import features
from eddyline.detectors import baseline
from eddyline.detectors.baseline import RATE_UNIT, Baseline
from eddyline.detectors.sums import hour_of_week
from eddyline.moved.style import ERRORS, MOST, Hour, Move, moves

DAYS = 28


def fitted(town: Town) -> Baseline:
    return baseline.fit([town.day(MONDAY + number)[0] for number in range(DAYS)], whitening())


def since(town: Town, shift: Shift | None = None) -> list[Hour]:
    day = MONDAY + DAYS
    _, windows = town.day(day, shift)
    return [Hour(hour_of_week(day, hour), window.n, window.styles) for hour, window in enumerate(windows)]


@pytest.mark.parametrize("seed", range(3))
def test_the_feature_that_moved_comes_first_with_its_shares(seed: int) -> None:
    town = Town(seed)
    found = moves(fitted(town), since(town, Shift(json=0.15)), NAMES)
    assert [move.feature for move in found] == ["json"]
    assert found[0].before == pytest.approx(0.03, abs=0.02)
    assert found[0].now == pytest.approx(0.18, abs=0.06)
    assert found[0].errors > ERRORS


def test_without_a_change_hardly_anything_moves() -> None:
    """60 features of 3 errors: 0.16 expected if errors are normal; 4 or more would come once in 40,000 times."""
    found = 0
    for seed in range(20):
        town = Town(100 + seed)
        found += len(moves(fitted(town), since(town), NAMES))
    assert found < 4


def known(rates: Sequence[float], errors: Sequence[float]) -> Baseline:
    """Return a baseline of these rates at every hour but the last, where they are half."""
    town = Town(0, users=300)
    table = np.tile(np.rint(np.array(rates) * RATE_UNIT).astype(np.int64), (168, 1))
    table[167] //= 2
    uncertain = np.tile(np.rint(np.array(errors) * RATE_UNIT).astype(np.int64), (168, 1))
    return fitted(town)._replace(rates=table, errors=uncertain)


def test_before_is_what_the_baseline_gives_for_these_hours() -> None:
    hours = [Hour(0, 300, np.array([300, 0, 30])), Hour(167, 100, np.array([100, 0, 10]))]
    found = {move.feature: move for move in moves(known([0.4] * 3, [0.001] * 3), hours, NAMES)}
    assert found["question"].before == pytest.approx((300 * 0.4 + 100 * 0.2) / 400)
    assert (found["question"].now, found["json"].now, found["retry"].now) == (1.0, 0.0, 0.1)
    assert found["question"].errors > 0 > found["json"].errors


def test_the_error_of_the_baseline_counts() -> None:
    hours = [Hour(0, 10_000, np.array([4_000, 300, 2_000]))]
    sure, unsure = (moves(known([0.4, 0.03, 0.1], [error] * 3), hours, NAMES) for error in (0.001, 0.05))
    assert [move.feature for move in sure] == ["retry"]
    assert unsure == []


def test_a_feature_never_seen_before_does_not_move_by_one_prompt() -> None:
    hours = [Hour(0, 50, np.array([20, 1, 5]))]
    assert moves(known([0.4, 1e-9, 0.1], [1e-9] * 3), hours, NAMES) == []


def test_at_most_five_are_told_the_surest_first() -> None:
    names, now = tuple("abcdefgh"), np.arange(20, 100, 10)
    found = moves(known([0.1] * 8, [0.001] * 8), [Hour(0, 100, now)], names)
    assert [move.feature for move in found] == list("hgfed")
    assert len(found) == MOST


def test_no_prompts_no_moves() -> None:
    assert moves(known([0.1], [0.1]), [], ("a",)) == []
    assert moves(known([0.1], [0.1]), [Hour(0, 0, np.zeros(1, np.int64))], ("a",)) == []


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (0.03, 0.19, "3 % → 19 %"),
        (0.19, 0.03, "19 % → 3 %"),
        (0.004, 0.19, "0.4 % → 19.0 %"),
        (0.123, 0.118, "12.3 % → 11.8 %"),
        (0.0, 0.02, "0.0 % → 2.0 %"),
    ],
)
def test_shares_are_whole_unless_that_would_hide_them(before: float, now: float, said: str) -> None:
    assert str(Move("format_instruction", before, now, 4.0)) == f"prompts that ask for a format: {said}"


@pytest.mark.parametrize("name", features.NAMES)
def test_every_feature_has_a_phrase_of_its_own(name: str) -> None:
    phrase = features.PHRASES[name]
    assert phrase == phrase.strip(" .:")
    assert len(phrase) < 40
    assert list(features.PHRASES.values()).count(phrase) == 1
