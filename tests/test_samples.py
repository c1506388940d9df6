"""Bottom-k samples: a function of the set, whatever the order and the grouping."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eddyline.samples import Item, bottom, hash_of, unbiased, vectors

IDS = st.text("abcdef", min_size=1, max_size=3)
ITEMS = st.lists(IDS.map(lambda id_: Item(hash_of(id_), id_, id_.encode(), 0)), max_size=30)
SIZES = st.integers(1, 8)


@given(ITEMS, ITEMS, SIZES)
def test_the_order_of_a_merge_does_not_matter(a: list[Item], b: list[Item], k: int) -> None:
    assert bottom(a + b, k) == bottom(b + a, k)


@given(ITEMS, ITEMS, ITEMS, SIZES)
def test_the_grouping_of_merges_does_not_matter(a: list[Item], b: list[Item], c: list[Item], k: int) -> None:
    left = bottom(bottom(a + b, k) + c, k)
    right = bottom(a + bottom(b + c, k), k)
    assert left == right == bottom(a + b + c, k)


@given(ITEMS, SIZES)
def test_merging_a_sample_with_itself_changes_nothing(a: list[Item], k: int) -> None:
    sample = bottom(a, k)
    assert bottom(sample + sample, k) == sample


@given(ITEMS, SIZES)
def test_a_sample_is_the_smallest_hashes_each_id_once(a: list[Item], k: int) -> None:
    expected = sorted({item.id: item for item in a}.values(), key=lambda item: (item.hash, item.id))[:k]
    assert bottom(a, k) == expected


@given(st.sets(IDS), SIZES, st.integers(1, 4))
def test_what_samples_of_parts_have_in_common_is_a_sample_of_the_whole(ids: set[str], k: int, parts: int) -> None:
    """However uneven the parts are; and all of it while none of them is full."""
    whole = sorted(Item(hash_of(id_), id_, id_.encode(), 0) for id_ in ids)
    split = [[item for item in whole if len(item.id) * ord(item.id[0]) % parts == part] for part in range(parts)]
    found = unbiased([bottom(part, k) for part in split], k)
    assert found == whole[: len(found)]
    assert len(found) >= min(len(whole), k - 1)
    if all(len(part) < k for part in split):
        assert found == whole


@given(ITEMS, st.integers(1, 4), st.integers(0, 4))
def test_a_smaller_sample_is_the_head_of_a_larger_one(a: list[Item], k: int, more: int) -> None:
    assert bottom(a, k) == bottom(a, k + more)[:k]


def test_every_id_is_as_likely_to_be_sampled_as_another() -> None:
    drawn = [
        item.id for seed in range(400) for item in bottom([Item(hash_of(str(seed), i), i, b"", 0) for i in "abcd"], 1)
    ]
    counts = [drawn.count(id_) for id_ in "abcd"]
    assert min(counts) > 100 - 4.5 * 9  # a binomial count of 100 has a standard deviation below 9


def test_parts_of_a_hash_do_not_run_into_one_another() -> None:
    assert hash_of("ab", "c") != hash_of("a", "bc")


def test_vectors_are_rows_in_the_order_of_the_items() -> None:
    rows = np.arange(-6, 6, dtype=np.int8).reshape(3, 4)
    items = [Item(k, str(k), row.tobytes(), 0) for k, row in enumerate(rows)]
    assert np.array_equal(vectors(items, 4), rows)
    assert vectors([], 4).shape == (0, 4)
