"""Verdicts by scenario at one look on day 14: how often each, and what is excluded where nothing is found.

    python -m benchmarks.adaptation.verdicts --users 1000 5000 --controls 0.2 0.05

``8 points`` and the like are adaptation of that size on the users who stayed. All that is drawn anew (arms, signs) is
drawn 199 times here, 999 times in judge.
"""

import argparse
import functools
import itertools
from collections import Counter
from typing import Any

import numpy as np
from benchmarks.adaptation.decided import Decided, decide
from benchmarks.adaptation.runs import arguments, repeat, share, world
from benchmarks.adaptation.scenarios import SCENARIOS, Scenario
from benchmarks.drift.watched import write

from eddyline.adaptation.verdict import OTHER_LEVEL, verdict

POINTS_OF_THE_LIMIT = 0.384
"""Effect on the users who stayed after two weeks, for each unit of adaptation in the limit."""
CHOICES = SCENARIOS | {
    f"{points} points": Scenario(adaptation=points / 100 / POINTS_OF_THE_LIMIT) for points in (8, 4, 2)
}
ADAPTATION = {"adapting", "adapted"}
ROW = "{scenario:>16} {users:>6} {control:>5} {runs:>5} excluded {excluded_median} {excluded_p90} {told}"


def run(scenario: Scenario, users: int, control: str, draws: int, seed: int) -> Decided | None:
    """Return what is decided of one world."""
    return decide(world(scenario, users, control, seed), seed, draws)


def measure(name: str, users: int, control: str, options: argparse.Namespace) -> dict[str, Any]:
    """Return a row of the table."""
    one = functools.partial(run, CHOICES[name], users, control, options.draws)
    found = [decided for decided in repeat(one, options) if decided]
    verdicts = [verdict(decided.facts)[0] for decided in found]
    excluded = np.quantile([decided.excluded for decided in found], [0.5, 0.9])
    return {
        "scenario": name,
        "users": users,
        "control": control,
        "runs": len(found),
        "verdicts": {kind: share(one == kind for one in verdicts) for kind, _ in Counter(verdicts).most_common()},
        "adaptation": share(one in ADAPTATION for one in verdicts),
        "selection_found": share(_sure(decided.facts.rates) for decided in found),
        "announcement_found": share(_sure(decided.facts.first_opener) for decided in found),
        "planted_alone": share(decided.surest for decided in found),
        "excluded_median": round(float(excluded[0]), 4),
        "excluded_p90": round(float(excluded[1]), 4),
    }


def _sure(p: float | None) -> bool:
    return p is not None and p <= OTHER_LEVEL


def _told(row: dict[str, Any]) -> str:
    verdicts = " ".join(f"{kind} {of['share']:.3f}" for kind, of in row["verdicts"].items())
    parts = {
        part: row[part]["share"] for part in ("adaptation", "selection_found", "announcement_found", "planted_alone")
    }
    return f"{verdicts} | " + " ".join(f"{part} {found:.3f}" for part, found in parts.items())


def main() -> None:
    """Run the benchmark, print its table, write its results."""
    parser = arguments(__doc__, "verdicts", 1000)
    parser.add_argument("--users", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--controls", nargs="+", default=["0.2", "0.05"], help="share held out")
    parser.add_argument("--scenarios", nargs="+", default=[*CHOICES])
    parser.add_argument("--draws", type=int, default=199)
    options, results = parser.parse_args(), list[dict[str, Any]]()
    for control, users, name in itertools.product(options.controls, options.users, options.scenarios):
        results.append(row := measure(name, users, control, options))
        print(ROW.format(**row, told=_told(row)), flush=True)
        write(options.out, vars(options), results)


if __name__ == "__main__":
    main()
