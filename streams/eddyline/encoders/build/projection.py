"""The fixed projection of a bundle: the leading principal components of the vectors of many texts."""

import io

import numpy as np
from numpy.typing import NDArray

from eddyline.encoders.vectors import PROJECTION_SCALE


def principal_components(vectors: NDArray[np.int8], components: int) -> NDArray[np.int16]:
    """Compute the projection (d, components) of ``vectors`` (n, d): int16 at the scale 1/4096.

    Columns are in falling order of variance; the largest entry of a column is positive. Eigenvectors depend on the
    linear algebra library in their last bits, so the committed file is what counts, not a new computation.
    """
    covariance = np.cov(vectors.astype(np.float64), rowvar=False)
    _, directions = np.linalg.eigh(covariance)
    leading = directions[:, ::-1][:, :components]
    signs = np.sign(leading[np.abs(leading).argmax(axis=0), np.arange(components)])
    scaled: NDArray[np.float64] = leading * signs * PROJECTION_SCALE
    return np.rint(scaled).astype(np.int16)


def pack(matrix: NDArray[np.int16]) -> bytes:
    """Write a projection or a whitening as an npy file."""
    buffer = io.BytesIO()
    np.save(buffer, matrix.astype("<i2"), allow_pickle=False)
    return buffer.getvalue()
