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
    """Within users, because of the deployment."""
    selection: float
    """Who left or came because of it."""
    exogenous: float
    """Within users, would have come anyway."""
    mix: float
    """Who left or came anyway."""


class Along(NamedTuple):
    """How much of the whole change lies along it."""

    parts: Shares
    """Of each term; they add up to :attr:`square`."""
    square: float
    """Squared length of the change, without what noise adds to it; may be negative."""
    error: float
    """Its standard error if nothing changed."""

    @property
    def shares(self) -> Shares | None:
        """The shares; None where the change does not stand out of its noise."""
        if self.square <= LEAST_Z * self.error:
            return None
        return Shares(*(part / self.square for part in self.parts))


def along(study: Study, found: Terms) -> Along:
    """Return how much of the change of a study lies along it, term by term."""
    spread = study.changes().styles.std(0)
    varies = spread**2 > NO_VARIANCE
    total = _scaled(found.treated.total, varies, spread)
    covariance = total.influence.T @ total.influence
    four = (found.adaptation, found.selection, found.exogenous, found.mix)
    return Along(
        parts=Shares(*(_product(_scaled(term, varies, spread), total) for term in four)),
        square=_product(total, total),
        error=math.sqrt(2 * float((covariance**2).sum())),
    )


def _product(one: Term, other: Term) -> float:
    """Return the scalar product of what two terms estimate, without what their common noise adds to it."""
    return float(one.value @ other.value - np.einsum("uf,uf->", one.influence, other.influence))


def _scaled(term: Term, varies: NDArray[np.bool_], spread: NDArray[np.float64]) -> Term:
    return Term(term.value[varies] / spread[varies], term.influence[:, varies] / spread[varies])
