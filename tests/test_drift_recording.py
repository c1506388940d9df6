"""Other people's detectors see the prompts that Eddyline's detector saw the sums of."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.drift.corpus import Corpus, Prompts
from benchmarks.drift.recorded import QUIET, VECTORS, record
from benchmarks.drift.side_by_side import LAST, delays
from benchmarks.drift.streams import Change, Stream, Traffic
from numpy.typing import NDArray

from eddyline import features
from eddyline.detectors.sums import EVAL_BINS, DaySums, weekday

TRAFFIC = Traffic(60, 0.3, 0.02)
CHANGE = Change(3, "banking", 0.5)
TUESDAY = 1


@pytest.fixture
def corpus() -> Corpus:
    rng = np.random.default_rng(1)
    prompts = Prompts(
        rng.integers(-50, 50, (50, 384)).astype(np.int8),
        rng.integers(0, 2, (50, len(features.NAMES))),
        rng.integers(0, EVAL_BINS, 50),
    )
    return Corpus(prompts, [np.arange(0, 20), np.arange(20, 40)], {"banking": np.arange(40, 50)})


@pytest.fixture
def stored(corpus: Corpus, tmp_path: Path) -> dict[str, NDArray[Any]]:
    record(tmp_path / "stream.npz", corpus, Stream(corpus, TRAFFIC, 7, TUESDAY), (3, 2, 5), [CHANGE])
    return dict(np.load(tmp_path / "stream.npz"))


def _same(rows: NDArray[Any], vectors: NDArray[Any], days: list[DaySums]) -> None:
    for number, day in zip(np.unique(rows["day"]), days, strict=True):
        known = rows[rows["day"] == number]
        assert np.bincount(known["minute"] // 60, minlength=24).tolist() == day.hours.n.tolist()
        assert vectors[known["prompt"]].sum(axis=0, dtype=np.int64).tolist() == day.hours.x.sum(axis=0).tolist()
        assert known["style"].sum() == day.hours.styles[:, -1].sum()
        assert (np.diff(known["minute"]) >= 0).all()


def test_a_recording_has_the_prompts_of_the_quiet_days(corpus: Corpus, stored: dict[str, NDArray[Any]]) -> None:
    stream = Stream(corpus, TRAFFIC, 7, TUESDAY)
    _same(stored[QUIET], stored[VECTORS], [stream.day(day).sums for day in range(5)])


def test_a_recording_has_the_prompts_of_the_changed_days(corpus: Corpus, stored: dict[str, NDArray[Any]]) -> None:
    stream = Stream(corpus, TRAFFIC, 7, TUESDAY)
    days = [stream.day(day, CHANGE).sums for day in range(5)]
    _same(stored["banking 0.5"], stored[VECTORS], days[3:])
    assert (stored["banking 0.5"]["prompt"] >= 40).mean() == pytest.approx(0.5, abs=0.1)
    assert (stored[QUIET]["prompt"] < 40).all()


def test_a_stream_begins_on_the_weekday_that_it_is_told(corpus: Corpus) -> None:
    assert [weekday(Stream(corpus, TRAFFIC, 7, first).date(8)) for first in range(7)] == [1, 2, 3, 4, 5, 6, 0]


def test_a_delay_is_counted_from_the_change_in_prompts_and_hours(tmp_path: Path) -> None:
    rows = np.array(
        [(LAST, 29, 0, 0), (LAST, 59, 0, 0), (LAST + 1, 59, 0, 0)],
        [(name, "<i4") for name in ("day", "minute", "prompt", "style")],
    )
    np.savez(tmp_path / "stream.npz", near=rows)
    files = [tmp_path / "stream.npz"] * 3
    some = list(delays([{"found": {"near": place}} for place in (1, 2, None)], files))
    assert some == [{"change": "near", "runs": 3, "found": 2, "events": 2.5, "hours": 13.0}]
    few = list(delays([{"found": {"near": place}} for place in (1, None, None)], files))
    assert few == [{"change": "near", "runs": 3, "found": 1, "events": None, "hours": None}]
