"""An app's own history as a reference."""

import numpy as np
from tests import observed

from eddyline import cells, references, samples
from eddyline.cells import Cell
from eddyline.history import KEPT_MS, History, Hour
from eddyline.references import ITEMS
from eddyline.windows import DAY_MS, HOUR_MS

WINDOW_MS = HOUR_MS // 4
BASE = 100 * DAY_MS


def _cells(windows: int, size: int = 5) -> list[tuple[int, Cell]]:
    rng = np.random.default_rng(windows)
    found = []
    for k in range(windows):
        cell = observed.cell(observed.unit_vectors(size, rng), prefix=f"{k}-")
        cell.builds = {f"build{k % 2}"}
        found.append((BASE + k * WINDOW_MS, cell))
    return found


def _history(found: list[tuple[int, Cell]]) -> History:
    history = History("space")
    for start, cell in found:
        history.add(start, cell)
    return history


def test_the_day_before_holds_the_windows_before_and_no_later_one() -> None:
    found = _cells(8 * 4)
    reference = _history(found).before(BASE + 5 * HOUR_MS)
    earlier = [cell for start, cell in found if start < BASE + 5 * HOUR_MS]
    assert reference.sums.n == sum(cell.gated.n for cell in earlier)
    assert np.array_equal(reference.sums.x, sum(cell.gated.x for cell in earlier))
    assert (reference.kind, reference.space_id, reference.builds) == ("history", "space", ["build0", "build1"])


def test_the_day_before_reaches_back_one_day() -> None:
    found = _cells(26 * 4, size=1)
    assert _history(found).before(BASE + 26 * HOUR_MS).sums.n == 24 * 4


def test_the_hours_of_the_day_before_are_those_of_its_reference() -> None:
    found = _history(_cells(26 * 4, size=1))
    hours = found.day_before(BASE + 26 * HOUR_MS)
    assert list(hours) == [BASE + hour * HOUR_MS for hour in range(2, 26)]
    assert sum(hour.sums.n for hour in hours.values()) == found.before(BASE + 26 * HOUR_MS).sums.n
    assert History("space").day_before(BASE) == {}


def test_the_day_after_starts_at_its_hour() -> None:
    found = _cells(8 * 4, size=1)
    assert _history(found).after(BASE + 5 * HOUR_MS).sums.n == 3 * 4


def test_nothing_before_is_a_reference_of_nothing() -> None:
    reference = History("space").before(BASE)
    assert (reference.sums.n, reference.items) == (0, [])


def test_the_items_are_a_bottom_k_of_the_samples() -> None:
    found = _cells(10 * 4, size=12)
    reference = _history(found).before(BASE + 10 * HOUR_MS)
    hours = [
        samples.bottom([item for _, cell in found[k : k + 4] for item in cell.sample], 64) for k in range(0, 40, 4)
    ]
    assert reference.items == samples.bottom([item for hour in hours for item in hour], ITEMS)
    assert len(reference.items) == ITEMS


def test_the_order_of_windows_within_an_hour_does_not_matter() -> None:
    found = _cells(4)
    forward, backward = _history(found), _history(found[::-1])
    assert forward.hours[BASE].pack() == backward.hours[BASE].pack()


def test_an_hour_survives_packing() -> None:
    packed = _history(_cells(4)).hours[BASE].pack()
    assert Hour.unpack(packed).pack() == packed


def test_old_hours_are_forgotten_and_named() -> None:
    history = _history(_cells(8))
    assert history.expire(BASE + KEPT_MS) == []
    assert history.expire(BASE + HOUR_MS + KEPT_MS) == [BASE]
    assert list(history.hours) == [BASE + HOUR_MS]


def test_a_reference_survives_packing() -> None:
    reference = _history(_cells(8)).before(BASE + 2 * HOUR_MS)
    packed = references.pack(reference)
    again = references.unpack(packed)
    assert references.pack(again) == packed
    assert cells.pack_sums(again.sums) == cells.pack_sums(reference.sums)
    assert again.nearest_null == reference.nearest_null
