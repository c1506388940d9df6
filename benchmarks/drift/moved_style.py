"""What moved in style: how often a planted feature is told first, and how many features are told without a change.

    python -m benchmarks.drift.moved_style --runs 10

The day d is held against the baseline of the days [d - 35, d - 7); without a change, each day of a week.
"""

import argparse
from pathlib import Path
from typing import Any

from benchmarks.drift.corpus import Corpus, load
from benchmarks.drift.streams import Change, Stream, Traffic
from benchmarks.drift.watched import NAMES, RESULTS, whitening, write

from eddyline.detectors import baseline
from eddyline.detectors.sums import DaySums, hour_of_week
from eddyline.detectors.whitening import Whitening
from eddyline.moved.style import Hour, Move, moves

BEFORE, GAP, WEEK = 28, 7, 7
PLANTED = NAMES[-1]
ROW = "{users:>6} {season:>6} {share:>5} {runs:>4} {told:>5.2f} {first:>5} {others:>5.2f}"


def compare(days: list[DaySums], found: Whitening) -> list[Move]:
    """Hold the last day against its baseline."""
    *before, last = days[-1 - GAP - BEFORE :]
    hours = [
        Hour(hour_of_week(last.day, at), int(n), styles)
        for at, (n, styles) in enumerate(zip(last.hours.n, last.hours.styles, strict=True))
    ]
    return moves(baseline.fit(before[:BEFORE], found), hours, NAMES)


def measure(corpus: Corpus, traffic: Traffic, runs: int, share: float) -> dict[str, Any]:
    """Return a row of the table; a share of 0 is no change."""
    change, seen, found = Change(BEFORE + GAP, "style", share) if share else None, whitening(), list[list[Move]]()
    for seed in range(runs):
        stream, days = Stream(corpus, traffic, seed), list[DaySums]()
        for day in range(BEFORE + GAP + (1 if change else WEEK)):
            days.append(stream.day(day, change).sums)
            if day >= BEFORE + GAP:
                found.append(compare(days, seen))
    told = sum(any(move.feature == PLANTED for move in one) for one in found)
    return {
        "users": traffic.users_a_day,
        "season": traffic.season,
        "share": share,
        "runs": len(found),
        "told": told / len(found),
        "first": sum(one[:1] != [] and one[0].feature == PLANTED for one in found),
        "others": sum(move.feature != PLANTED for one in found for move in one) / len(found),
    }


def main() -> None:
    """Print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--users", type=int, nargs="+", default=[2000])
    parser.add_argument("--seasons", type=float, nargs="+", default=[0.3, 0.6])
    parser.add_argument("--shares", type=float, nargs="*", default=[0.0, 0.03, 0.07, 0.17])
    parser.add_argument("--out", type=Path, default=RESULTS / "moved_style.json")
    options, corpus, results = parser.parse_args(), load(), []
    for users in options.users:
        for season in options.seasons:
            for share in options.shares:
                row = measure(corpus, Traffic(users, season, 0.02), options.runs, share)
                results.append(row)
                print(ROW.format(**row), flush=True)
    write(options.out, vars(options), results)


if __name__ == "__main__":
    main()
