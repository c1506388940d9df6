"""The share beyond the P75 radius: what the radius is, which side is beyond, and that a window is looked at once."""

import numpy as np
import pytest
from numpy.typing import NDArray
from tests import observed

from eddyline import distances, neighbours
from eddyline.drift import beyond, nearest
from eddyline.neighbours import Neighbours
from eddyline.references import Reference
from eddyline.samples import Item


def items(*places: int) -> list[Item]:
    """Return items on a line, at these places along the first coordinate."""
    found = []
    for number, place in enumerate(places):
        row = np.zeros(384, np.int8)
        row[0] = place
        found.append(Item(number, str(number), row.tobytes(), 0))
    return found


def reference(*places: int) -> Reference:
    return Reference("evalset", "a", "space", [], observed.cell(np.zeros((1, 384), np.int8)).gated, items(*places))


def share(of: Reference, *places: int) -> float | None:
    cell = observed.cell(np.zeros((1, 384), np.int8))
    cell.sample = items(*places)
    return beyond.METRIC.value(of, cell)


def test_the_radius_is_that_of_three_quarters_of_the_items() -> None:
    """Distances to the nearest other: 1, 1, 2, 5."""
    assert Neighbours(items(0, 1, 3, 8)).radius == 2**2


@pytest.mark.parametrize(("n", "within"), [(2, 2), (3, 3), (4, 3), (5, 4), (7, 6), (8, 6), (100, 75), (101, 76)])
def test_the_radius_is_the_least_that_three_quarters_do_not_exceed(n: int, within: int) -> None:
    found = Neighbours(items(*range(n)))
    found.others = np.arange(n, dtype=np.int64)[::-1].copy()
    assert found.radius == within - 1


def test_a_prompt_at_the_radius_is_not_beyond_it() -> None:
    assert share(reference(0, 1, 3, 8), 10, -2) == 0.0
    assert share(reference(0, 1, 3, 8), 11, -2, -3, 1) == 0.5


def test_a_quarter_of_the_items_is_beyond_unless_they_are_equally_far() -> None:
    cell = observed.cell(np.zeros((1, 384), np.int8))
    assert beyond.METRIC.null(reference(0, 1, 3, 8), cell) == 0.25
    assert beyond.METRIC.null(reference(0, 1, 2, 3), cell) == 0.0


def test_one_item_has_no_radius() -> None:
    assert share(reference(0), 1) is None
    assert Neighbours(items(0)).others is None


def test_a_window_is_held_against_the_items_once_for_all_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def counted(rows: NDArray[np.int8], others: NDArray[np.int8]) -> NDArray[np.int64]:
        asked.append(rows)
        return distances.nearest(rows, others)

    monkeypatch.setattr(neighbours, "nearest", counted)
    rng, of = np.random.default_rng(1), reference(0, 1, 3, 8)
    for window in [observed.cell(observed.unit_vectors(5, rng), prefix=f"{k}-") for k in range(3)]:
        for metric in (nearest.METRIC, beyond.METRIC):
            metric.value(of, window)
    assert len(asked) == 3


def test_another_window_gets_an_answer_of_its_own() -> None:
    of = reference(0, 1, 3, 8)
    assert [share(of, place) for place in (100, 3, 100)] == [1.0, 0.0, 1.0]
