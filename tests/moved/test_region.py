"""The enriched region: it holds what came, nothing is claimed where nothing did, and no order changes it."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
from tests import observed

from eddyline.moved import region
from eddyline.moved.region import DEALS, EXAMPLES, LEAST, Region, enriched
from eddyline.samples import Item, hash_of


def items(n: int, prefix: str, seed: int, *, topics: Sequence[int] = range(8)) -> list[Item]:
    """Return ``n`` prompts of the topics, each a direction of its own."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, observed.DIMENSION)) * 8
    vectors[np.arange(n), rng.choice(topics, n)] += 100
    rows = np.clip(np.rint(vectors), -127, 127).astype(np.int8)
    return [Item(hash_of(f"{prefix}{k}"), f"{prefix}{k}", row.tobytes(), 0) for k, row in enumerate(rows)]


def claimed(before: list[Item], now: list[Item]) -> Region:
    found = enriched(before, now)
    assert found is not None
    return found


def test_the_region_holds_the_topic_that_came() -> None:
    before, now = items(400, "b", 1), items(360, "n", 2) + items(40, "new", 3, topics=[20])
    found = claimed(before, now)
    assert sum(id_.startswith("new") for id_ in found.ids) >= 0.95 * len(found.ids)
    assert 0.07 <= found.now_share <= 0.11
    assert found.now_share == len(found.ids) / len(now)
    assert found.before_share <= 0.01
    assert found.chance_share < 0.01
    assert found.purity > 0.9


def test_what_went_is_no_region() -> None:
    assert enriched(items(400, "b", 1), items(400, "n", 2, topics=range(7))) is None


@pytest.mark.parametrize(("before", "now"), [(400, 400), (300, 900), (900, 150)])
def test_without_a_change_a_region_is_hardly_ever_claimed(before: int, now: int) -> None:
    """In 40 pairs 0.2 claims are expected; 3 or more come once in 900 times."""
    claims = [enriched(items(before, "b", seed), items(now, "n", 1000 + seed)) for seed in range(40)]
    assert sum(claim is not None for claim in claims) < 3


@pytest.mark.parametrize(("before", "now"), [(400, 400), (300, 900), (900, 150)])
def test_the_share_by_chance_is_that_of_labels_which_say_nothing(before: int, now: int) -> None:
    pool = sorted(items(before + now, "p", 5))
    vectors = np.array([list(np.frombuffer(item.vector, np.int8)) for item in pool], np.int8)
    neighbours, least = region._neighbours(vectors), region._least(before, now)
    dealt = region._by_chance(neighbours, now, least, seed=7)
    again, other = region._by_chance(neighbours, now, least, seed=7), region._by_chance(neighbours, now, least, seed=8)
    assert dealt.shape == (DEALS,)
    assert np.array_equal(dealt, again)
    assert not np.array_equal(dealt, other)
    rng = np.random.default_rng(0)
    labels = np.zeros((len(pool), 300), np.bool_)
    for column in labels.T:
        column[rng.choice(len(pool), now, replace=False)] = True
    expected = (region._inside(neighbours, labels, least) & labels).sum(axis=0)
    error = np.sqrt(expected.var() * (1 / 300 + 1 / DEALS))
    assert abs(dealt.mean() - expected.mean()) < 4 * error + 1e-9


def test_sizes_do_not_move_the_region() -> None:
    """Of a sample three times as large, three times as many neighbours are needed."""
    assert (region._least(500, 500), region._least(300, 900), region._least(900, 300)) == (17, 19, 14)
    assert region._least(100, 10**6) == region.NEIGHBOURS


def test_neighbours_are_those_of_a_plain_search() -> None:
    vectors = observed.unit_vectors(300, np.random.default_rng(3))
    vectors[40:60] = vectors[7]
    found = region._neighbours(vectors)
    wide = vectors.astype(np.int64)
    for place, row in enumerate(wide):
        order = sorted((int(((row - other) ** 2).sum()), at) for at, other in enumerate(wide) if at != place)
        assert sorted(found[place].tolist()) == sorted(at for _, at in order[: region.NEIGHBOURS])


def test_neither_order_nor_a_repeated_call_changes_anything() -> None:
    before, now = items(400, "b", 1), items(360, "n", 2) + items(40, "new", 3, topics=[20])
    expected = claimed(before, now)
    for seed in range(3):
        random.Random(seed).shuffle(before)
        random.Random(seed).shuffle(now)
        assert claimed(before, now) == expected


def test_prompts_that_are_alike_before_and_now_make_no_region() -> None:
    """A template of a thousand uses has neighbours at distance 0: which of them are nearest must not favour a side."""
    (one,) = items(1, "one", 1)
    before = [Item(hash_of(f"b{k}"), f"b{k}", one.vector, 0) for k in range(300)]
    now = [Item(hash_of(f"n{k}"), f"n{k}", one.vector, 0) for k in range(300)]
    assert enriched(before, now) is None


def test_examples_are_the_most_central_and_differ() -> None:
    now = items(360, "n", 2) + items(30, "new", 3, topics=[20])
    twin = now[-1]
    now += [Item(hash_of(f"twin{k}"), f"twin{k}", twin.vector, 0) for k in range(10)]
    found = claimed(items(400, "b", 1), now)
    vectors = {item.id: np.frombuffer(item.vector, np.int8).astype(np.int64) for item in now}
    centre = np.mean([vectors[id_] for id_ in found.ids], axis=0)
    distances = [float(((vectors[id_] - centre) ** 2).sum()) for id_ in found.ids]
    assert distances == sorted(distances)
    assert len(found.examples) == len({vectors[id_].tobytes() for id_ in found.examples}) == EXAMPLES
    assert found.examples == sorted(found.examples, key=found.ids.index)


def test_small_samples_say_nothing() -> None:
    new = items(LEAST, "new", 3, topics=[20])
    assert enriched(items(LEAST - 1, "b", 1), new) is None
    assert enriched(items(LEAST, "b", 1), new[1:]) is None
    assert enriched(items(LEAST, "b", 1), new) is not None
    assert enriched([], []) is None
