"""Rolling sums: at every moment the exact sum of the windows of the span."""

import numpy as np
import pytest
from tests import observed

from eddyline import cells
from eddyline.cells import Cell, Sums
from eddyline.rolling import SPANS, Rolling, pack_part, unpack_rolled
from eddyline.windows import HOUR_MS

WINDOW_MS = HOUR_MS // 4


def _cells(n: int) -> list[tuple[int, Cell]]:
    rng = np.random.default_rng(n)
    return [(k * WINDOW_MS, observed.cell(observed.unit_vectors(int(rng.integers(1, 4)), rng))) for k in range(n)]


def _total(found: list[Cell]) -> bytes:
    total = Sums.empty()
    for one in found:
        total.merge(one.gated)
    return cells.pack_sums(total)


@pytest.mark.parametrize("span", list(SPANS))
def test_a_rolling_sum_is_the_sum_of_its_windows_at_every_step(span: str) -> None:
    rolling, windows = Rolling("space"), _cells(120)
    for k, (start, cell) in enumerate(windows):
        rolling.add(start, cell.volume, cell.gated)
        as_of = start + WINDOW_MS
        rolling.expire(as_of)
        inside = [one for at, one in windows[: k + 1] if at >= as_of - SPANS[span]]
        found = unpack_rolled(rolling.rolled(span, as_of))
        assert found[:2] == (as_of, "space")
        assert cells.pack_sums(found[3]) == _total(inside)


def test_what_no_span_holds_is_named_once() -> None:
    rolling = Rolling("space")
    for start, cell in _cells(8):
        rolling.add(start, cell.volume, cell.gated)
    assert rolling.expire(SPANS["24h"] + 3 * WINDOW_MS) == [0, WINDOW_MS, 2 * WINDOW_MS]
    assert rolling.expire(SPANS["24h"] + 3 * WINDOW_MS) == []
    assert rolling
    rolling.expire(SPANS["24h"] + 8 * WINDOW_MS)
    assert not rolling


def test_an_empty_span_is_exactly_nothing_again() -> None:
    rolling = Rolling("space")
    for start, cell in _cells(8):
        rolling.add(start, cell.volume, cell.gated)
    rolling.expire(100 * HOUR_MS)
    assert cells.pack_sums(unpack_rolled(rolling.rolled("24h", 0))[2]) == cells.pack_sums(Sums.empty())


def test_a_restored_rolling_sum_goes_on_as_if_nothing_had_happened() -> None:
    first, second, windows = Rolling("space"), Rolling("space"), _cells(12)
    for start, cell in windows:
        first.add(start, cell.volume, cell.gated)
        second.restore(start, pack_part(cell))
    for as_of in (13 * WINDOW_MS, 40 * WINDOW_MS, 110 * WINDOW_MS):
        assert first.expire(as_of) == second.expire(as_of)
        assert all(first.rolled(span, as_of) == second.rolled(span, as_of) for span in SPANS)
