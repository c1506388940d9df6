"""The exposure curve and its half-life, and whether an effect is said to have settled.

    python -m benchmarks.adaptation.curve --users 1000 2000 5000 --runs 200

The curve is that of a look on day 14. *Light* users, those of less than average activity, adapt 3.5 times more than
others there, and treated users write a fifth more. An effect of 20 % with a half-life of 40 openers is far from settled
after two weeks of less than one opener a day.
"""

import argparse
import functools
from typing import Any, NamedTuple

import numpy as np
from benchmarks.adaptation.decided import UTC
from benchmarks.adaptation.paneled import NEW, change_day, panel_days, rollout
from benchmarks.adaptation.prompts import PLANTED
from benchmarks.adaptation.runs import AFTER, BEFORE, arguments, plan, prompts, repeat, share
from benchmarks.adaptation.scenarios import EFFECT, SEASON, Scenario
from benchmarks.adaptation.users import BEFORE_DAYS
from benchmarks.adaptation.world import World
from benchmarks.drift.watched import write

from eddyline.adaptation.effect import effect
from eddyline.adaptation.exposure import curve
from eddyline.adaptation.looks import PERIOD_DAYS, look
from eddyline.adaptation.panel import Days
from eddyline.adaptation.settled import settled

CURVES = {
    "null": Scenario(),
    "season": Scenario(season=SEASON),
    "alike": Scenario(adaptation=EFFECT),
    "light": Scenario(adaptation=EFFECT, light=3.5, response=1.2),
}
SETTLING = {5: Scenario(adaptation=EFFECT), 40: Scenario(adaptation=EFFECT, half_life=40)}
SETTLING_DAYS = (14, 21, 28, 42)
CURVE_ROW = (
    "{scenario:>8} {users:>6} {runs:>5} plateau {plateau_told[share]:.3f} half-life {told[share]:.3f} "
    "median {half_life} covered {covered} of all fitted {covered_of_fitted} plateau {plateau}"
)
SETTLED_ROW = "half-life {half_life:>3} {users:>6} {runs:>5} {told}"


class Fitted(NamedTuple):
    """What a run tells of the curve."""

    plateau: float
    half_life: float
    inside: bool
    """Whether the true half-life is within its interval."""
    plateau_told: bool
    told: bool
    """Whether the half-life is."""


def fitted(scenario: Scenario, users: int, control: str, seed: int) -> Fitted | None:
    """Return the curve of one world; None without one."""
    some = World(prompts(), plan(users, control), scenario, seed)
    panel = Days(panel_days(some))
    seen = look(rollout(some), change_day(some) + len(AFTER) - 1, panel.known(), UTC)
    found = curve(panel, seen, some.study(BEFORE, AFTER), NEW, PLANTED)
    if found is None or found.fit is None:
        return None
    fit = found.fit
    inside = fit.low <= scenario.half_life <= fit.high
    return Fitted(fit.plateau, fit.half_life, inside, fit.plateau_told, fit.half_life_told)


def settles(scenario: Scenario, users: int, control: str, seed: int) -> list[bool]:
    """Return for each of the days whether the effect is said to have settled."""
    some = World(prompts(), plan(users, control, BEFORE_DAYS + max(SETTLING_DAYS)), scenario, seed)
    panel = Days(panel_days(some))
    return [_settled(some, panel, day) for day in SETTLING_DAYS]


def _settled(some: World, panel: Days, day: int) -> bool:
    seen = look(rollout(some), change_day(some) + day - 1, panel.known(), UTC)
    study = some.study(BEFORE, range(BEFORE_DAYS + day - PERIOD_DAYS, BEFORE_DAYS + day))
    found = effect(study.changes())
    return found is not None and settled(panel, seen, study, PLANTED, float(found.value[PLANTED]))


def measure_curve(name: str, users: int, options: argparse.Namespace) -> dict[str, Any]:
    """Return a row of the curves' table."""
    runs = repeat(functools.partial(fitted, CURVES[name], users, options.control), options)
    fits = [found for found in runs if found is not None]
    told = [found for found in fits if found.told]
    return {
        "scenario": name,
        "users": users,
        "control": options.control,
        "runs": len(runs),
        "plateau_told": share(found is not None and found.plateau_told for found in runs),
        "told": share(found is not None and found.told for found in runs),
        "half_life": round(float(np.median([found.half_life for found in told])), 2) if told else None,
        "plateau": round(float(np.median([found.plateau for found in fits])), 4),
        "covered": share(found.inside for found in told) if told else None,
        "covered_of_fitted": share(found.inside for found in fits),
    }


def measure_settling(half_life: int, users: int, options: argparse.Namespace) -> dict[str, Any]:
    """Return a row of the settling rule's table."""
    runs = repeat(functools.partial(settles, SETTLING[half_life], users, options.control), options)
    by_day = {str(day): share(one) for day, one in zip(SETTLING_DAYS, zip(*runs, strict=True), strict=True)}
    return {"half_life": half_life, "users": users, "control": options.control, "runs": len(runs), "settled": by_day}


def main() -> None:
    """Run the benchmark, print its tables, write its results."""
    parser = arguments(__doc__, "curve", 200)
    parser.add_argument("--users", type=int, nargs="+", default=[1000, 2000, 5000])
    parser.add_argument("--control", default="0.2", help="share held out")
    parser.add_argument("--curves", nargs="*", default=[*CURVES])
    parser.add_argument("--settling", type=int, nargs="*", default=[*SETTLING], help="half-lives")
    options, results = parser.parse_args(), list[dict[str, Any]]()
    for users in options.users:
        for name in options.curves:
            results.append(row := measure_curve(name, users, options))
            print(CURVE_ROW.format(**row), flush=True)
            write(options.out, vars(options), results)
        for half_life in options.settling:
            results.append(row := measure_settling(half_life, users, options))
            told = " ".join(f"day {day}: {of['share']:.3f}" for day, of in row["settled"].items())
            print(SETTLED_ROW.format(**row, told=told), flush=True)
            write(options.out, vars(options), results)


if __name__ == "__main__":
    main()
