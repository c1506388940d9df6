"""Eval-distance tails: how many prompts are as far from the eval set as half, a fifth, a twentieth of the baseline.

The distances come as counts of 16 bins, so a tail starts at the edge of a bin: at the one whose share in the baseline
is nearest to what is asked for.
"""

import numpy as np

from eddyline.detectors.sums import Ints

SHARES = (0.5, 0.2, 0.05)
"""Beyond the 50, 80 and 95 % points of the baseline."""


def cuts(evals: Ints) -> tuple[int, ...]:
    """Choose for each share the first bin ``1..15`` of its tail, from the ``(16,)`` counts of the baseline."""
    beyond = np.cumsum(evals[::-1])[::-1][1:] / max(int(evals.sum()), 1)
    return tuple(int(np.abs(beyond - share).argmin()) + 1 for share in SHARES)


def counts(evals: Ints | None, starts: tuple[int, ...], shape: tuple[int, ...]) -> Ints:
    """Return the counts beyond each start, ``(*shape, 3)``, from bins ``(*shape, 16)``; zeros without bins."""
    if evals is None or not starts:
        return np.zeros((*shape, len(SHARES)), np.int64)
    beyond: Ints = np.cumsum(evals[..., ::-1], axis=-1)[..., ::-1]
    return beyond[..., list(starts)]
