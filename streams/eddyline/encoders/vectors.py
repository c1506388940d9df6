"""From the model's floats to the integers that leave the encoder: exact from here on, on every machine."""

import io

import numpy as np
from numpy.typing import NDArray

from eddyline.errors import RefusedToStart
from eddyline.protocols import SCALE

PROJECTION_SCALE = 4096
"""An int16 entry ``p`` of the projection stands for ``p / PROJECTION_SCALE``."""
_PROJECTED_STEP = PROJECTION_SCALE // 16


def quantise(vectors: NDArray[np.float32]) -> NDArray[np.int8]:
    """Write unit vectors ``(n, d)`` as int8 at the scale 1/400, rounded half to even, clipped to [-127, 127]."""
    rounded: NDArray[np.float32] = np.rint(vectors * np.float32(SCALE))
    return rounded.clip(-127, 127).astype(np.int8)


def project(vectors: NDArray[np.int8], projection: NDArray[np.int16]) -> NDArray[np.int16]:
    """Project int8 ``vectors`` (n, d) by ``projection`` (d, k) to int16 (n, k) in units of ``1 / (16 * 400)``.

    The product is a sum of integers below 2**53, so float64 holds it exactly, in whatever order it is added up.
    ``einsum`` stays on this thread, where ``@`` would wake the threads of the linear algebra library, which then spin.
    """
    product: NDArray[np.float64] = np.einsum("nd,dk->nk", vectors.astype(np.float64), projection.astype(np.float64))
    return np.rint(product / _PROJECTED_STEP).astype(np.int16)


def read_projection(content: bytes, dimension: int, components: int) -> NDArray[np.int16]:
    """Read the projection of a bundle: int16 ``(dimension, components)`` at the scale 1/4096.

    Raises:
        RefusedToStart: it has another type or shape.
    """
    projection = np.load(io.BytesIO(content), allow_pickle=False)
    if projection.dtype != np.int16 or projection.shape != (dimension, components):
        raise RefusedToStart(
            f"the projection of the encoder bundle is {projection.dtype} {projection.shape}, "
            f"expected int16 ({dimension}, {components})"
        )
    return np.ascontiguousarray(projection)
