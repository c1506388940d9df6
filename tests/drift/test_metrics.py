"""One contract for every drift metric: nothing where nothing changed, its null is true, and it sees a shift."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from tests import observed

from eddyline import samples
from eddyline.cells import Cell
from eddyline.drift import METRICS, Metric, centroid, cosine
from eddyline.protocols import SCALE
from eddyline.references import Reference

EVERY = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
WINDOW = 64
RESAMPLES = 40


def _reference(vectors: NDArray[np.int8]) -> Reference:
    cell = observed.cell(vectors, prefix="reference")
    ids = [samples.Item(samples.hash_of("r", str(k)), f"r{k}", row.tobytes(), 0) for k, row in enumerate(vectors)]
    return Reference("evalset", "a", "space", [], cell.gated, samples.bottom(ids, 256))


def _draws(novel: float, rng: np.random.Generator) -> list[Cell]:
    return [observed.cell(observed.around_topics(WINDOW, rng, novel), prefix=f"{k}-") for k in range(RESAMPLES)]


def _values(metric: Metric, reference: Reference, windows: list[Cell]) -> NDArray[np.float64]:
    found = [metric.value(reference, window) for window in windows]
    assert None not in found
    return np.array(found, np.float64)


@EVERY
def test_a_window_that_is_its_reference_is_at_no_distance(metric: Metric) -> None:
    vectors = observed.unit_vectors(WINDOW, np.random.default_rng(1))
    assert metric.value(_reference(vectors), observed.cell(vectors)) == pytest.approx(0.0, abs=1e-12)


@EVERY
def test_the_null_is_the_mean_without_a_change(metric: Metric) -> None:
    """Reference and window are both redrawn; four standard errors of the mean difference are allowed."""
    rng = np.random.default_rng(2)
    differences = []
    for window in _draws(0.0, rng):
        reference = _reference(observed.around_topics(256, rng))
        value, null = metric.value(reference, window), metric.null(reference, window)
        assert value is not None
        assert null is not None
        differences.append(value - null)
    error = np.std(differences, ddof=1) / np.sqrt(RESAMPLES)
    assert abs(np.mean(differences)) < 4 * error


@EVERY
def test_it_rises_with_a_planted_topic(metric: Metric) -> None:
    rng = np.random.default_rng(3)
    reference = _reference(observed.around_topics(256, rng))
    unchanged, some, much = (_values(metric, reference, _draws(novel, rng)) for novel in (0.0, 0.2, 0.6))
    assert unchanged.mean() < some.mean() < much.mean()
    assert much.min() > unchanged.max()


@EVERY
def test_it_stays_in_its_range_for_opposite_traffic(metric: Metric) -> None:
    vectors = observed.unit_vectors(WINDOW, np.random.default_rng(4))
    value = metric.value(_reference(vectors), observed.cell((-vectors).astype(np.int8)))
    assert value is not None
    assert 0 < value <= {"centroid_distance": 4, "share_beyond_radius": 1}.get(metric.name, 2) + 0.01


@EVERY
def test_an_empty_window_has_no_value_and_no_null(metric: Metric) -> None:
    reference = _reference(observed.unit_vectors(20, np.random.default_rng(5)))
    assert (metric.value(reference, Cell()), metric.null(reference, Cell())) == (None, None)


@EVERY
@pytest.mark.parametrize("items", [1, 2])
def test_a_tiny_reference_gives_numbers_or_nothing_but_never_fails(metric: Metric, items: int) -> None:
    rng = np.random.default_rng(6)
    reference, window = _reference(observed.unit_vectors(items, rng)), observed.cell(observed.unit_vectors(5, rng))
    found = [metric.value(reference, window), metric.null(reference, window)]
    assert all(number is None or (np.isfinite(number) and number >= 0) for number in found)


@EVERY
def test_identical_prompts_everywhere_give_zero_and_no_nan(metric: Metric) -> None:
    same = np.repeat(observed.unit_vectors(1, np.random.default_rng(7)), 30, axis=0)
    reference, window = _reference(same), observed.cell(same)
    assert metric.value(reference, window) == pytest.approx(0.0, abs=1e-12)
    null = metric.null(reference, window)
    assert null is not None
    assert 0 <= null < 1e-3


@EVERY
def test_null_vectors_give_nothing_or_a_number(metric: Metric) -> None:
    zeros = np.zeros((10, 384), np.int8)
    found = [
        metric.value(_reference(zeros), observed.cell(zeros)),
        metric.null(_reference(zeros), observed.cell(zeros)),
    ]
    assert all(number is None or np.isfinite(number) for number in found)


def test_a_distance_is_rounded_once_so_that_every_machine_gives_the_same() -> None:
    """Of single prompts one distance in eight lies between two decimals, where a last bit decides."""
    rng = np.random.default_rng(8)
    for _ in range(100):
        ours, theirs = observed.unit_vectors(2, rng).astype(np.int64)
        squares = int(((ours - theirs) ** 2).sum())
        found = centroid.METRIC.value(
            _reference(theirs[None].astype(np.int8)), observed.cell(ours[None].astype(np.int8))
        )
        assert found == squares / SCALE**2


def test_a_cosine_is_never_below_zero() -> None:
    """Of two equal sums the quotient may round to more than one; JSON would say -0.0."""
    rng = np.random.default_rng(9)
    n = 10**7
    for _ in range(300):
        window, reference = Cell(), _reference(observed.unit_vectors(1, rng))
        window.gated.n = reference.sums.n = n
        window.gated.x = reference.sums.x = rng.integers(-20 * n, 20 * n, 384)
        value = cosine.METRIC.value(reference, window)
        assert value is not None
        assert math.copysign(1.0, value) == 1.0


def test_every_metric_has_a_name_of_its_own() -> None:
    names = [metric.name for metric in METRICS]
    assert len(set(names)) == len(names)
    assert all(name.replace("_", "").isalpha() and name.islower() for name in names)
