"""Cells: exact sums, the same bytes however they were put together."""

import random
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import observed

from eddyline import cells, samples
from eddyline.cells import Cell, Sums


def _cell(seed: int) -> Cell:
    rng = np.random.default_rng(seed)
    found = observed.cell(observed.unit_vectors(int(rng.integers(1, 40)), rng), prefix=f"{seed}-")
    found.late, found.truncated, found.tools = (int(k) for k in rng.integers(0, 9, 3))
    found.builds = {f"build{rng.integers(3)}"}
    for _ in range(int(rng.integers(0, 20))):
        found.add_score(f"scorer{rng.integers(3)}", int(rng.integers(16)), int(rng.integers(-10_000, 10_000)))
    return found


def _merged(parts: list[Cell]) -> bytes:
    total = Cell()
    for part in parts:
        total.merge(part)
    return cells.pack(total)


SEEDS = st.lists(st.integers(0, 10_000), min_size=1, max_size=4, unique=True)


@settings(max_examples=25)
@given(SEEDS)
def test_cells_merge_in_any_order_to_the_same_bytes(seeds: list[int]) -> None:
    results = {_merged([_cell(seed) for seed in order]) for order in permutations(seeds)}
    assert len(results) == 1


@given(SEEDS, st.integers(0, 4))
def test_cells_merge_in_any_grouping_to_the_same_bytes(seeds: list[int], cut: int) -> None:
    head, tail = Cell(), Cell()
    for seed in seeds[:cut]:
        head.merge(_cell(seed))
    for seed in seeds[cut:]:
        tail.merge(_cell(seed))
    assert _merged([head, tail]) == _merged([_cell(seed) for seed in seeds])


@given(st.integers(0, 10_000))
def test_a_cell_survives_packing_to_the_bit(seed: int) -> None:
    packed = cells.pack(_cell(seed))
    assert cells.pack(cells.unpack(packed)) == packed


@given(st.integers(0, 10_000), st.integers(1, 50))
def test_a_batch_equals_the_fold_of_its_singles(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.integers(-127, 128, (n, 384), np.int8)
    flags = rng.integers(0, 2**32, n, np.uint32)
    numeric = rng.integers(-(10**6), 10**6, (n, 8), np.int64)
    batch, single = Sums.empty(), Sums.empty()
    batch.add(vectors, flags, numeric)
    for k in range(n):
        single.add(vectors[k : k + 1], flags[k : k + 1], numeric[k : k + 1])
    assert cells.pack_sums(batch) == cells.pack_sums(single)


def test_what_was_merged_can_be_taken_away_without_a_trace() -> None:
    kept, gone = _cell(1).volume, _cell(2).volume
    before = cells.pack_sums(kept)
    kept.merge(gone)
    kept.subtract(gone)
    assert cells.pack_sums(kept) == before


@pytest.mark.parametrize("flags", [[], [0], [1, 1, 2], [2**31, 2**32 - 1], list(range(100))])
def test_features_are_counted_bit_by_bit(flags: list[int]) -> None:
    expected = [sum(word >> bit & 1 for word in flags) for bit in range(32)]
    assert cells.feature_counts(np.array(flags, np.uint32)).tolist() == expected


def test_scores_are_summed_by_group_with_their_squares() -> None:
    found = Cell()
    for group, value in ((3, 5), (3, -2), (15, 10_000)):
        found.add_score("a", group, value)
    assert found.scores["a"][3].tolist() == [2, 3, 29]
    assert found.scores["a"][15].tolist() == [1, 10_000, 100_000_000]
    assert found.scores["a"].sum() == 2 + 3 + 29 + 1 + 10_000 + 100_000_000


def test_a_merge_keeps_as_many_items_as_it_is_told() -> None:
    total = Cell()
    total.merge(_cell(1), sample=5)
    assert total.sample == samples.bottom(_cell(1).sample, 5)


def test_groups_are_evenly_filled_and_nobody_has_none() -> None:
    rng = np.random.default_rng(7)
    groups = [cells.group_of(rng.bytes(16)) for _ in range(3200)]
    assert set(groups) == set(range(16))
    assert max(groups.count(k) for k in range(16)) < 200 + 4.5 * 14
    assert cells.group_of(b"") == 0


def test_a_merge_leaves_what_is_merged_as_it_was() -> None:
    part, other = _cell(1), _cell(2)
    before = cells.pack(part)
    total = Cell()
    total.merge(part)
    total.merge(other)
    assert cells.pack(part) == before


def test_of_many_scorers_the_first_by_name_are_kept_in_whatever_order_they_come() -> None:
    names = [f"scorer{number:04d}" for number in range(3 * cells.MOST_SCORERS)]
    results = set()
    for seed in range(3):
        parts = [Cell(), Cell()]
        for name in random.Random(seed).sample(names * 2, 2 * len(names)):
            parts[samples.hash_of(name) % 2].add_score(name, 0, 1)
        results.add(_merged(parts))
    (packed,) = results
    kept = cells.unpack(packed).scores
    assert sorted(kept) == names[: cells.MOST_SCORERS]
    assert {int(sums[0, 0]) for sums in kept.values()} == {2}
