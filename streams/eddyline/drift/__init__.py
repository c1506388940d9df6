"""Drift metrics: one per file, each a function of a reference and a window, beside its value under no change.

A distance without its null value says nothing: at n = 20 two samples of the same traffic are far apart. Every metric
therefore comes with the value that is expected when the window was drawn from the reference's own distribution.
"""

from eddyline.drift import beyond, centroid, cosine, nearest
from eddyline.drift.metric import Metric

__all__ = ["METRICS", "Metric"]

METRICS: tuple[Metric, ...] = (centroid.METRIC, cosine.METRIC, nearest.METRIC, beyond.METRIC)
