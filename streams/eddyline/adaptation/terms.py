"""What the change of a deployment's users is made of: an identity of four terms, and their errors.

With the mean over users of a set S before and after, sets of the active (before ``A0``, after ``A1``) and of those who
stayed (``R``, both) in each arm:

* within users ``W = mean(R, after) - mean(R, before)``; between users ``K = mean(A1, after) - mean(A0, before) - W``,
  which is who left, ``mean(R, before) - mean(A0, before)``, and who came, ``mean(A1, after) - mean(R, after)``;
* adaptation ``W - W of the control``, selection ``K - K of the control``, exogenous ``W of the control``, mix
  ``K of the control``: they add up to the total, ``mean(A1, after) - mean(A0, before)`` of the deployment's users.

Every one is a sum of means, so its error is that of the sum over users of what each adds to it, his *influence*: users
are independent, a user's own values are not. Every user counts alike.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eddyline.adaptation.effect import LEAST
from eddyline.adaptation.study import Study


class Term(NamedTuple):
    """A sum of means over users, of ``f`` features."""

    value: NDArray[np.float64]
    """``(f,)``."""
    influence: NDArray[np.float64]
    """``(u, f)`` what each user adds to its error; they add up to 0."""

    @property
    def error(self) -> NDArray[np.float64]:
        """``(f,)`` standard errors."""
        found: NDArray[np.float64] = np.sqrt((self.influence**2).sum(0))
        return found

    def __sub__(self, other: "Term") -> "Term":
        return Term(self.value - other.value, self.influence - other.influence)


class Within(NamedTuple):
    """What one arm's change is made of."""

    total: Term
    """All who were active after, against all who were active before."""
    within: Term
    """Changes of those who stayed."""
    between: Term
    """Who left and who came."""
    left: Term
    """Who left."""
    came: Term
    """Who came."""


class Terms(NamedTuple):
    """The identity of a study with a control: the last four add up to the total of the treated."""

    treated: Within
    control: Within
    adaptation: Term
    """Within users, because of the deployment."""
    selection: Term
    """Who left or came because of it."""

    @property
    def exogenous(self) -> Term:
        """Within users, would have come anyway."""
        return self.control.within

    @property
    def mix(self) -> Term:
        """Who left or came anyway."""
        return self.control.between


def terms(study: Study) -> Terms | None:
    """Return what the change is made of; None where a mean has fewer than two users."""
    treated, control = arm_terms(study, study.treated), arm_terms(study, study.control)
    if treated is None or control is None:
        return None
    return Terms(treated, control, treated.within - control.within, treated.between - control.between)


def arm_terms(study: Study, arm: NDArray[np.bool_]) -> Within | None:
    """Return what the change of ``(u,)`` some users is made of; None where a mean has fewer than two users."""
    stayed = arm & study.stayed
    if np.count_nonzero(stayed) < LEAST:
        return None
    started, ended = arm & study.before.active, arm & study.after.active
    first, last = _mean(study.before.styles, started), _mean(study.after.styles, ended)
    own_first, own_last = _mean(study.before.styles, stayed), _mean(study.after.styles, stayed)
    total, within = last - first, own_last - own_first
    return Within(total, within, total - within, left=own_first - first, came=last - own_last)


def _mean(values: NDArray[np.float64], those: NDArray[np.bool_]) -> Term:
    n = np.count_nonzero(those)
    value = values[those].mean(0)
    influence = np.zeros_like(values)
    influence[those] = (values[those] - value) / np.sqrt(n * (n - 1))
    return Term(value, influence)
