"""Whitening is exact, linear, and no part of the embedding space."""

import io
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from eddyline.detectors.whitening import COMPONENTS, UNIT, Whitening
from eddyline.encoders.build.projection import pack
from eddyline.encoders.bundle import WHITENING, read_bundle
from eddyline.errors import RefusedToStart

BUNDLE = Path(__file__).parents[2] / "models" / "minilm-l6-v2"
FILE = (BUNDLE / WHITENING).read_bytes()
MATRIX = np.load(io.BytesIO(FILE))


@given(st.integers(0, 2**32 - 1))
def test_whitened_sums_equal_integer_arithmetic(seed: int) -> None:
    sums = np.random.default_rng(seed).integers(-127 * 5_000_000, 127 * 5_000_000, (2, 384))
    assert np.array_equal(Whitening.read(FILE, 384).apply(sums), sums @ MATRIX.astype(np.int64))


def test_the_whitened_sum_is_the_sum_of_the_whitened() -> None:
    whitening, rows = Whitening.read(FILE, 384), np.random.default_rng(1).integers(-127, 128, (100, 384))
    assert np.array_equal(whitening.apply(rows.sum(axis=0)), whitening.apply(rows).sum(axis=0))


@pytest.mark.parametrize("matrix", [MATRIX[:, :63], MATRIX.T, MATRIX.astype(np.float32)])
def test_another_matrix_is_refused(matrix: NDArray[np.generic]) -> None:
    buffer = io.BytesIO()
    np.save(buffer, matrix)
    with pytest.raises(RefusedToStart, match="whitening of the encoder bundle"):
        Whitening.read(buffer.getvalue(), 384)


def test_another_whitening_has_another_id() -> None:
    changed = MATRIX.copy()
    changed[0, 0] += 1
    assert Whitening.read(FILE, 384).id != Whitening.read(pack(changed), 384).id


def test_the_space_does_not_depend_on_the_whitening() -> None:
    bundle = read_bundle(BUNDLE)
    files = {**bundle.manifest.files, WHITENING: "0" * 64}
    changed = bundle._replace(manifest=msgspec.structs.replace(bundle.manifest, files=files))
    assert changed.space_id == bundle.space_id


def test_directions_have_about_unit_variance_on_the_golden_texts_scale() -> None:
    """A unit vector is about 20 standard deviations long in 64 directions whose variances are those of prompts."""
    lengths = np.linalg.norm(MATRIX.astype(np.float64) / 4096, axis=0)
    assert (np.diff(lengths) > -1e-2).all()
    assert 3 < lengths[0] < lengths[-1] < 60
    assert (UNIT, MATRIX.shape) == (1_638_400, (384, COMPONENTS))
