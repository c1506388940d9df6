"""Both samples together, and what several metrics look at, computed once.

Nothing here depends on which prompt is whose. So when the labels are permuted, all of it stays, and the permuted values
are exactly as likely as the true one if nothing changed.
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eddyline.classical.regions import regions
from eddyline.detectors.whitening import UNIT, Whitening
from eddyline.errors import Incomparable
from eddyline.protocols import SCALE

LEAST = 10
"""Prompts that a sample must have."""

Floats = NDArray[np.float64]


class Pooled:
    """The ``m`` prompts of a reference and the ``n`` of a window, N in all."""

    def __init__(self, reference: NDArray[np.int8], window: NDArray[np.int8], whitening: Whitening) -> None:
        """Take ``(m, 384)`` and ``(n, 384)``.

        Raises:
            Incomparable: one has fewer than ten prompts.
        """
        if min(len(reference), len(window)) < LEAST:
            raise Incomparable(f"samples of {len(reference)} and {len(window)} prompts, each needs {LEAST}")
        self._rows = np.concatenate([reference, window]).astype(np.int64)
        self._whitening = whitening
        self.labels = np.arange(len(self._rows)) >= len(reference)
        """``(N,)``: true for the window's."""

    @cached_property
    def vectors(self) -> Floats:
        """``(N, 384)``, in units of the unit vectors."""
        return self._rows / SCALE

    @cached_property
    def products(self) -> Floats:
        """``(N, N)`` inner products of the vectors."""
        found: Floats = self.vectors @ self.vectors.T
        return found

    @cached_property
    def components(self) -> Floats:
        """``(N, 64)`` whitened components, in standard deviations of prompts in general."""
        return self._whitening.apply(self._rows) / UNIT

    @cached_property
    def regions(self) -> NDArray[np.intp]:
        """``(N,)``: the region of the embedding space that each vector lies in."""
        return regions(self.vectors)
