"""What the detector costs one app: CPU time of a window, of a baseline and of a gated prompt, bytes of state.

    python -m benchmarks.drift.cost --users 500 2000 10000

CPU time of this process, medians over the last days of one quiet stream; the stream's own simulation is not counted.
"""

import argparse
import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks.drift.corpus import Corpus, load
from benchmarks.drift.streams import Stream, Traffic
from benchmarks.drift.watched import NAMES, RESULTS, whitening, write

from eddyline.detectors import baseline
from eddyline.detectors.process import limit_days
from eddyline.detectors.sums import DaySums, hour_of_week
from eddyline.detectors.watch import Watch

ROW = "{users:>6} {window_us:>10} {day_ms:>8} {event_us:>9} {state_bytes:>12} {baseline_bytes:>15}"
HEAD = " users µs/window   ms/day µs/prompt  state bytes  baseline bytes"
WARM_DAYS, TIMED_DAYS = 36, 4


def measure(corpus: Corpus, traffic: Traffic, seed: int) -> dict[str, Any]:
    """Time a grown stream's last days."""
    stream, watch = Stream(corpus, traffic, seed), Watch(whitening(), NAMES, limit_days(1.0, 1))
    memory: list[DaySums] = []
    per_window, per_day, per_event = [], [], []
    for day in range(WARM_DAYS + TIMED_DAYS):
        sums, windows = stream.day(day)
        started = time.process_time()
        watch.start_day(stream.date(day), memory)
        per_day.append(time.process_time() - started)
        started = time.process_time()
        for number, window in enumerate(windows):
            watch.observe(window, hour_of_week(stream.date(day), number // 12), 1 / 288)
        spent = time.process_time() - started
        per_window.append(spent / sum(window.n > 0 for window in windows))
        per_event.append((per_day[-1] + spent) / sum(window.n for window in windows))
        memory.append(sums)
    assert watch.baseline is not None
    return {
        "users": traffic.users_a_day,
        "window_us": round(1e6 * statistics.median(per_window[-TIMED_DAYS:])),
        "day_ms": round(1e3 * statistics.median(per_day[-TIMED_DAYS:]), 1),
        "event_us": round(1e6 * statistics.median(per_event[-TIMED_DAYS:]), 1),
        "state_bytes": len(watch.pack()),
        "baseline_bytes": len(baseline.pack(watch.baseline)),
    }


def main() -> None:
    """Run the benchmark, print its table, write its results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, nargs="+", default=[500, 2000])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULTS / "drift_cost.json")
    options = parser.parse_args()
    corpus = load()
    results = [measure(corpus, Traffic(users, 0.3, 0.02), options.seed) for users in options.users]
    print("\n".join([HEAD, *(ROW.format(**row) for row in results)]))
    write(options.out, vars(options), results)


if __name__ == "__main__":
    main()
