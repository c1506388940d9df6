"""Style shifts: shares beside what chance makes of them, of eval sets too; and of eval sets without style none."""

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from tests import observed
from tests.stages import TiledEncoder

from eddyline import features, partials, references
from eddyline.cells import DIMENSION, Sums
from eddyline.cli.evalset import Item, encode_items
from eddyline.outputs.drift import StyleShift
from eddyline.references import Reference
from eddyline.styles import expected_difference, shifts

FIRST, SECOND, THIRD = features.NAMES[:3]


def sums_of(*flags: int) -> Sums:
    sums = Sums.empty()
    sums.add(
        np.zeros((len(flags), DIMENSION), np.int8), np.array(flags, np.uint32), np.zeros((len(flags), 8), np.int64)
    )
    return sums


def reference(*flags: int, styled: bool = True) -> Reference:
    return Reference("evalset", "a", "space", [], sums_of(*flags), [], styled)


def imported(flags: NDArray[np.uint32]) -> partials.ReferenceImported:
    n = len(flags)
    vectors = observed.unit_vectors(n, np.random.default_rng(1))
    ids = [f"i{number}" for number in range(n)]
    spaces = {"space_id": "space", "build_id": "build"}
    return references.to_import(app="a", ids=ids, vectors=vectors, flags=flags, effective_ms=0, **spaces)


def test_features_that_somebody_uses_are_given_and_no_others() -> None:
    found = shifts(reference(0b001, 0b000, 0b001, 0b000), sums_of(0b100, 0b001))
    assert set(found) == {FIRST, THIRD}
    assert (found[FIRST].share, found[FIRST].reference) == (0.5, 0.5)
    assert (found[THIRD].share, found[THIRD].reference) == (0.5, 0.0)


def test_there_is_nothing_to_say_without_a_prompt_on_either_side() -> None:
    assert shifts(reference(1, 1), Sums.empty()) == {}
    assert shifts(reference(), sums_of(1)) == {}


@pytest.mark.parametrize(("n", "m", "p"), [(30, 1000, 0.3), (200, 300, 0.05), (2000, 200, 0.5)])
def test_the_null_is_the_mean_without_a_change(n: int, m: int, p: float) -> None:
    """Both sides are drawn again and again; five standard errors, and a hundredth for a normal number's mean."""
    rng = np.random.default_rng(n)
    now, before = rng.binomial(n, p, 20_000), rng.binomial(m, p, 20_000)
    apart = np.abs(now / n - before / m)
    null = np.mean([expected_difference(int(k + j), n, m) for k, j in zip(now, before, strict=True)])
    assert abs(apart.mean() - null) < 5 * apart.std() / np.sqrt(len(apart)) + 0.01 * null


def test_a_feature_of_all_prompts_cannot_differ_by_chance() -> None:
    assert shifts(reference(1, 1, 1), sums_of(1, 1)) == {FIRST: StyleShift(1.0, 1.0, 0.0)}
    assert expected_difference(2, 1, 1) == 0.0


def test_an_eval_set_that_was_imported_has_the_style_of_all_its_items() -> None:
    flags = np.arange(2000, dtype=np.uint32) % 4
    found = references.from_import(partials_round_trip(imported(flags)))
    assert found.styled
    assert found.sums.features[:3].tolist() == [1000, 1000, 0]
    assert {item.id: item.flags for item in found.items} == {item.id: int(item.id[1:]) % 4 for item in found.items}
    assert len(found.items) == references.IMPORTED_ITEMS


def partials_round_trip(record: partials.ReferenceImported) -> partials.ReferenceImported:
    found = partials.unpack(partials.pack(record))
    assert isinstance(found, partials.ReferenceImported)
    return found


def test_an_eval_set_of_before_styles_were_counted_is_read_and_has_none() -> None:
    version, record = msgspec.msgpack.decode(partials.pack(imported(np.ones(3, np.uint32))))
    *record, items, counts = record
    assert len(counts) == 32 * 8
    found = partials.unpack(msgspec.msgpack.encode([version, [*record, [item[:2] for item in items]]]))
    assert isinstance(found, partials.ReferenceImported)
    old = references.from_import(found)
    assert (old.styled, old.sums.n, len(old.items)) == (False, 3, 3)
    assert shifts(old, sums_of(1)) == {}


def test_the_id_of_an_eval_set_does_not_depend_on_its_style() -> None:
    """So that importing it again adds the style to the one that is there."""
    assert imported(np.zeros(3, np.uint32)).id == imported(np.ones(3, np.uint32)).id


def test_an_eval_set_in_a_file_gets_the_style_that_its_prompts_would_have() -> None:
    texts = ["Please list three rivers.", "Why is the sky blue?", "```py\nx = 1\n```"]
    items = [Item(str(number), text) for number, text in enumerate(texts)]
    record = encode_items(items, TiledEncoder(), app="a", effective_ms=0)
    assert {item.id: item.flags for item in record.items} == {
        str(number): features.style(text).flags for number, text in enumerate(texts)
    }
    assert references.from_import(record).sums.features.sum() == sum(
        features.style(text).flags.bit_count() for text in texts
    )
