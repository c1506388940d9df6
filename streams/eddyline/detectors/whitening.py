"""Whitening: a fixed linear map of sums of vectors onto 64 directions in which prompts in general have variance 1.

It is linear, so it is applied to the sum of a closed window and never to an event. It comes with the encoder, fitted on
public text and not on anybody's traffic, so it is the same for every app and every worker.
"""

import hashlib
import io
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eddyline.errors import RefusedToStart
from eddyline.protocols import SCALE as VECTOR_SCALE

SCALE = 4096
"""An int16 entry ``w`` of the matrix stands for ``w / SCALE``."""
UNIT = SCALE * VECTOR_SCALE
"""A whitened integer ``y`` stands for ``y / UNIT`` standard deviations."""
COMPONENTS = 64

Ints = NDArray[np.int64]


class Space(NamedTuple):
    """An embedding space and what is seen of it."""

    id: str
    whitening: "Whitening"


class Whitening:
    """The map of one encoder: ``(384,)`` integers to ``(64,)`` integers in units of ``1 / UNIT``."""

    def __init__(self, matrix: NDArray[np.int16]) -> None:
        self._matrix = np.ascontiguousarray(matrix, np.float64)
        self.id = hashlib.sha256(matrix.astype("<i2").tobytes()).hexdigest()[:12]

    @classmethod
    def read(cls, content: bytes, dimension: int) -> "Whitening":
        """Read the file of a bundle: int16 ``(dimension, 64)``.

        Raises:
            RefusedToStart: it has another type or shape.
        """
        matrix = np.load(io.BytesIO(content), allow_pickle=False)
        if matrix.dtype != np.int16 or matrix.shape != (dimension, COMPONENTS):
            raise RefusedToStart(
                f"the whitening of the encoder bundle is {matrix.dtype} {matrix.shape}, "
                f"expected int16 ({dimension}, {COMPONENTS})"
            )
        return cls(matrix)

    def apply(self, sums: Ints) -> Ints:
        """Whiten sums of int8 vectors ``(..., 384)`` to ``(..., 64)``, exactly, for up to 5 million vectors a sum.

        Every partial sum is an integer below 2**53, so float64 holds it in whatever order it is added up. ``einsum``
        stays on this thread, which is faster for one sum; for many the linear algebra library is.
        """
        floats = sums.astype(np.float64)
        product = np.einsum("d,dk->k", floats, self._matrix) if sums.ndim == 1 else floats @ self._matrix
        whitened: Ints = product.astype(np.int64)
        return whitened
