"""Without a control: verdicts, and how often the change within users lies inside its placebo band.

    python -m benchmarks.adaptation.alone --users 1000 --runs 200

Everybody gets the deployment after 90 days; the look is on day 14. Seasons that come back are waves of some phase, and
users differ in how much they go with them; ``first season`` begins at the very day of the deployment.
"""

import argparse
import functools
from collections import Counter
from typing import Any, NamedTuple

import numpy as np
from benchmarks.adaptation.decided import UTC
from benchmarks.adaptation.paneled import change_day, panel_days, rollout
from benchmarks.adaptation.prompts import PLANTED
from benchmarks.adaptation.runs import arguments, prompts, repeat, share
from benchmarks.adaptation.scenarios import SCENARIOS, SEASON, Scenario
from benchmarks.adaptation.users import everybody
from benchmarks.adaptation.world import FIRST_DAY, World
from benchmarks.drift.watched import write

from eddyline.adaptation import carried
from eddyline.adaptation.found import alone
from eddyline.adaptation.panel import Days
from eddyline.adaptation.placebo import WIDTH, PlaceboDay, band
from eddyline.adaptation.reading import read
from eddyline.adaptation.terms import arm_terms
from eddyline.adaptation.verdict import verdict

CHANGE, DAYS = 90, 104
_WAVE = Scenario(season=SEASON, slopes=True)
CHOICES = {
    "null": SCENARIOS["null"],
    "wave of 28 days": _WAVE._replace(course_days=28),
    "wave of 42 days": _WAVE._replace(course_days=42),
    "wave of 365 days": _WAVE._replace(course_days=365),
    "first season": SCENARIOS["season"],
    "mix": SCENARIOS["mix"],
    "adaptation": SCENARIOS["adaptation"],
}
Z = 1.96
ROW = (
    "{scenario:>16} {users:>6} {runs:>5} {told} | inside the band {inside[share]:.3f}, by formula {formula[share]:.3f}"
)


class Run(NamedTuple):
    """One world."""

    verdict: str
    inside: bool
    """Whether the planted feature's change within users is inside the band of that feature alone."""
    formula: bool
    """The same with 1.96 standard errors."""


def run(scenario: Scenario, users: int, seed: int) -> Run:
    """Look at one world on day 14."""
    world = World(prompts(), everybody(users, CHANGE, DAYS), scenario, seed)
    history = [_placebo(world, day) for day in range(WIDTH, CHANGE - WIDTH + 1)]
    panel = {day: found for day, found in panel_days(world).items() if day >= change_day(world) - 14}
    reading = read(rollout(world), Days(panel), FIRST_DAY + DAYS - 1, UTC)
    found = alone(reading, carried.fresh(), history)
    assert found.within is not None
    within, between = found.within.within, found.within.between
    narrow = band(history, change_day(world), within.error, between.error)
    assert narrow is not None
    change = abs(float(within.value[PLANTED]))
    inside = change <= float(narrow.within[PLANTED])
    return Run(verdict(found.facts)[0], inside, change <= Z * float(within.error[PLANTED]))


def _placebo(world: World, day: int) -> PlaceboDay:
    study = world.study(range(day - WIDTH, day), range(day, day + WIDTH))
    found = arm_terms(study, np.ones(len(study.user), np.bool_))
    assert found is not None
    within, between = found.within, found.between
    return PlaceboDay(FIRST_DAY + day, within.value, within.error, between.value, between.error)


def measure(name: str, users: int, options: argparse.Namespace) -> dict[str, Any]:
    """Return a row of the table."""
    runs = repeat(functools.partial(run, CHOICES[name], users), options)
    kinds = Counter(one.verdict for one in runs).most_common()
    return {
        "scenario": name,
        "users": users,
        "runs": len(runs),
        "verdicts": {kind: share(one.verdict == kind for one in runs) for kind, _ in kinds},
        "inside": share(one.inside for one in runs),
        "formula": share(one.formula for one in runs),
    }


def main() -> None:
    """Run the benchmark, print its table, write its results."""
    parser = arguments(__doc__, "alone", 200)
    parser.add_argument("--users", type=int, nargs="+", default=[1000])
    parser.add_argument("--scenarios", nargs="+", default=[*CHOICES])
    options, results = parser.parse_args(), list[dict[str, Any]]()
    for users in options.users:
        for name in options.scenarios:
            results.append(row := measure(name, users, options))
            told = " ".join(f"{kind} {of['share']:.3f}" for kind, of in row["verdicts"].items())
            print(ROW.format(**row, told=told), flush=True)
            write(options.out, vars(options), results)


if __name__ == "__main__":
    main()
