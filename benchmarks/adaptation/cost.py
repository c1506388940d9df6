"""What a whole look costs: stored days unpacked, arms, estimates, 999 draws, curve, verdict; and what the days weigh.

    python -m benchmarks.adaptation.cost --users 10000 --days 90

The look is the last that there is, 60 days after the change, so that it reads 74 days. CPU time and growth of the
resident memory are those of a process of its own, which holds the days packed, as judge does.
"""

import multiprocessing
import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.adaptation.decided import UTC
from benchmarks.adaptation.paneled import change_day, panel_days, rollout
from benchmarks.adaptation.runs import arguments, prompts
from benchmarks.adaptation.scenarios import SCENARIOS
from benchmarks.adaptation.users import holdout
from benchmarks.adaptation.world import World
from benchmarks.drift.watched import write

from eddyline import paneldays
from eddyline.adaptation import carried
from eddyline.adaptation.analysis import analyse
from eddyline.adaptation.looks import FOLLOWED_DAYS
from eddyline.paneldays import PanelDay
from eddyline.rollouts import Rollout

ROW = (
    "{users:>6} users {rows:>7} rows {packed_mb:>5} MB packed, {bytes_a_row} B a row; a look {cpu_s} s CPU, "
    "first {first_cpu_s} s, {memory_mb} MB more; verdict: {verdict}"
)


class Packed:
    """A panel whose days are in memory as they are stored."""

    def __init__(self, days: Mapping[int, bytes]) -> None:
        self._days = days

    def day(self, ordinal: int) -> PanelDay | None:
        """Return the panel of a local date."""
        found = self._days.get(ordinal)
        return None if found is None else paneldays.unpack(found)

    def known(self) -> range:
        """Return the dates from the first to the last."""
        return range(min(self._days), max(self._days) + 1)


class Cost(NamedTuple):
    """Of looks in a process of their own."""

    cpu_s: list[float]
    memory_mb: float
    """The most that it held beyond what it held before."""
    verdict: str


def looks(days: dict[int, bytes], change: Rollout, first: int, runs: int) -> Cost:
    """Look several times at the last day of a change whose first day is given."""
    panel, spent = Packed(days), []
    before = _resident_mb("VmRSS")
    for _ in range(runs):
        started = time.process_time()
        found = analyse(change, panel, [], first + FOLLOWED_DAYS - 1, carried.fresh(), UTC)
        spent.append(time.process_time() - started)
    return Cost(spent, _resident_mb("VmHWM") - before, found.verdict)


def _resident_mb(kind: str) -> float:
    """Return what this process holds (``VmRSS``), or held at most (``VmHWM``)."""
    # Not getrusage: its maximum is inherited from the process that started this one.
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(kind)) / 1024


def measure(users: int, days: int, seed: int, runs: int) -> dict[str, Any]:
    """Return a row of the table."""
    world = World(prompts(), holdout(users, 0.2, days), SCENARIOS["adaptation"], seed)
    made = panel_days(world)
    packed, rows = {day: paneldays.pack(found) for day, found in made.items()}, sum(len(day.n) for day in made.values())
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        cost = pool.apply(looks, (packed, rollout(world), change_day(world), runs))
    size = sum(map(len, packed.values()))
    return {
        "users": users,
        "days": days,
        "rows": rows,
        "packed_mb": round(size / 1e6, 1),
        "bytes_a_row": round(size / rows),
        "cpu_s": round(statistics.median(cost.cpu_s), 2),
        "first_cpu_s": round(cost.cpu_s[0], 2),
        "memory_mb": round(cost.memory_mb),
        "verdict": cost.verdict,
    }


def main() -> None:
    """Run the benchmark, print its table, write its results."""
    parser = arguments(__doc__, "cost", 5)
    parser.add_argument("--users", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--days", type=int, default=90)
    options, results = parser.parse_args(), list[dict[str, Any]]()
    for users in options.users:
        results.append(row := measure(users, options.days, options.seed, options.runs))
        print(ROW.format(**row), flush=True)
        write(options.out, vars(options), results)


if __name__ == "__main__":
    main()
