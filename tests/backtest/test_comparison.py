"""Classical metrics compare two whole days whose prompts are of different users."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from tests.watched import WATCHED

from eddyline import cells
from eddyline.backtest.comparison import Comparison, compare, days_around
from eddyline.backtest.daysamples import MOST, DaySamples
from eddyline.backtest.report import Planted
from eddyline.cells import Cell
from eddyline.partials import WindowPartial
from eddyline.samples import Item, hash_of
from eddyline.windows import DAY_MS, HOUR_MS

from .test_report import APP, START_MS, UTC, event, only

BERLIN = ZoneInfo("Europe/Berlin")
BEFORE, AFTER = days_around(START_MS, UTC)


def window(start_ms: int, vectors: Iterable[np.ndarray]) -> WindowPartial:
    cell = Cell()
    items = [Item(hash_of(f"{start_ms}-{at}"), f"{start_ms}-{at}", one.tobytes(), 0) for at, one in enumerate(vectors)]
    cell.sample = sorted(items)[: cells.SAMPLE]
    return WindowPartial(0, APP, start_ms, "", "space", cells.pack(cell))


def prompts(count: int, seed: int, shift: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).normal(size=(count, 384)) * 5 + shift).astype(np.int8)


def compared(before: np.ndarray, after: np.ndarray) -> Comparison:
    samples = DaySamples({BEFORE, AFTER}, UTC)
    samples.add(window(START_MS - 7 * DAY_MS, before))
    samples.add(window(START_MS, after))
    (found,) = compare([only([event(0)])], [Planted(START_MS, "v2")], samples, WATCHED.whitening, UTC)
    return found


def test_a_change_at_midnight_is_compared_from_that_day_on() -> None:
    assert days_around(START_MS, UTC) == ("2026-08-31", "2026-09-07")
    assert days_around(START_MS - 2 * HOUR_MS, BERLIN) == ("2026-08-31", "2026-09-07")


def test_a_change_within_a_day_is_compared_from_the_next_day_on() -> None:
    assert days_around(START_MS + 1, UTC) == ("2026-09-01", "2026-09-08")
    assert days_around(START_MS, BERLIN) == ("2026-09-01", "2026-09-08")


def test_samples_are_of_their_local_day() -> None:
    samples = DaySamples({"2026-09-07"}, BERLIN)
    for hour in range(-4, 26):
        samples.add(window(START_MS + hour * HOUR_MS, prompts(1, hour + 9)))
    assert len(samples.of(APP, "2026-09-07")) == 24
    assert (len(samples.of(APP, "2026-09-08")), len(samples.of("a/b", "2026-09-07"))) == (0, 0)


def test_a_full_window_counts_no_more_than_the_others() -> None:
    samples = DaySamples({AFTER}, UTC)
    for hour in range(4):
        samples.add(window(START_MS + hour * HOUR_MS, np.full((500 if hour else 1000, 384), hour, np.int8)))
    found = samples.of(APP, AFTER)
    assert 50 < len(found) < 4 * cells.SAMPLE
    assert (found[:, 0] == 0).mean() == pytest.approx(0.4, abs=0.12)


def test_a_sample_is_bounded() -> None:
    samples = DaySamples({AFTER}, UTC)
    for minute in range(20):
        samples.add(window(START_MS + minute * 60_000, prompts(50, minute)))
    assert len(samples.of(APP, AFTER)) == MOST


def test_values_stand_beside_what_chance_makes_of_them() -> None:
    same, shifted = (compared(prompts(60, 1), prompts(60, 2, shift)) for shift in (0, 4))
    assert (same.reference_n, same.n, same.reference_day, same.day) == (60, 60, BEFORE, AFTER)
    nulls = {at.metric: (at.null, at.null_upper) for at in shifted.values}
    assert all(mean < upper for mean, upper in nulls.values())
    energy = {
        name: next(at for at in found.values if at.metric == "energy")
        for name, found in (("same", same), ("shifted", shifted))
    }
    assert energy["same"].value < energy["same"].null_upper
    assert energy["shifted"].value > 1.5 * energy["shifted"].null_upper


def test_too_few_prompts_have_no_metrics() -> None:
    found = compared(prompts(9, 1), prompts(60, 2))
    assert (found.reference_n, found.n, found.values) == (9, 60, [])
