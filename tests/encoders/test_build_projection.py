"""The projection follows the directions in which texts differ most."""

import io

import numpy as np

from eddyline.encoders.build.projection import pack, principal_components


def test_components_are_in_falling_order_of_variance_and_of_fixed_sign() -> None:
    source = np.random.default_rng(4)
    spread = np.array([3, 40, 9, 1])
    vectors = np.clip(np.rint(source.normal(size=(4_000, 4)) * spread), -127, 127).astype(np.int8)
    projection = principal_components(vectors, 2)
    assert np.abs(projection).argmax(axis=0).tolist() == [1, 2]
    assert projection[1, 0] > 4_000
    assert projection[2, 1] > 4_000


def test_a_packed_projection_is_read_back() -> None:
    projection = np.arange(8, dtype=np.int16).reshape(4, 2)
    assert np.array_equal(np.load(io.BytesIO(pack(projection))), projection)
