"""A made app: users who write every day, and a deployment that some of them get."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from eddyline.adaptation.analysis import Analysis, analyse
from eddyline.adaptation.carried import Carried, fresh
from eddyline.adaptation.panel import Days
from eddyline.adaptation.placebo import PlaceboDay
from eddyline.assignment import BUCKETS
from eddyline.events import Arm
from eddyline.panel import PROJECTED
from eddyline.paneldays import ALL, SIZES, STYLES, PanelDay
from eddyline.rollouts import Rollout, Wave

UTC_ZONE = ZoneInfo("UTC")
OLD, NEW = "2026.10.1", "2026.11.1"
CHANGE = date(2026, 11, 2).toordinal()
"""The day of the change, which is at midnight: the first day."""
HOLDOUT = Arm("holdout", 0.25, 750)
"""A quarter of the users, the last buckets."""
DRAWS = 199


class Habits(NamedTuple):
    """How the users of an app write."""

    users: int = 600
    effect: float = 0.0
    """Added to the share of the first feature of those who have used the deployment on an earlier day."""
    season: float = 0.0
    """Added to the share of the second feature of everybody, from the change on."""
    leaving: float = 0.0
    """Share of those with a rare first feature who leave once they have the deployment."""
    announced: float = 0.0
    """Added to the third feature of those who have the deployment, from their first prompt on."""
    seed: int = 1


def at_ms(day: int, hour: int = 0) -> int:
    """Return an hour of a day."""
    return int(datetime.combine(date.fromordinal(day), datetime.min.time(), UTC).timestamp() * 1000) + hour * 3_600_000


def rollout(*waves: Wave, free_since_ms: int | None = None) -> Rollout:
    """Return a rollout; held out from a quarter of the users, unless waves are given."""
    own = waves or (Wave(at_ms(CHANGE), HOLDOUT),)
    return Rollout(NEW, OLD, "announced", own, free_since_ms, None, None)


def days(habits: Habits, span: range, having: Mapping[int, NDArray[np.bool_]] | None = None) -> dict[int, PanelDay]:
    """Return the days of an app.

    Args:
        habits: of its users.
        span: which days.
        having: by day, which buckets have the deployment from then on; a quarter has it never, if not given.
    """
    rng = np.random.default_rng(habits.seed)
    user = np.sort(rng.integers(0, 2**63, habits.users, dtype=np.uint64))
    bucket = rng.integers(0, BUCKETS, habits.users)
    share = rng.beta(1, 6, (habits.users, STYLES))
    rate = np.exp(rng.normal(-0.3, 0.8, habits.users))
    gone = (rng.random(habits.users) < habits.leaving) & (share[:, 0] < np.median(share[:, 0]))
    steps = {CHANGE: np.arange(BUCKETS) < 750} if having is None else having
    has, met = np.zeros((2, habits.users), np.bool_)
    found = {}
    for day in span:
        has = has | steps[day][bucket] if day in steps else has
        now = share.copy()
        now[:, 0] += habits.effect * met
        now[:, 1] += habits.season * (day >= CHANGE)
        now[:, 2] += habits.announced * has
        n = rng.poisson(rate * ~(gone & has))
        met = met | has & (n > 0)
        found[day] = _day(day, user, bucket, has, n, rng.binomial(n[:, None], np.minimum(now, 1)), rng)
    return found


def _day(
    day: int,
    user: NDArray[np.uint64],
    bucket: NDArray[np.int64],
    has: NDArray[np.bool_],
    n: NDArray[np.int64],
    styles: NDArray[np.int64],
    rng: np.random.Generator,
) -> PanelDay:
    rows = np.flatnonzero(n)
    first = (rng.random((len(rows), STYLES)) < styles[rows] / n[rows, None]) @ (1 << np.arange(STYLES))
    return PanelDay(
        day=day,
        below=ALL,
        lost=False,
        deployments=(OLD, NEW),
        user=user[rows],
        deployment=has[rows].astype(np.int64),
        bucket=bucket[rows],
        first_ms=np.full(len(rows), at_ms(day, 13)),
        n=n[rows],
        openers=n[rows],
        first=first,
        styles=styles[rows],
        sizes=np.zeros((len(rows), SIZES), np.int64),
        projected=rng.normal(0, 900 * np.sqrt(n[rows])[:, None], (len(rows), PROJECTED)).astype(np.int64),
    )


def look_at(
    found: Mapping[int, PanelDay],
    day: int,
    own: Rollout | None = None,
    history: list[PlaceboDay] | None = None,
    carried: Carried | None = None,
) -> Analysis:
    """Return the analysis as of a day."""
    return analyse(own or rollout(), Days(found), history or [], day, carried or fresh(DRAWS), UTC_ZONE)
