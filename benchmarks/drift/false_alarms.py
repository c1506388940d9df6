"""False alarms of the detector on stable streams of real prompts, beside what it may raise: T/A by day T.

    python -m benchmarks.drift.false_alarms --users 500 2000 10000 --streams 10 --days 67

Each stream is watched at several limits at once: A = 365 days is the shipped budget of one stream, A = 10 days shows
how much of a budget is used at all. Streams begin on Monday, Tuesday and so on in turn, and speak from their day 7;
alarms in the 28 days from day 7 and from day 14 on, when a baseline is young, are counted apart too.
"""

import argparse
import itertools
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.drift.corpus import Corpus, load
from benchmarks.drift.streams import Traffic
from benchmarks.drift.watched import RESULTS, Alarm, Watched, write

FIRST_VERDICT, WATCHED, YOUNG_DAYS = 7, 14, 28
ROW = (
    "{users:>6} {season:>6} {churn:>5} {limit:>6} {days:>6} {allowed:>8.2f} {alarms:>6} {young_7:>7} {young_14:>8} "
    "{highest:>8.4f}"
)
HEAD = " users season churn  A days  T days  allowed alarms from 7  from 14  max M/A"


def measure(corpus: Corpus, traffic: Traffic, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Run the streams of one setting; return a row for each limit."""
    started = time.process_time()
    runs = []
    for seed in range(options.seed, options.seed + options.streams):
        run = Watched(corpus, traffic, seed, tuple(options.limits))
        run.days(options.days)
        runs.append(run)
    spent = time.process_time() - started
    return [
        _row(traffic, runs, at, limit) | {"cpu_seconds": round(spent, 1)} for at, limit in enumerate(options.limits)
    ]


def _row(traffic: Traffic, runs: list[Watched], at: int, limit: float) -> dict[str, Any]:
    alarms = [alarm for run in runs for alarm in run.alarms[at]]
    days = sum(run.today - FIRST_VERDICT for run in runs)
    known = [watch.baseline for watch in (run.watches[at] for run in runs) if watch.baseline is not None]
    return {
        "users": traffic.users_a_day,
        "season": traffic.season,
        "churn": traffic.churn,
        "limit": limit,
        "streams": len(runs),
        "days": days,
        "silent_days": days - sum(run.speaking_days for run in runs),
        "allowed": days / limit,
        "alarms": len(alarms),
        "young_7": _within(alarms, FIRST_VERDICT),
        "young_14": _within(alarms, WATCHED),
        "leading": dict(Counter(alarm.leading for alarm in alarms).most_common()),
        "highest": float(np.exp(max(run.highest[at] for run in runs))),
        "radius": float(np.mean([baseline.radius for baseline in known])),
        "variance": float(np.mean([baseline.variance for baseline in known])),
        "states": dict(Counter(run.watches[at].standing.state for run in runs)),
    }


def _within(alarms: list[Alarm], first: int) -> int:
    return sum(first <= alarm.day < first + YOUNG_DAYS for alarm in alarms)


def main() -> None:
    """Run the benchmark, print its table, write its results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, nargs="+", default=[500, 2000])
    parser.add_argument("--seasons", type=float, nargs="+", default=[0.3, 0.6])
    parser.add_argument("--churn", type=float, nargs="+", default=[0.0, 0.02])
    parser.add_argument("--limits", type=float, nargs="+", default=[365.0, 10.0], help="A, in days")
    parser.add_argument("--streams", type=int, default=2)
    parser.add_argument("--days", type=int, default=42)
    parser.add_argument("--minutes", type=int, default=5, help="length of a window")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULTS / "drift_false_alarms.json")
    options = parser.parse_args()
    corpus, results = load(), []
    print(HEAD)
    for users, season, churn in itertools.product(options.users, options.seasons, options.churn):
        rows = measure(corpus, Traffic(users, season, churn, options.minutes), options)
        print("\n".join(ROW.format(**row) for row in rows), flush=True)
        results += rows
        write(options.out, vars(options), results)


if __name__ == "__main__":
    main()
