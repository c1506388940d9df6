"""Nearest-neighbour distance: how far the window's prompts are from anything in the reference.

It sees diffuse novelty that moves no mean.
"""

from eddyline.cells import Cell
from eddyline.distances import mean_distance
from eddyline.drift.metric import Metric
from eddyline.references import Reference


def value(reference: Reference, current: Cell) -> float | None:
    """Return the mean Euclidean distance of the window's sample to the nearest reference item, in [0, 2]."""
    found = reference.neighbours.nearest(current.sample)
    return None if found is None else mean_distance(found)


def null(reference: Reference, current: Cell) -> float | None:
    """Return the same for a fresh item of the reference's distribution: each item against all others."""
    return reference.nearest_null if current.sample else None


METRIC = Metric("nearest_neighbour_distance", value, null)
