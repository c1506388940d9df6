"""Made studies: users with habits, before and after a change, in two arms."""

import numpy as np
from numpy.typing import NDArray

from eddyline.adaptation.study import Side, Study
from eddyline.panel import PROJECTED
from eddyline.paneldays import STYLES

USERS = 400
SHARE = 0.25
"""Of the control."""


def study(
    seed: int,
    users: int = USERS,
    *,
    effect: float = 0.0,
    season: float = 0.0,
    leaving: float = 0.0,
    share: float = SHARE,
) -> Study:
    """Return users who write ten openers a period on average and have their own share of each style feature.

    Args:
        seed: of everything.
        users: how many; a tenth of them are not there before, another one not after.
        effect: added to the share of the first feature of those treated, after.
        season: added to the share of the second feature of everybody, after.
        leaving: share of the treated below the median of the first feature who leave.
        share: of the control.
    """
    rng = np.random.default_rng(seed)
    user = np.sort(rng.integers(0, 2**63, users, dtype=np.uint64))
    control = rng.random(users) < share
    habit = rng.beta(2, 6, (users, STYLES))
    place = rng.normal(0, 0.1, (users, PROJECTED))
    mean = 10 * np.exp(rng.normal(-0.5, 1, users))
    later = habit.copy()
    later[:, 0] = np.minimum(1, later[:, 0] + effect * ~control)
    later[:, 1] = np.minimum(1, later[:, 1] + season)
    gone = ~control & (habit[:, 0] < np.median(habit[:, 0])) & (rng.random(users) < leaving)
    before = _side(rng, mean * (rng.random(users) < 0.9), habit, place)
    after = _side(rng, mean * (rng.random(users) < 0.9) * ~gone, later, place)
    return Study(user, ~control, control, before, after, share)


def _side(
    rng: np.random.Generator, mean: NDArray[np.float64], habit: NDArray[np.float64], place: NDArray[np.float64]
) -> Side:
    openers = rng.poisson(mean)
    each = np.maximum(openers, 1)[:, np.newaxis]
    styles = rng.binomial(openers[:, np.newaxis], habit) / each
    projected = (place + rng.normal(0, 0.3, place.shape) / np.sqrt(each)) * (openers > 0)[:, np.newaxis]
    return Side(openers, styles, projected)


def subset(found: Study, those: NDArray[np.bool_] | NDArray[np.intp]) -> Study:
    """Return a study of some of its users, or of all in another order."""
    return Study(
        found.user[those],
        found.treated[those],
        found.control[those],
        _some(found.before, those),
        _some(found.after, those),
        found.share,
    )


def _some(side: Side, those: NDArray[np.bool_] | NDArray[np.intp]) -> Side:
    return Side(side.openers[those], side.styles[those], side.projected[those])
