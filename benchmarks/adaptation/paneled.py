"""The panel days of a simulated world, as judge would hold them, and the rollout that happens in it."""

import numpy as np
from benchmarks.adaptation.users import Ints
from benchmarks.adaptation.world import FIRST_DAY, World, sums_of

from eddyline.assignment import BUCKETS
from eddyline.events import Arm
from eddyline.paneldays import ALL, STYLES, PanelDay
from eddyline.rollouts import Rollout, Wave

OLD, NEW = "old", "new"
DAY_MS = 86_400_000
NOON_MS = DAY_MS // 2
EPOCH = 719_163
"""Ordinal of 1970-01-01."""


def panel_days(world: World) -> dict[int, PanelDay]:
    """Return the panel of each day by its ordinal; users send nothing but openers, at noon."""
    openers, width = world.openers, world.plan.days
    cell = openers.user * width + openers.day
    # Openers are in the order of (user, time), so those of a user's day are together.
    first = np.flatnonzero(np.diff(cell, prepend=-1))
    counts = np.diff(np.append(first, len(cell)))
    sums = sums_of(world.prompts, openers.prompt, counts).astype(np.int64)
    word = world.prompts.flags[openers.prompt[first]]
    sizes = np.add.reduceat(world.prompts.sizes[openers.prompt], first, axis=0)
    user, day = openers.user[first], openers.day[first]
    made = {}
    for number in range(width):
        rows = np.flatnonzero(day == number)
        columns = (counts[rows], word[rows], sums[rows], sizes[rows])
        made[FIRST_DAY + number] = _day(world, number, user[rows], *columns)
    return made


def _day(world: World, number: int, user: Ints, openers: Ints, word: Ints, sums: Ints, sizes: Ints) -> PanelDay:
    noon = (FIRST_DAY - EPOCH + number) * DAY_MS + NOON_MS
    return PanelDay(
        day=FIRST_DAY + number,
        below=ALL,
        lost=False,
        deployments=(NEW, OLD),
        user=world.users.rank[user],
        deployment=(world.users.reached[user] > number).astype(np.int64),
        bucket=world.users.bucket[user],
        first_ms=np.full(len(user), noon),
        n=openers,
        openers=openers,
        first=word,
        styles=sums[:, :STYLES],
        sizes=sizes,
        projected=sums[:, STYLES:],
    )


def rollout(world: World) -> Rollout:
    """Return what was announced: to everybody, with a holdout of the first buckets, or a canary that grows."""
    (day, first, _), *more = world.plan.waves
    waves = [Wave(_midnight(day), Arm("holdout", first / BUCKETS, 0) if first else Arm())]
    if more:
        waves = [Wave(_midnight(day), Arm("canary", end / BUCKETS, 0)) for day, _, end in world.plan.waves]
    return Rollout(NEW, OLD, "announced", tuple(waves), free_since_ms=None, end_ms=None, ended_by=None)


def change_day(world: World) -> int:
    """Return the ordinal of the first day with the deployment."""
    return FIRST_DAY + world.plan.change


def _midnight(day: int) -> int:
    return (FIRST_DAY - EPOCH + day) * DAY_MS
