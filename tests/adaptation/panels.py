"""Made panels: users with habits who write day by day, some of whom have a deployment from day 100 on."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tests.adaptation.made import panel_day

from eddyline.adaptation.arms import Arms
from eddyline.adaptation.looks import Look
from eddyline.adaptation.panel import Days
from eddyline.adaptation.study import Study, gather
from eddyline.paneldays import STYLES, PanelDay

CHANGE = 100
DAY_MS = 86_400_000
DEPLOYMENT, OTHER = "2026.11.1", "2026.10.1"
SHARE = 0.25
"""Of the control."""
FEATURE = 0
"""The one that changes."""


class Made(NamedTuple):
    """A panel, and the look at it on its last day."""

    panel: Days
    look: Look
    study: Study


class Change(NamedTuple):
    """What happens to the share of the feature's prompts after the change."""

    plateau: float = 0.0
    """Added to that of the treated in the end."""
    half_life: float = 5.0
    """In prompts to the deployment."""
    announced: float = 0.0
    """Added to that of the treated at once."""
    season: float = 0.0
    """Added to that of everybody."""


def made(seed: int, users: int, change: Change, *, after: int = 14, rate: float = 2.0) -> Made:
    """Return users who send ``rate`` prompts a day on average, each the opener of a session.

    Args:
        seed: of everything.
        users: how many, a quarter of them in the control.
        change: what happens on day 100.
        after: days from it on; there are 14 before.
        rate: prompts a day and user.
    """
    rng = np.random.default_rng(seed)
    control = rng.random(users) < SHARE
    habit = rng.beta(2, 6, users)
    rates = rate * np.exp(rng.normal(-0.125, 0.5, users))
    seen, days = np.zeros(users, np.int64), {}
    for day in range(CHANGE - 14, CHANGE + after):
        n = rng.poisson(rates)
        shares = [
            np.clip(habit + (day >= CHANGE) * _added(change, met, treated=~control), 0, 1)
            for met in (seen, seen + np.maximum(n - 1, 0) // 2)
        ]
        first = rng.random(users) < shares[0]
        having = np.where(n > 0, first + rng.binomial(np.maximum(n - 1, 0), shares[1]), 0)
        treated = ~control if day >= CHANGE else np.zeros(users, np.bool_)
        days[day] = _day(day, n, having, first, treated)
        seen += n * (day >= CHANGE)
    panel = Days(days)
    look = a_look(after)
    return Made(panel, look, gather(panel, look, arms(control)))


def a_look(after: int = 14) -> Look:
    """Return the look at day 100 and so many days from it on."""
    since = range(CHANGE, CHANGE + after)
    return Look(range(CHANGE - 14, CHANGE), since[-14:], since, since[-1], CHANGE * DAY_MS)


def arms(control: NDArray[np.bool_]) -> Arms:
    """Return the arms of users 0, 1, 2, and so on."""
    users = np.arange(len(control), dtype=np.uint64)
    return Arms("assigned", "holdout", users, ~control, control, 0, SHARE, None)


def _added(change: Change, seen: NDArray[np.int64], *, treated: NDArray[np.bool_]) -> NDArray[np.float64]:
    adapted = change.plateau * (1 - 2.0 ** (-seen / change.half_life))
    return change.season + treated * (change.announced + adapted)


def _day(
    day: int,
    n: NDArray[np.int64],
    having: NDArray[np.int64],
    first: NDArray[np.bool_],
    treated: NDArray[np.bool_],
) -> PanelDay:
    there = np.flatnonzero(n)
    styles = np.zeros((len(there), STYLES), np.int64)
    styles[:, FEATURE] = having[there]
    rows = panel_day(day, there.tolist(), styles, openers=n[there].tolist())
    return rows._replace(
        deployments=(OTHER, DEPLOYMENT),
        deployment=treated[there].astype(np.int64),
        first_ms=np.full(len(there), day * DAY_MS),
        first=first[there].astype(np.int64) << FEATURE,
    )
