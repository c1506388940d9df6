"""Regions of the embedding space, since histograms need bins: the cells of k-means on both samples together.

Source: Lloyd, "Least squares quantization in PCM", IEEE Transactions on Information Theory 28 (1982).
"""

import numpy as np
from numpy.typing import NDArray

REGIONS = 50
STEPS = 10
SEED = 1


def regions(vectors: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the region ``(N,)``, 0 to at most 49, of each of ``(N, d)`` vectors; there are at most N / 4 of them."""
    k = max(2, min(REGIONS, len(vectors) // 4))
    centers = vectors[np.random.default_rng(SEED).permutation(len(vectors))[:k]]
    for _ in range(STEPS):
        centers = _means(vectors, _nearest(vectors, centers), centers)
    return _nearest(vectors, centers)


def _nearest(vectors: NDArray[np.float64], centers: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the nearest center: that with the largest <x, c> - |c|^2 / 2."""
    found: NDArray[np.intp] = np.argmax(vectors @ centers.T - (centers**2).sum(axis=1) / 2, axis=1)
    return found


def _means(vectors: NDArray[np.float64], places: NDArray[np.intp], centers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of every region; one that is empty keeps its center."""
    members = (places[:, None] == np.arange(len(centers))).astype(np.float64)
    counts = members.sum(axis=0)[:, None]
    return np.where(counts > 0, members.T @ vectors / np.maximum(counts, 1), centers)
