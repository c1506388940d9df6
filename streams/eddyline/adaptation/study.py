"""A study: what each user of the panel wrote before a deployment and after it, and which arm he is in."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eddyline.adaptation.arms import Arms
from eddyline.adaptation.looks import Look
from eddyline.adaptation.panel import Panel, days_of
from eddyline.adaptation.rows import contains
from eddyline.panel import PROJECTED
from eddyline.paneldays import ALL, STYLES, PanelDay

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

    def under(self, arms: Arms) -> "Study":
        """Return the same users in the given arms; whom they do not name is in neither."""
        treated, control = (contains(arms.user[mask], self.user) for mask in (arms.treated, arms.control_mask))
        return self._replace(treated=treated, control=control, share=arms.share)

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
    return observe(panel, look).under(arms)


def observe(panel: Panel, look: Look) -> Study:
    """Return what the users of the look's days did, nobody being in any arm; each day is asked for once."""
    before, after = (_Sums(days_of(panel, period)) for period in (look.before, look.after))
    everybody = np.union1d(before.user, after.user)
    users = everybody[everybody <= np.uint64(min(before.below, after.below) - 1)]
    nobody = np.zeros(len(users), np.bool_)
    return Study(users, nobody, nobody, before.side(users), after.side(users), None)


def side(days: Iterable[PanelDay], users: NDArray[np.uint64]) -> Side:
    """Return what the given users did on the given days.

    Args:
        days: in any order.
        users: ``(u,)`` ranks, ascending; what others did is left out.
    """
    return _Sums(days).side(users)


def users_below(days: Iterable[PanelDay], limit: int) -> NDArray[np.uint64]:
    """Return the ranks below ``limit`` of the users of the days, ascending."""
    everybody = np.unique(np.concatenate([np.zeros(0, np.uint64), *(day.user for day in days)]))
    return everybody[everybody <= np.uint64(limit - 1)]


class _Sums:
    """Sums over days of the openers, styles and projected vectors of whoever was there; one day at a time in memory."""

    def __init__(self, days: Iterable[PanelDay]) -> None:
        self.user = np.zeros(0, np.uint64)
        self.below = ALL
        self._sums = [np.zeros((0, width)) for width in (1, STYLES, PROJECTED)]
        for day in days:
            self._add(day)

    def _add(self, day: PanelDay) -> None:
        self.below = min(self.below, day.below)
        # Rows of a user follow one another.
        first = np.flatnonzero(np.diff(day.user, prepend=~day.user[:1]))
        users = day.user[first]
        self._admit(users[~contains(self.user, users)])
        place = np.searchsorted(self.user, users)
        for sums, column in zip(self._sums, (day.openers[:, np.newaxis], day.styles, day.projected), strict=True):
            sums[place] += column if len(first) == len(column) else np.add.reduceat(column, first, dtype=np.int64)

    def _admit(self, users: NDArray[np.uint64]) -> None:
        if len(users):
            everybody = np.sort(np.concatenate([self.user, users]))
            self._sums, self.user = self._of(everybody), everybody

    def _of(self, users: NDArray[np.uint64]) -> list[NDArray[np.float64]]:
        found = [np.zeros((len(users), sums.shape[1])) for sums in self._sums]
        mine = contains(users, self.user)
        place = np.searchsorted(users, self.user[mine])
        for mean, sums in zip(found, self._sums, strict=True):
            mean[place] = sums[mine]
        return found

    def side(self, users: NDArray[np.uint64]) -> Side:
        """Return the means of the given users."""
        openers, styles, projected = self._of(users)
        each = np.maximum(openers, 1)
        return Side(openers[:, 0].astype(np.int64), styles / each, projected / (each * PROJECTED_UNIT))
