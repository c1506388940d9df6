"""The half-life of an effect: the curve ``A (1 - 2^(-k/h))`` through the effects at several exposures k.

The effects of the bins are correlated, so the plateau A is by generalised least squares, exactly for each half-life h;
h is the best of a grid, its interval by profile: all h whose chi-squared is at most 3.84 above the best. (Seber and
Wild, *Nonlinear Regression*, 1989, chapters 2 and 5.)
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LEAST_BINS = 3
"""To fit two parameters."""
LEAST_Z = 3.0
"""The plateau is told if it is so many standard errors from 0."""
LARGEST_RATIO = 6.0
"""The half-life is told if the upper end of its interval is at most so many times the lower one."""
PROFILE = 3.84
"""95 % point of chi-squared with one degree of freedom."""
SINGULAR = 1e8
"""Condition number from which on the bins' correlation has no inverse to speak of."""
HALF_LIVES = 2.0 ** np.arange(-4, 12 + 1 / 64, 1 / 32)
"""Where half-lives are looked for, in prompts: 1/16 to 4,096, in steps of 2 %."""

_NO_INFORMATION = 1e-12

Floats = NDArray[np.float64]


class Fit(NamedTuple):
    """A curve ``A (1 - 2^(-k/h))``, whether or not it is to be told."""

    plateau: float
    """A."""
    error: float
    """Standard error of A, the half-life being estimated, too."""
    half_life: float
    """h, in prompts."""
    low: float
    """Lower end of its 95 % interval; 0 if there is none."""
    high: float
    """Upper end of its 95 % interval; infinite if there is none."""

    @property
    def plateau_told(self) -> bool:
        """Whether A is sure."""
        return self.error > 0 and abs(self.plateau) >= LEAST_Z * self.error

    @property
    def half_life_told(self) -> bool:
        """Whether h is known well enough to be of use."""
        return self.plateau_told and self.high <= LARGEST_RATIO * self.low


def fit(spread: Floats, effects: Floats, covariance: Floats) -> Fit | None:
    """Fit ``A (1 - 2^(-k/h))`` to the effects of ``b`` bins.

    Args:
        spread: ``(b, k)`` share of each exposure, from 0 on, in each bin.
        effects: ``(b,)``.
        covariance: ``(b, b)`` of the effects.

    Returns:
        None with fewer than three bins, or if their covariance has no inverse.
    """
    if len(effects) < LEAST_BINS or np.linalg.cond(_correlation(covariance)) > SINGULAR:
        return None
    whitener = np.linalg.inv(np.linalg.cholesky(covariance))
    y = whitener @ effects
    x = whitener @ spread @ _growth(spread.shape[1], HALF_LIVES)
    squares, products = (x**2).sum(axis=0), y @ x
    chi2 = (y**2).sum() - products**2 / squares
    best = int(chi2.argmin())
    plateau = float(products[best] / squares[best])
    inside = np.flatnonzero(chi2 <= chi2[best] + PROFILE)
    return Fit(
        plateau=plateau,
        error=_error(whitener @ spread, plateau, float(HALF_LIVES[best])),
        half_life=float(HALF_LIVES[best]),
        low=float(HALF_LIVES[inside[0]]) if inside[0] > 0 else 0.0,
        high=float(HALF_LIVES[inside[-1]]) if inside[-1] < len(HALF_LIVES) - 1 else math.inf,
    )


def _growth(exposures: int, half_lives: Floats) -> Floats:
    """Return how much of the plateau is reached, ``(exposures, len(half_lives))``."""
    return 1 - 2.0 ** (-np.arange(exposures)[:, np.newaxis] / half_lives)


def _error(spread: Floats, plateau: float, half_life: float) -> float:
    """Return the standard error of the plateau from the information on both parameters; ``spread`` is whitened."""
    k = np.arange(spread.shape[1])
    by_half_life = -plateau * math.log(2) * k / half_life**2 * 2.0 ** (-k / half_life)
    x, z = spread @ _growth(len(k), np.array([half_life]))[:, 0], spread @ by_half_life
    # What the half-life explains of x says nothing about the plateau.
    left = x @ x - (x @ z) ** 2 / (z @ z) if z @ z > _NO_INFORMATION else x @ x
    return float(1 / math.sqrt(left)) if left > _NO_INFORMATION else math.inf


def _correlation(covariance: Floats) -> Floats:
    errors = np.sqrt(np.diag(covariance))
    correlation: Floats = covariance / np.outer(errors, errors)
    return correlation
