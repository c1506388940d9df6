"""Delay until a planted change is found, in gated prompts and hours, on the same streams as the false alarms.

    python -m benchmarks.drift.delay --users 500 2000 10000 --seasons 0.3 --shares 0.05 0.1 0.2 --runs 10

A stream lives quietly until its baseline has grown; from there each change runs over a copy of it. Changes: the topics
of the corpus that are far (banking, travel) or near (held-out intents), and ``style``, a feature that 3 % of prompts
have and then that share more of them.
"""

import argparse
import copy
import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.drift.corpus import Corpus, load
from benchmarks.drift.streams import Change, Traffic
from benchmarks.drift.watched import RESULTS, Alarm, Watched, write

CHANGES = ("banking", "travel", "near", "style")
ROW = (
    "{users:>6} {season:>6} {change:>8} {share:>5} {found:>3} of {runs:<3} {events:>8} {hours:>7} {early:>5}  {leading}"
)
HEAD = " users season   change share   found    events   hours early  leading"


def measure(corpus: Corpus, traffic: Traffic, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Run every change over copies of the same quiet streams."""
    kinds = list(itertools.product(options.changes, options.shares))
    found: dict[tuple[str, float], list[Alarm | None]] = {kind: [] for kind in kinds}
    early = 0
    for seed in range(options.seed, options.seed + options.runs):
        quiet = Watched(corpus, traffic, seed, (options.limit,))
        quiet.days(options.quiet)
        early += len(quiet.alarms[0])
        for kind in kinds:
            found[kind].append(_first(quiet, Change(options.quiet, *kind), options.days))
    return [_row(traffic, kind, alarms, options.quiet) | {"early": early} for kind, alarms in found.items()]


def _first(quiet: Watched, change: Change, days: int) -> Alarm | None:
    """Return the first alarm after a change, if there is one within so many days."""
    run = copy.deepcopy(quiet)
    run.alarms, run.events = [[]], 0
    for _ in range(days):
        run.day(change)
        if run.alarms[0]:
            return run.alarms[0][0]
    return None


def _row(traffic: Traffic, kind: tuple[str, float], alarms: list[Alarm | None], quiet_days: int) -> dict[str, Any]:
    seen = [alarm for alarm in alarms if alarm is not None]
    half = len(seen) * 2 > len(alarms)
    hours = [24 * (alarm.day - quiet_days) + (alarm.window + 1) * traffic.minutes / 60 for alarm in seen]
    return {
        "users": traffic.users_a_day,
        "season": traffic.season,
        "churn": traffic.churn,
        "change": kind[0],
        "share": kind[1],
        "runs": len(alarms),
        "found": len(seen),
        "events": float(np.median([alarm.events for alarm in seen])) if half else None,
        "hours": round(float(np.median(hours)), 1) if half else None,
        "leading": dict(Counter(alarm.leading for alarm in seen).most_common()),
    }


def main() -> None:
    """Run the benchmark, print its table, write its results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, nargs="+", default=[2000])
    parser.add_argument("--seasons", type=float, nargs="+", default=[0.3])
    parser.add_argument("--churn", type=float, default=0.02)
    parser.add_argument("--changes", nargs="+", choices=CHANGES, default=list(CHANGES))
    parser.add_argument("--shares", type=float, nargs="+", default=[0.1, 0.2])
    parser.add_argument("--limit", type=float, default=365.0, help="A, in days")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--quiet", type=int, default=35, help="days before the change")
    parser.add_argument("--days", type=int, default=10, help="days in which a change can be found")
    parser.add_argument("--minutes", type=int, default=5, help="length of a window")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULTS / "drift_delay.json")
    options = parser.parse_args()
    corpus, results = load(), []
    print(HEAD)
    for users, season in itertools.product(options.users, options.seasons):
        rows = measure(corpus, Traffic(users, season, options.churn, options.minutes), options)
        print(
            "\n".join(
                ROW.format(**{**row, "events": row["events"] or "-", "hours": row["hours"] or "-"}) for row in rows
            )
        )
        results += rows
        write(options.out, vars(options), results)


if __name__ == "__main__":
    main()
