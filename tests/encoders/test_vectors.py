"""Integers that leave the encoder: rounded half to even, clipped, projected exactly."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray

from eddyline.encoders.bundle import PROJECTION, Bundle
from eddyline.encoders.vectors import PROJECTION_SCALE, project, quantise, read_projection
from eddyline.errors import RefusedToStart


@pytest.fixture(scope="module")
def projection(bundle: Bundle) -> NDArray[np.int16]:
    """Read the projection of the bundle."""
    return read_projection(bundle.files[PROJECTION], 384, 64)


def test_components_are_rounded_half_to_even_at_the_scale_of_1_over_400() -> None:
    halves = np.array([[0.5, 1.5, 2.5, -0.5, -1.5, 100]], np.float32) / np.float32(400)
    assert quantise(halves).tolist() == [[0, 2, 2, 0, -2, 100]]


def test_components_are_clipped_symmetrically() -> None:
    quantised = quantise(np.array([[1.0, -1.0, 0.3175, -0.32]], np.float32))
    assert quantised.dtype == np.int8
    assert quantised.tolist() == [[127, -127, 127, -127]]


def test_the_projection_is_the_exact_integer_result(projection: NDArray[np.int16]) -> None:
    source = np.random.default_rng(5)
    vectors = source.integers(-127, 128, (200, 384)).astype(np.int8)
    product = vectors.astype(np.int64) @ projection.astype(np.int64)
    quotient, rest = np.divmod(product, 256)
    round_up = (rest > 128) | ((rest == 128) & (quotient % 2 == 1))
    assert np.array_equal(project(vectors, projection), quotient + round_up)


def test_the_projection_does_not_depend_on_the_batch(projection: NDArray[np.int16]) -> None:
    vectors = np.random.default_rng(6).integers(-127, 128, (33, 384)).astype(np.int8)
    alone = [project(vectors[row : row + 1], projection) for row in range(33)]
    assert np.array_equal(np.concatenate(alone), project(vectors, projection))


def test_the_directions_of_the_projection_are_orthonormal(projection: NDArray[np.int16]) -> None:
    directions = projection / PROJECTION_SCALE
    assert np.allclose(directions.T @ directions, np.eye(64), atol=1e-3)


def test_a_projected_vector_is_never_longer_than_the_vector(projection: NDArray[np.int16]) -> None:
    vectors = np.random.default_rng(7).integers(-40, 41, (50, 384)).astype(np.int8)
    norms = np.linalg.norm(project(vectors, projection) / 16, axis=1)
    assert (norms <= np.linalg.norm(vectors, axis=1)).all()


@pytest.mark.parametrize("array", [np.zeros((384, 64), np.int32), np.zeros((64, 384), np.int16)])
def test_a_projection_of_another_type_or_shape_is_refused(array: NDArray[np.int32]) -> None:
    buffer = io.BytesIO()
    np.save(buffer, array)
    with pytest.raises(RefusedToStart, match="the projection of the encoder bundle is"):
        read_projection(buffer.getvalue(), 384, 64)
