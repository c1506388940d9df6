"""Shares of all change in the style features that are adaptation, selection, exogenous and mix.

A term's share is the part of the squared length of the whole change that lies along it, features being measured in
units of how differently users change. Squares and products of estimates are too large by their own noise, so what each
user adds to both is subtracted: this is cross-fitting, one half of the users against the other, averaged over all
splits at once, and nothing is drawn. Shares add up to 1; one may be negative, when it is against the others.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eddyline.adaptation.effect import NO_VARIANCE
from eddyline.adaptation.study import Study
from eddyline.adaptation.terms import Term, Terms

LEAST_Z = 3.0
"""Shares are told if the squared length of the change is more than so many of its errors under no change."""


class Shares(NamedTuple):
    """Shares of the change; they add up to 1."""

    adaptation: float
    selection: float
    exogenous: float
    mix: float


def shares(study: Study, found: Terms) -> Shares | None:
    """Return the shares of the terms of a study; None where the change does not stand out of its noise."""
    changes = study.changes().styles
    spread = changes.std(0)
    varies = spread**2 > NO_VARIANCE
    total = _scaled(found.treated.total, varies, spread)
    covariance = total.influence.T @ total.influence
    length = _product(total, total)
    if length <= LEAST_Z * math.sqrt(2 * float((covariance**2).sum())):
        return None
    four = (found.adaptation, found.selection, found.exogenous, found.mix)
    return Shares(*(_product(_scaled(term, varies, spread), total) / length for term in four))


def _product(one: Term, other: Term) -> float:
    """Return the scalar product of what two terms estimate, without what their common noise adds to it."""
    return float(one.value @ other.value - np.einsum("uf,uf->", one.influence, other.influence))


def _scaled(term: Term, varies: NDArray[np.bool_], spread: NDArray[np.float64]) -> Term:
    return Term(term.value[varies] / spread[varies], term.influence[:, varies] / spread[varies])
