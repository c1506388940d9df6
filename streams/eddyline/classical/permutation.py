"""What a metric is when nothing changed: its values when chance alone says which prompts are the window's.

Source: Good, "Permutation, Parametric, and Bootstrap Tests of Hypotheses", 3rd ed., Springer (2005).
"""

from typing import NamedTuple

import numpy as np

from eddyline.classical.metric import Labels, Statistic

PERMUTATIONS = 200
SEED = 20_261_121
POINT = 0.95


class Null(NamedTuple):
    """The values of a metric without any change, at these numbers of prompts."""

    mean: float
    upper: float
    """The 95 % point: of 20 windows without any change, about one is above it."""


def null(statistic: Statistic, labels: Labels, permutations: int, seed: int) -> Null:
    """Return mean and 95 % point over ``permutations`` of the labels; the same for the same seed."""
    rng = np.random.default_rng(seed)
    found = np.array([statistic(rng.permutation(labels)) for _ in range(permutations)])
    return Null(float(found.mean()), float(np.quantile(found, POINT, method="higher")))
