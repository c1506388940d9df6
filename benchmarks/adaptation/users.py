"""Simulated users: what each of them is like, when he comes and leaves, and from when on he has the deployment."""

from typing import NamedTuple

import numpy as np
from benchmarks.adaptation.scenarios import Scenario
from numpy.typing import NDArray

from eddyline.assignment import BUCKETS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BEFORE_DAYS = 14
"""Of a world, before the deployment."""
MEAN_ACTIVITY, ACTIVITY_SPREAD = 0.74, 1.0
"""Openers a day, log-normal."""
HABIT = (1.0, 9.0)
HABIT_OF_THE_MIX = (2.0, 6.0)
CHURN_A_DAY = 0.15 / 28
"""Share of the users that leave, and that come."""
MIX_SHARE = 0.4
"""Newcomers for each user of before."""
TOPICS, PROMPTS = 3, 4
"""Of a user."""
SELECTED_BELOW, SELECTED_SHARE = 0.08, 0.7
NEVER = np.inf


class Plan(NamedTuple):
    """Who is offered the deployment when."""

    users: int
    """Of the app at day 0."""
    waves: tuple[tuple[int, int, int], ...]
    """Of each wave: its day, and the range of buckets that it reaches."""
    days: int = 28
    """Of the world."""

    @property
    def change(self) -> int:
        """The first day with the deployment."""
        return self.waves[0][0]


def holdout(users: int, share: float, days: int = 28) -> Plan:
    """Return the plan in which a share of the users, the first buckets, never gets the deployment."""
    return Plan(users, ((BEFORE_DAYS, round(share * BUCKETS), BUCKETS),), days)


def everybody(users: int, change: int, days: int) -> Plan:
    """Return the plan that leaves nobody without the deployment."""
    return Plan(users, ((change, 0, BUCKETS),), days)


def thirds(users: int) -> Plan:
    """Return the plan that reaches a third of the users each week."""
    return Plan(users, ((BEFORE_DAYS, 0, 333), (BEFORE_DAYS + 7, 333, 667), (BEFORE_DAYS + 14, 667, BUCKETS)))


class Users(NamedTuple):
    """``u`` users in the order of their ranks; times are days since the world began."""

    rank: NDArray[np.uint64]
    """``(u,)`` ascending."""
    bucket: Ints
    """``(u,)``"""
    rate: Floats
    """``(u,)`` openers a day."""
    habit: Floats
    """``(u,)`` share of his openers that have the planted feature."""
    slope: Floats
    """``(u,)`` how much the season takes him, 1 on average."""
    topics: Ints
    """``(u, 3)``"""
    own: Ints
    """``(u, 3, 4)`` which prompts of each of his topics he writes."""
    start: Floats
    """``(u,)`` when he came."""
    end: Floats
    """``(u,)`` when he leaves."""
    reached: Floats
    """``(u,)`` when he gets the deployment; infinite for the control."""


def populate(plan: Plan, scenario: Scenario, topics: int, rng: np.random.Generator) -> Users:
    """Draw the users of a world."""
    churn = round(plan.users * CHURN_A_DAY * plan.days) if scenario.churn else 0
    mixed = round(plan.users * MIX_SHARE) if scenario.mix else 0
    u = plan.users + churn + mixed
    # 0: of before, 1: came as some always do, 2: of the mix. In random order, since users are in the order of ranks.
    kind = rng.permutation(np.repeat([0, 1, 2], [plan.users, churn, mixed]))
    alpha, beta = np.where(kind == 2, np.array(HABIT_OF_THE_MIX)[:, None], np.array(HABIT)[:, None])
    habit, bucket = rng.beta(alpha, beta), rng.integers(0, BUCKETS, u)
    reached = np.full(u, NEVER)
    for day, first, end in plan.waves:
        reached[(bucket >= first) & (bucket < end)] = day
    start = np.select([kind == 1, kind == 2], [plan.days * rng.random(u), plan.change + 7 * rng.random(u)], 0.0)
    return Users(
        rank=np.sort(rng.integers(0, 2**64 - 1, u, dtype=np.uint64)),
        bucket=bucket,
        rate=MEAN_ACTIVITY * np.exp(ACTIVITY_SPREAD * rng.normal(size=u) - ACTIVITY_SPREAD**2 / 2),
        habit=habit,
        slope=rng.gamma(2.0, 0.5, u) if scenario.slopes else np.ones(u),
        topics=rng.integers(0, topics, (u, TOPICS)),
        own=rng.integers(0, 12, (u, TOPICS, PROMPTS)),
        start=start,
        end=_ends(scenario, start, habit, reached, rng),
        reached=reached,
    )


def _ends(scenario: Scenario, start: Floats, habit: Floats, reached: Floats, rng: np.random.Generator) -> Floats:
    u = len(start)
    end = start + rng.exponential(1 / CHURN_A_DAY, u) if scenario.churn else np.full(u, NEVER)
    if scenario.selective:
        leaves = (habit < SELECTED_BELOW) & (rng.random(u) < SELECTED_SHARE)
        end = np.where(leaves, np.minimum(end, np.maximum(reached, start) + rng.random(u)), end)
    return end
