"""Sums by row are what adding one prompt at a time gives, merge in any order, and are stored in the fewest bytes."""

from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from tests import observed

from eddyline import daysums
from eddyline.cells import DIMENSION, FEATURES, Sums
from eddyline.daysums import HOURS, SAMPLE, Breakdown, DaySums
from eddyline.samples import Item

ROWS = 16


class Prompts(NamedTuple):
    """Rows, ``(m, 384)`` vectors and ``(m,)`` flag words."""

    rows: list[int]
    vectors: NDArray[np.int8]
    flags: NDArray[np.uint32]


def prompts(m: int, seed: int) -> Prompts:
    rng = np.random.default_rng(seed)
    flags = rng.integers(0, 2**32, m, np.uint32)
    return Prompts(rng.integers(0, ROWS, m).tolist(), observed.unit_vectors(m, rng), flags)


def added(*found: Prompts) -> Breakdown:
    sums = Breakdown.empty(ROWS)
    for each in found:
        sums.add(*each)
    return sums


def same(left: Breakdown, right: Breakdown) -> bool:
    return left.wire() == right.wire()


@pytest.mark.parametrize(("m", "seed"), [(1, 0), (2, 1), (15, 2), (400, 3)])
def test_adding_many_prompts_is_adding_one_at_a_time(m: int, seed: int) -> None:
    found, expected = prompts(m, seed), Breakdown.empty(ROWS)
    for row, vector, flags in zip(*found, strict=True):
        expected.n[row] += 1
        expected.x[row] += vector
        expected.features[row] += [int(flags) >> bit & 1 for bit in range(FEATURES)]
    assert same(added(found), expected)
    assert added(found).n.sum() == m


@pytest.mark.parametrize("seed", range(3))
def test_parts_merge_in_any_order_to_the_whole(seed: int) -> None:
    parts = [prompts(m, seed + m) for m in (3, 40, 1)]
    forward, backward = Breakdown.empty(ROWS), Breakdown.empty(ROWS)
    for part in parts:
        forward.merge(added(part))
    for part in reversed(parts):
        backward.merge(added(part))
    assert same(forward, added(*parts))
    assert same(backward, added(*parts))


def test_sums_are_added_to_one_row() -> None:
    found, sums = prompts(5, 1), Sums.empty()
    sums.add(found.vectors, found.flags, np.zeros((5, 8), np.int64))
    whole = Breakdown.empty(HOURS)
    whole.add_sums(7, sums)
    assert whole.n.tolist() == [5 * (hour == 7) for hour in range(HOURS)]
    assert np.array_equal(whole.x[7], sums.x)
    assert np.array_equal(whole.features[7], sums.features)
    assert not whole.x[:7].any()


@pytest.mark.parametrize(
    ("largest", "width"), [(0, 1), (127, 1), (128, 2), (32_767, 2), (32_768, 4), (2**31 - 1, 4), (2**31, 8)]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_numbers_are_stored_in_the_fewest_bytes_and_come_back(largest: int, width: int, sign: int) -> None:
    sums = Breakdown.empty(ROWS)
    sums.x[3, 5] = sign * largest
    stored = sums.wire()
    assert len(stored.x) == width * ROWS * DIMENSION
    assert len(stored.features) == ROWS * FEATURES
    assert same(Breakdown.of(stored, ROWS), sums)
    assert Breakdown.of(stored, ROWS).x[3, 5] == sign * largest


def sample() -> list[Item]:
    vectors = observed.unit_vectors(SAMPLE, np.random.default_rng(3))
    return [Item(2**63 + k, f"event-{k:032d}", row.tobytes(), 0xFFFFF) for k, row in enumerate(vectors)]


def test_a_day_comes_back_and_takes_what_the_page_says() -> None:
    hours = Breakdown.empty(HOURS)
    hours.add(*prompts(2_000, 1))
    day = DaySums("2026-11-21", added(prompts(2_000, 2)), hours, 3_000, 200, lost=False, sample=sample())
    packed = daysums.pack(day)
    found = daysums.unpack("2026-11-21", packed)
    assert found.day == day.day
    assert same(found.groups, day.groups)
    assert same(found.hours, day.hours)
    assert (found.volume, found.unnamed, found.lost) == (3_000, 200, False)
    assert found.sample == day.sample
    without = len(daysums.pack(day._replace(sample=[])))
    assert 31_000 < without < 34_000
    assert 17_000 < len(packed) - without < 18_000
