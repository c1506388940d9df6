"""A simulated app around a deployment: every opener of every user, and what the statistics see of them.

The studies that it gives are those that :func:`eddyline.adaptation.study.gather` would make of its panel days, without
making them; a test holds the two against each other.
"""

from typing import NamedTuple

import numpy as np
from benchmarks.adaptation.prompts import Prompts
from benchmarks.adaptation.scenarios import Scenario
from benchmarks.adaptation.users import PROMPTS, Floats, Ints, Plan, Users, populate
from numpy.typing import NDArray
from scipy.sparse import csr_array

from eddyline.adaptation.study import PROJECTED_UNIT, Side, Study
from eddyline.assignment import BUCKETS
from eddyline.paneldays import STYLES

FIRST_DAY = 739_579
"""A Monday."""
TOPIC_TILT = 0.5


class Openers(NamedTuple):
    """``m`` first prompts of sessions, in the order of (user, time)."""

    user: Ints
    """``(m,)`` place among the users."""
    day: Ints
    """``(m,)`` of the world."""
    seen: Ints
    """``(m,)`` openers that he had sent to the deployment before this one."""
    prompt: Ints
    """``(m,)`` which; the second half of the prompts are the restyled ones."""
    chance: Floats
    """``(m,)`` how likely it was restyled."""
    without: Floats
    """``(m,)`` how likely it would have been without the deployment."""


class World:
    """One run."""

    def __init__(self, prompts: Prompts, plan: Plan, scenario: Scenario, seed: int) -> None:
        self.prompts, self.plan = prompts, plan
        rng = np.random.default_rng(seed)
        self.users = populate(plan, scenario, len(prompts.topic), rng)
        self.openers = _live(self.users, plan, scenario, prompts, rng)

    def study(self, before: range, after: range) -> Study:
        """Return what the panel knows of all users with openers on these days."""
        first, second = self.openers_of(before), self.openers_of(after)
        openers = [np.bincount(self.openers.user[rows], minlength=len(self.users.rank)) for rows in (first, second)]
        there = (openers[0] + openers[1]) > 0
        treated, control = self.arms(after)
        return Study(
            user=self.users.rank[there],
            treated=treated[there],
            control=control[there],
            before=self._side(first, openers[0], there),
            after=self._side(second, openers[1], there),
            share=_share(self.plan, after),
        )

    def arms(self, after: range) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return for each user whether the first wave reached him, and whether none had until the last of the days."""
        return self.users.reached == self.plan.waves[0][0], self.users.reached >= after.stop

    def openers_of(self, days: range) -> NDArray[np.bool_]:
        """Return which openers are of these days."""
        found: NDArray[np.bool_] = (self.openers.day >= days.start) & (self.openers.day < days.stop)
        return found

    def means(self, values: Floats, days: range) -> Floats:
        """Return for each user the mean of a value of his openers of these days, 0 without any."""
        rows, u = self.openers_of(days), len(self.users.rank)
        place = self.openers.user[rows]
        found: Floats = np.bincount(place, values[rows], u) / np.maximum(np.bincount(place, minlength=u), 1)
        return found

    def _side(self, rows: NDArray[np.bool_], openers: Ints, there: NDArray[np.bool_]) -> Side:
        sums = sums_of(self.prompts, self.openers.prompt[rows], openers[there])
        each = np.maximum(openers[there], 1)[:, np.newaxis]
        return Side(openers[there], sums[:, :STYLES] / each, sums[:, STYLES:] / (each * PROJECTED_UNIT))


def _share(plan: Plan, after: range) -> float | None:
    """Return the share of the control among the first wave's users and the control, as announced; None without one."""
    reached = [end - first for day, first, end in plan.waves if day < after.stop]
    control = BUCKETS - sum(reached)
    return control / (control + reached[0]) if reached and control else None


def sums_of(prompts: Prompts, prompt: Ints, counts: Ints) -> Floats:
    """Return the sums of the features of consecutive groups of prompts, ``(groups, 24 + 64)``."""
    ends = np.concatenate([[0], np.cumsum(counts)])
    found: Floats = csr_array((np.ones(len(prompt)), prompt, ends), (len(counts), len(prompts.sums))) @ prompts.sums
    return found


def _live(users: Users, plan: Plan, scenario: Scenario, prompts: Prompts, rng: np.random.Generator) -> Openers:
    days = np.arange(plan.days)
    there = np.clip(np.minimum(users.end[:, None], days + 1.0) - np.maximum(users.start[:, None], days), 0.0, 1.0)
    has = days >= users.reached[:, None]
    counts = rng.poisson(users.rate[:, None] * there * np.where(has, scenario.response, 1.0))
    user, day = (np.repeat(place, counts.ravel()) for place in np.divmod(np.arange(counts.size), plan.days))
    # Openers to the deployment before this one: all until now, but those before the deployment.
    ordinal = np.arange(len(user)) - np.repeat(np.cumsum(counts.sum(axis=1)) - counts.sum(axis=1), counts.sum(axis=1))
    seen = ordinal - (counts * ~has).sum(axis=1)[user]
    course = _course(scenario, plan, rng)[day]
    without, chance = _chances(users, scenario, user, np.where(has[user, day], seen, -1), course)
    restyled = rng.random(len(user)) < chance
    prompt = _chosen(users, prompts, user, course * bool(scenario.season), rng)
    return Openers(user, day, np.maximum(seen, 0), prompt + restyled * (len(prompts.sums) // 2), chance, without)


def _course(scenario: Scenario, plan: Plan, rng: np.random.Generator) -> Floats:
    """Return how far the season is on each day: a wave of some phase, or a step at the change."""
    since = np.arange(plan.days) - plan.change
    if not scenario.course_days:
        return (since >= 0).astype(np.float64)
    return np.sin(2 * np.pi * (since / scenario.course_days + rng.random()))


def _chances(users: Users, scenario: Scenario, user: Ints, seen: Ints, course: Floats) -> tuple[Floats, Floats]:
    """Return how likely each opener is restyled without the deployment, and with it where ``seen`` is not negative."""
    habit = users.habit[user]
    season = scenario.season * users.slope[user] * course
    without = np.clip(habit + np.where(season > 0, 1 - habit, habit) * season, 0.0, 1.0)
    light = np.where(users.rate < np.median(users.rate), scenario.light, 1.0)
    size = np.minimum(scenario.adaptation * light, 1.0)[user]
    learnt = size * -np.expm1(-np.log(2) * np.maximum(seen, 0) / scenario.half_life)
    told = np.where(seen >= 0, scenario.announcement, 0.0)
    return without, without + (1 - without) * np.maximum(learnt, told)


def _chosen(users: Users, prompts: Prompts, user: Ints, course: Floats, rng: np.random.Generator) -> Ints:
    """Return the prompt of each opener: topics are tilted as far as the season is."""
    tilt = TOPIC_TILT * rng.normal(size=len(prompts.topic))
    weights = np.exp(tilt[users.topics[user]] * course[:, np.newaxis])
    steps = np.cumsum(weights, axis=1)
    slot = (rng.random(len(user))[:, np.newaxis] * steps[:, -1:] > steps).sum(axis=1)
    which = users.own[user, slot, rng.integers(0, PROMPTS, len(user))]
    found: Ints = prompts.topic[users.topics[user, slot], which]
    return found
