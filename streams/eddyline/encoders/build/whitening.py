"""The whitening of a bundle: directions along which prompts in general vary, each scaled to a variance of about 1."""

import numpy as np
from numpy.typing import NDArray

from eddyline.detectors.whitening import SCALE as WHITENING_SCALE
from eddyline.errors import RefusedToStart
from eddyline.protocols import SCALE


def whitening(vectors: NDArray[np.int8], components: int) -> NDArray[np.int16]:
    """Compute the whitening (d, components) of ``vectors`` (n, d): int16 at the scale 1/4096.

    Column ``i`` is the principal direction with the ``i``-th largest variance, over the standard deviation along it.
    Rounding makes it a little other than white, which harms nothing: it is a fixed linear map, and the detector
    measures the variance that is left. Eigenvectors depend on the linear algebra library in their last bits, so the
    committed file is what counts, not a new computation.

    Raises:
        RefusedToStart: the vectors hardly vary along one of the directions.
    """
    covariance = np.cov(vectors.astype(np.float64) / SCALE, rowvar=False)
    variances, directions = np.linalg.eigh(covariance)
    leading = directions[:, ::-1][:, :components]
    signs = np.sign(leading[np.abs(leading).argmax(axis=0), np.arange(components)])
    white: NDArray[np.float64] = np.rint(leading * signs / np.sqrt(variances[::-1][:components]) * WHITENING_SCALE)
    if np.abs(white).max() > np.iinfo(np.int16).max:
        message = "the vectors vary too little along a direction for a whitening in int16: draw more texts"
        raise RefusedToStart(message)
    return white.astype(np.int16)
