"""Eddyline beside other people's drift detectors, in one run on the same streams: false alarms, delay, cost.

    make peers
    python -m benchmarks.drift.side_by_side --users 500 2000 --runs 4

The peers have an environment of their own (benchmarks/drift/peers). They learn from days 7 to 35, false alarms are
counted on the quiet days after these, and each change begins with day 35. What a peer is given of a prompt is in
benchmarks/drift/peers/detectors.py. No peer knows the hour or the users; every one gets only the first prompt of a
user a day.
"""

import argparse
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.drift import cost, delay
from benchmarks.drift.corpus import Corpus, load
from benchmarks.drift.delay import CHANGES
from benchmarks.drift.recorded import record
from benchmarks.drift.streams import Change, Stream, Traffic
from benchmarks.drift.watched import RESULTS, Watched, write

from eddyline.detectors.sums import WEEKDAYS

ROOT = Path(__file__).parents[2]
PYTHON = Path(__file__).parent / "peers" / ".venv" / "bin" / "python"
PEERS = ("ADWIN 0.002", "ADWIN 0.05", "Page-Hinkley", "evidently", "MMDDriftOnline")
FIRST, LAST = 7, 35
SHOWN = "{detector:>15} {users:>6} {alarms:>4} in {days:>4} days {event_us:>8} us  {state_bytes:>9} B {added_mb:>5} MB"
FOUND = "{change:>24} {found:>3} of {runs:<3} {events:>8} prompts {hours:>7} h"

Row = dict[str, Any]


def ours(corpus: Corpus, traffic: Traffic, options: argparse.Namespace) -> Row:
    """Watch the streams with Eddyline's detector."""
    later = [Watched(corpus, traffic, seed, (options.limit,)) for seed in _seeds(options)]
    for run in later:
        run.days(options.days)
    watched = argparse.Namespace(**{**vars(options), "quiet": LAST, "days": options.changed})
    found = [
        {"change": f"{row['change']} {row['share']}"} | {key: row[key] for key in ("runs", "found", "events", "hours")}
        for row in delay.measure(corpus, traffic, watched)
    ]
    alarms = sum(alarm.day >= LAST for run in later for alarm in run.alarms[0])
    spent = cost.measure(corpus, traffic, options.seed)
    return {
        "detector": "eddyline",
        "alarms": alarms,
        "days": len(later) * (options.days - LAST),
        "event_us": spent["event_us"],
        "state_bytes": spent["state_bytes"] + spent["baseline_bytes"],
        "delays": found,
    }


def theirs(peer: str, files: list[Path]) -> Row:
    """Let a peer watch recorded streams, in its own environment."""
    arguments = ["-m", "benchmarks.drift.peers.run", peer, *map(str, files), "--first", str(FIRST), "--last", str(LAST)]
    ended = subprocess.run([PYTHON, *arguments], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    said = json.loads(ended.stdout.splitlines()[-1])
    runs = said["runs"]
    return {
        "detector": peer,
        "alarms": sum(run["alarms"] for run in runs),
        "days": sum(run["days"] for run in runs),
        "event_us": round(statistics.median(run["event_us"] for run in runs), 1),
        "fit_seconds": round(statistics.median(run["fit_seconds"] for run in runs), 2),
        "state_bytes": runs[0]["state_bytes"],
        # Of the first run: its library comes with it.
        "added_mb": round(runs[0]["added_mb"]),
        "versions": said["versions"],
        "delays": list(delays(runs, files)),
    }


def delays(runs: list[Row], files: list[Path]) -> Iterator[Row]:
    """Turn the places of first alarms into medians over streams, None where half of them found nothing."""
    for change in runs[0]["found"]:
        places = [run["found"][change] for run in runs]
        seen = [(place, file) for place, file in zip(places, files, strict=True) if place is not None]
        half = 2 * len(seen) > len(places)
        hours = [_hours(file, change, place) for place, file in seen]
        yield {
            "change": change,
            "runs": len(places),
            "found": len(seen),
            "events": statistics.median(place + 1 for place, _ in seen) if half else None,
            "hours": round(statistics.median(hours), 1) if half else None,
        }


def _hours(file: Path, change: str, place: int) -> float:
    prompt = np.load(file)[change][place]
    return float(24 * (prompt["day"] - LAST) + (prompt["minute"] + 1) / 60)


def measure(corpus: Corpus, traffic: Traffic, options: argparse.Namespace, folder: Path) -> Iterator[Row]:
    """Record the streams of one setting, and let everybody watch them."""
    kinds = itertools.product(options.changes, options.shares)
    changes, files = [Change(LAST, *kind) for kind in kinds], []
    for seed in _seeds(options):
        files.append(folder / f"{traffic.users_a_day}-{seed}.npz")
        days = (LAST, options.changed, options.days)
        record(files[-1], corpus, Stream(corpus, traffic, seed, seed % WEEKDAYS), days, changes)
    setting = {"users": traffic.users_a_day, "season": traffic.season, "churn": traffic.churn}
    yield {**setting, **ours(corpus, traffic, options)}
    for peer in options.peers:
        few = files[: options.slow_runs] if peer == "MMDDriftOnline" else files
        yield {**setting, **theirs(peer, few)}


def _seeds(options: argparse.Namespace) -> range:
    return range(options.seed, options.seed + options.runs)


def _show(row: Row) -> None:
    blank = {"added_mb": "-"}
    print(SHOWN.format(**{**blank, **row}))
    for found in row["delays"]:
        print(FOUND.format(**{key: "-" if value is None else value for key, value in found.items()}), flush=True)


def main() -> None:
    """Run the benchmark, print its table, write its results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, nargs="+", default=[500, 2000])
    parser.add_argument("--seasons", type=float, nargs="+", default=[0.3])
    parser.add_argument("--churn", type=float, default=0.02)
    parser.add_argument("--changes", nargs="+", choices=CHANGES, default=list(CHANGES))
    parser.add_argument("--shares", type=float, nargs="+", default=[0.05, 0.1, 0.2])
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--limit", type=float, default=365.0, help="A, in days, of Eddyline's detector")
    parser.add_argument("--runs", type=int, default=4)
    parser.add_argument("--slow-runs", type=int, default=1, help="streams for MMDDriftOnline, minutes each")
    parser.add_argument("--days", type=int, default=67, help="quiet days in all")
    parser.add_argument("--changed", type=int, default=10, help="days in which a change can be found")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULTS / "drift_peers.json")
    options = parser.parse_args()
    if options.peers and not PYTHON.exists():
        sys.exit("The peers' environment is missing: run make peers")
    corpus, results = load(), []
    with tempfile.TemporaryDirectory() as folder:
        for users, season in itertools.product(options.users, options.seasons):
            for row in measure(corpus, Traffic(users, season, options.churn), options, Path(folder)):
                _show(row)
                results.append(row)
                write(options.out, vars(options), results)


if __name__ == "__main__":
    main()
