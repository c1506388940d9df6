"""Daily looks for 60 days: how often anything is found where nothing is, and on which day an effect is.

    python -m benchmarks.adaptation.looks --users 1000 --draws 199

Season is a wave of 42 days, and each user's own slope goes with it. The sequential test is that of judge: 24 style
features and the embedding. A daily test at its nominal level stands beside it.
"""

import argparse
import functools
from typing import Any, NamedTuple

import numpy as np
from benchmarks.adaptation.prompts import PLANTED
from benchmarks.adaptation.runs import BEFORE, arguments, plan, prompts, repeat, share
from benchmarks.adaptation.scenarios import SEASON, Scenario
from benchmarks.adaptation.users import BEFORE_DAYS
from benchmarks.adaptation.world import World
from benchmarks.drift.watched import write

from eddyline.adaptation import sequential
from eddyline.adaptation.effect import effect
from eddyline.adaptation.looks import FOLLOWED_DAYS, PERIOD_DAYS
from eddyline.adaptation.rehash import rehash
from eddyline.adaptation.verdict import SEQUENTIAL_LEVEL

_SEASON = Scenario(season=SEASON, course_days=42, slopes=True)
CHOICES = {
    "season": _SEASON,
    "season without churn": _SEASON._replace(churn=False),
    "selective churn": _SEASON._replace(selective=True),
    ".05": _SEASON._replace(adaptation=0.05),
    ".10": _SEASON._replace(adaptation=0.10),
    ".20": _SEASON._replace(adaptation=0.20),
}
NOMINAL = 1.96
ROW = (
    "{scenario:>20} {users:>6} {runs:>5} found {found[share]:.3f} ({found[low]:.3f}-{found[high]:.3f}) day {day} "
    "daily t {daily_t[share]:.3f} day {daily_t_day} daily p {daily_p[share]:.3f}"
)


class Run(NamedTuple):
    """The first day on which each rule finds something; None: not in 60 days."""

    found: int | None
    daily_t: int | None
    """|t| of the planted feature above 1.96 at any look."""
    daily_p: int | None
    """The look's own two tests, at .04 and .01, at any look."""


def run(scenario: Scenario, users: int, options: argparse.Namespace, seed: int) -> Run:
    """Look at one world daily."""
    some = World(prompts(), plan(users, options.control, BEFORE_DAYS + options.days), scenario, seed)
    alive, first = sequential.fresh(options.draws), dict[str, int]()
    for t in range(1, options.days + 1):
        end = BEFORE_DAYS + t
        study = some.study(BEFORE, range(max(BEFORE_DAYS, end - PERIOD_DAYS), end))
        changes, share_out = study.changes(), study.share
        assert share_out is not None
        families = rehash(changes, share_out, seed, options.draws)
        alive = sequential.step(alive, families, t)
        alone = effect(changes)
        holds = {
            "found": alive.p <= SEQUENTIAL_LEVEL,
            "daily_t": alone is not None and abs(float(alone.t[PLANTED])) > NOMINAL,
            "daily_p": families.styles.p <= 0.04 or families.projected.p <= 0.01,
        }
        for rule in (rule for rule, held in holds.items() if held):
            first.setdefault(rule, t)
    return Run(*(first.get(rule) for rule in Run._fields))


def measure(name: str, users: int, options: argparse.Namespace) -> dict[str, Any]:
    """Return a row of the table."""
    runs = repeat(functools.partial(run, CHOICES[name], users, options), options)
    row: dict[str, Any] = {"scenario": name, "users": users, "control": options.control, "runs": len(runs)}
    for rule in Run._fields:
        row[rule] = share(getattr(one, rule) is not None for one in runs)
    return row | {"day": _median([one.found for one in runs]), "daily_t_day": _median([one.daily_t for one in runs])}


def _median(days: list[int | None]) -> float | None:
    """Return the median day; None if fewer than half of the runs found anything."""
    found = float(np.median([np.inf if day is None else day for day in days]))
    return found if np.isfinite(found) else None


def main() -> None:
    """Run the benchmark, print its table, write its results."""
    parser = arguments(__doc__, "looks", 1000)
    parser.add_argument("--users", type=int, nargs="+", default=[1000])
    parser.add_argument("--control", default="0.2", help="share held out")
    parser.add_argument("--scenarios", nargs="+", default=[*CHOICES])
    parser.add_argument("--days", type=int, default=FOLLOWED_DAYS)
    parser.add_argument("--draws", type=int, default=199)
    options, results = parser.parse_args(), list[dict[str, Any]]()
    for users in options.users:
        for name in options.scenarios:
            results.append(row := measure(name, users, options))
            print(ROW.format(**row), flush=True)
            write(options.out, vars(options), results)


if __name__ == "__main__":
    main()
