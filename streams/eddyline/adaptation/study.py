"""A study: what each user of the panel wrote before a deployment and after it, and which arm he is in."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eddyline.adaptation.arms import Arms
from eddyline.adaptation.looks import Look
from eddyline.adaptation.panel import Panel, below, days_of
from eddyline.panel import PROJECTED
from eddyline.paneldays import STYLES, PanelDay

PROJECTED_UNIT = 16 * 400
"""What sums of projected vectors are in units of one part of."""
HALF_WEIGHT = 8
"""Openers before the change that give a user half of the weight that he could have at most."""


class Side(NamedTuple):
    """One period; ``u`` users in the order of :attr:`Study.user`."""

    openers: NDArray[np.int64]
    """``(u,)`` first prompts of sessions."""
    styles: NDArray[np.float64]
    """``(u, 24)`` share of his openers that have each yes/no style feature, 0 for a user without any."""
    projected: NDArray[np.float64]
    """``(u, 64)`` mean of his openers' projected vectors, 0 for a user without any."""

    @property
    def active(self) -> NDArray[np.bool_]:
        """``(u,)`` who began any session."""
        return self.openers > 0


class Changes(NamedTuple):
    """How ``s`` users changed who stayed and are in one of the arms."""

    user: NDArray[np.uint64]
    """``(s,)`` ranks, ascending."""
    control: NDArray[np.bool_]
    """``(s,)`` in the control; the others are treated."""
    weights: NDArray[np.float64]
    """``(s,)`` by what they did before, above 0."""
    styles: NDArray[np.float64]
    """``(s, f)`` after less before, from -1 to 1."""
    projected: NDArray[np.float64]
    """``(s, d)`` after less before."""


class Study(NamedTuple):
    """``u`` users with rows before or after the change, all of whom would have been seen whenever they wrote."""

    user: NDArray[np.uint64]
    """``(u,)`` ranks of the users, ascending."""
    treated: NDArray[np.bool_]
    """``(u,)`` in the arm of the deployment."""
    control: NDArray[np.bool_]
    """``(u,)`` in the arm without it. Somebody who left and may have been in either is in both."""
    before: Side
    """The period before."""
    after: Side
    """The period after."""
    share: float | None
    """Of the control among both arms, as announced; None if nothing was."""

    @property
    def stayed(self) -> NDArray[np.bool_]:
        """``(u,)`` who was active before and after."""
        return self.before.active & self.after.active

    @property
    def weights(self) -> NDArray[np.float64]:
        """``(u,)`` weights of the users by what they did before the change, from 0 to below 1."""
        return self.before.openers / (self.before.openers + HALF_WEIGHT)

    def changes(self) -> Changes:
        """Return how those changed who stayed and are in one of the arms."""
        those = np.flatnonzero(self.stayed & (self.treated | self.control))
        return Changes(
            user=self.user[those],
            control=self.control[those],
            weights=self.weights[those],
            styles=self.after.styles[those] - self.before.styles[those],
            projected=self.after.projected[those] - self.before.projected[those],
        )


def gather(panel: Panel, look: Look, arms: Arms) -> Study:
    """Return what the users of the look's days did.

    Args:
        panel: the days.
        look: which of them.
        arms: who is in which arm; whom it does not name is in neither.
    """
    before, after = list(days_of(panel, look.before)), list(days_of(panel, look.after))
    users = users_below([*before, *after], below(before, after))
    return Study(
        user=users,
        treated=_of(arms.user, arms.treated, users),
        control=_of(arms.user, arms.control_mask, users),
        before=side(before, users),
        after=side(after, users),
        share=arms.share,
    )


def side(days: list[PanelDay], users: NDArray[np.uint64]) -> Side:
    """Return what the given users did on the given days.

    Args:
        days: in any order.
        users: ``(u,)`` ranks, ascending; what others did is left out.
    """
    openers = np.zeros(len(users))
    styles, projected = np.zeros((len(users), STYLES)), np.zeros((len(users), PROJECTED))
    for day in days:
        rows = np.flatnonzero(np.isin(day.user, users))
        place = np.searchsorted(users, day.user[rows])
        for sums, column in ((openers, day.openers), (styles, day.styles), (projected, day.projected)):
            _add(sums, place, column[rows])
    each = np.maximum(openers, 1)[:, np.newaxis]
    return Side(openers.astype(np.int64), styles / each, projected / (each * PROJECTED_UNIT))


def _add(sums: NDArray[np.float64], place: NDArray[np.intp], values: NDArray[np.int64]) -> None:
    """Add each value to the sum at its place; equal places follow one another."""
    if len(place):
        first = np.flatnonzero(np.diff(place, prepend=-1))
        sums[place[first]] += values if len(first) == len(place) else np.add.reduceat(values, first)


def users_below(days: list[PanelDay], limit: int) -> NDArray[np.uint64]:
    """Return the ranks below ``limit`` of the users of the days, ascending."""
    everybody = np.unique(np.concatenate([np.zeros(0, np.uint64), *(day.user for day in days)]))
    return everybody[everybody <= np.uint64(limit - 1)]


def _of(known: NDArray[np.uint64], mask: NDArray[np.bool_], users: NDArray[np.uint64]) -> NDArray[np.bool_]:
    return np.isin(users, known[mask])
