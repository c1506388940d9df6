"""A new eval set in the middle of a stream: what its choice does to the distance of later days, and what is found.

    python -m benchmarks.drift.evalset --streams 100

Streams of users who return, as for the other benchmarks. After three weeks a set of 500 items is chosen from the last
week, in several ways: at random, or fitted to a mean (greedy, the worst case for a leak), from half of the users or
from all; and the distance is measured on the other half, the ruler users, or on everybody. Bias is by how many standard
deviations of a day a stable stream then seems to have moved away. Changes run over copies of the stream.
"""

import argparse
import copy
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from benchmarks.drift.corpus import Corpus, Prompts, load
from benchmarks.drift.streams import FIRST_DAY, Change, Day, Ints, Stream, Traffic
from benchmarks.drift.watched import NAMES, RESULTS, write
from numpy.typing import NDArray

from eddyline import references
from eddyline.cells import FEATURES
from eddyline.daysums import HOURS, Breakdown, DaySums
from eddyline.detectors import rulers
from eddyline.detectors.evaldrift import EvalDrift
from eddyline.detectors.evalverdict import Verdict
from eddyline.references import Reference

ITEMS, WEEK, LIVED, MEMORY_DAYS = 500, 7, 21, 35
CHANGES = ("banking", "travel", "near")
SPACE = "simulated"
MINUTES = 24 * 60


class Way(NamedTuple):
    """How a set is chosen, and who measures it."""

    name: str
    rulers: bool
    """Whether ruler users measure and supply no items; else everybody does both."""
    fitted: str | None
    """Whose mean the set is fitted to: ``suppliers``, ``everybody``; None for a random choice."""


WAYS = (
    Way("random, ruler users", rulers=True, fitted=None),
    Way("fitted, ruler users", rulers=True, fitted="suppliers"),
    Way("fitted to everybody's mean, ruler users", rulers=True, fitted="everybody"),
    Way("random, everybody", rulers=False, fitted=None),
    Way("fitted, everybody", rulers=False, fitted="everybody"),
)


class Recorded(Stream):
    """A stream that remembers the prompts of its last week, and whose they were."""

    def __init__(self, corpus: Corpus, traffic: Traffic, seed: int) -> None:
        super().__init__(corpus, traffic, seed)
        self.week: list[tuple[NDArray[np.int8], Ints]] = []

    def _summed(self, day: int, drawn: Prompts, minute: Ints, group: Ints) -> Day:
        self.week = [*self.week, (drawn.vectors, group)][-WEEK:]
        return super()._summed(day, drawn, minute, group)

    def choose(self, way: Way, seed: int) -> Reference:
        """Choose an eval set from the last week."""
        vectors, group = (np.concatenate(parts) for parts in zip(*self.week, strict=True))
        suppliers = vectors[group < rulers.RULERS.start] if way.rulers else vectors
        if way.fitted is None:
            items = np.random.default_rng(seed).choice(len(suppliers), ITEMS, replace=False)
        else:
            target = (vectors if way.fitted == "everybody" else suppliers).mean(axis=0)
            items = _herd(suppliers, target)
        ids = [str(item) for item in items.tolist()]
        imported = references.to_import(
            app="a",
            ids=ids,
            vectors=suppliers[items],
            flags=np.zeros(len(ids), np.uint32),
            space_id=SPACE,
            build_id="",
            effective_ms=0,
        )
        return references.from_import(imported)


def _herd(candidates: NDArray[np.int8], target: NDArray[np.float64]) -> Ints:
    """Choose greedily the items whose mean comes nearest to the target."""
    rows = candidates.astype(np.float64)
    squares, total, chosen = (rows**2).sum(axis=1), np.zeros(rows.shape[1]), np.zeros(ITEMS, np.int64)
    for place in range(ITEMS):
        gain = 2 * rows @ ((place + 1) * target - total) - squares
        chosen[place] = gain.argmax()
        squares[chosen[place]] = np.inf
        total += rows[chosen[place]]
    return chosen


class Life:
    """One app after its renewal: an eval set and a watch over it for every way and limit."""

    def __init__(self, stream: Recorded, past: list[Day], limits: tuple[float, ...], seed: int) -> None:
        self._stream, self._past, self.today = stream, past, len(past)
        self._sets = [stream.choose(way, seed) for way in WAYS]
        self._watches = [[EvalDrift(limit, NAMES) for limit in limits] for _ in WAYS]
        self._look()

    def day(self, change: Change | None = None) -> list[list[Verdict]]:
        """Live a day; return what is said of it, by way and limit."""
        self._past = [*self._past, self._stream.day(self.today, change)][-MEMORY_DAYS:]
        self.today += 1
        return self._look()

    def _look(self) -> list[list[Verdict]]:
        known = {everybody: [_past_day(day, everybody=everybody) for day in self._past] for everybody in (False, True)}
        return [
            [watch.start_day(_date(self.today), known[not way.rulers], chosen, SPACE) for watch in watches]
            for way, chosen, watches in zip(WAYS, self._sets, self._watches, strict=True)
        ]


def _past_day(day: Day, *, everybody: bool) -> DaySums:
    """Return a day as judge keeps it; with ``everybody`` all users are counted as ruler users."""
    parts = [day.sums.groups.n, day.sums.groups.x, np.pad(day.sums.groups.styles, ((0, 0), (0, FEATURES - len(NAMES))))]
    if everybody:
        half = rulers.RULERS.start
        parts = [np.concatenate([part[:half], part[:half] + part[half:]]) for part in parts]
    groups = Breakdown(*parts)
    return DaySums(
        _date(day.sums.day - FIRST_DAY), groups, Breakdown.empty(HOURS), int(groups.n.sum()), 0, lost=False, sample=[]
    )


def _date(day: int) -> str:
    return date.fromordinal(FIRST_DAY + day).isoformat()


class Found(NamedTuple):
    """What one stream gave, by way and limit."""

    stable: list[list[list[Verdict]]]
    """Day, way, limit."""
    changed: dict[str, list[list[list[Verdict]]]]
    """By change; from the first changed day on."""


def measure(corpus: Corpus, traffic: Traffic, options: argparse.Namespace, seed: int) -> Found:
    """Live a stream up to its renewal, and then go on without a change and with each of them."""
    stream = Recorded(corpus, traffic, seed)
    renewal = LIVED + seed % WEEK
    life = Life(stream, [stream.day(day) for day in range(renewal)], tuple(options.limits), seed)
    stable, changed = [], {}
    for day in range(options.days):
        if day == options.change_after:
            changed = {name: _changed(life, name, options) for name in options.changes}
        stable.append(life.day())
    return Found(stable, changed)


def _changed(life: Life, name: str, options: argparse.Namespace) -> list[list[list[Verdict]]]:
    run = copy.deepcopy(life)
    change = Change(run.today, name, options.share)
    return [run.day(change) for _ in range(options.found_within)]


def rows(found: list[Found], options: argparse.Namespace) -> list[dict[str, Any]]:
    """Summarise the streams of one setting."""
    return [
        _row(way, limit, found, (at_way, at_limit), options.change_after)
        for at_way, way in enumerate(WAYS)
        for at_limit, limit in enumerate(options.limits)
    ]


def _row(way: Way, limit: float, found: list[Found], at: tuple[int, int], before: int) -> dict[str, Any]:
    stable = [[day[at[0]][at[1]] for day in one.stable] for one in found]
    changes = np.array([[verdict.change for verdict in days] for days in stable], np.float64)
    day_sd = float(np.sqrt(changes.var(axis=1, ddof=1).mean()))
    weeks = changes[:, :WEEK].mean(axis=1) / day_sd, changes.mean(axis=1) / day_sd
    alarms = [[day for day, verdict in enumerate(days) if verdict.raised] for days in stable]
    early = [any(day < before for day in days) for days in alarms]
    return {
        "way": way.name,
        "limit": limit,
        "streams": len(found),
        "rulers_a_day": round(float(np.mean([verdict.users for days in stable for verdict in days]))),
        "day_sd": day_sd,
        "bias_first_week": _mean(weeks[0]),
        "bias_all_days": _mean(weeks[1]),
        "z_sd": round(float(np.std([verdict.z for days in stable for verdict in days if verdict.z is not None])), 2),
        "alarms_first_week": sum(any(day < WEEK for day in days) for days in alarms),
        "allowed_first_week": round(len(found) * WEEK / limit, 2),
        "alarms_all_days": sum(map(len, alarms)),
        "days": sum(map(len, stable)),
        "delays": {name: _delays([one.changed[name] for one in found], at, early) for name in found[0].changed},
    }


def _mean(values: NDArray[np.float64]) -> dict[str, float]:
    return {"mean": round(float(values.mean()), 3), "se": round(float(values.std(ddof=1) / len(values) ** 0.5), 3)}


def _delays(runs: list[list[list[list[Verdict]]]], at: tuple[int, int], early: list[bool]) -> dict[str, Any]:
    """Count the complete days that each run took, without those that had alarmed before the change."""
    taken = [
        next((number for number, day in enumerate(run, 1) if day[at[0]][at[1]].raised), None)
        for run, was_early in zip(runs, early, strict=True)
        if not was_early
    ]
    first = [run[0][at[0]][at[1]].z for run in runs]
    return {
        "runs": len(taken),
        "within_1": sum(days is not None and days <= 1 for days in taken),
        "within_2": sum(days is not None and days <= 2 for days in taken),
        "within_3": sum(days is not None and days <= 3 for days in taken),
        "found": sum(days is not None for days in taken),
        "median_first_z": round(float(np.median([z for z in first if z is not None])), 1),
    }


def _print(row: dict[str, Any]) -> None:
    week, every = row["bias_first_week"], row["bias_all_days"]
    delays = "  ".join(
        f"{name} {delay['within_2']}/{delay['found']}/{delay['runs']} z {delay['median_first_z']}"
        for name, delay in row["delays"].items()
    )
    print(
        f"{row['way']:<40} A {row['limit']:>5.0f}  n {row['rulers_a_day']:>4}  sd {row['day_sd']:.6f}  "
        f"bias {week['mean']:+.2f}±{week['se']:.2f} {every['mean']:+.2f}±{every['se']:.2f}  z sd {row['z_sd']:.2f}  "
        f"alarms {row['alarms_first_week']} ({row['allowed_first_week']}) {row['alarms_all_days']}  {delays}",
        flush=True,
    )


def main() -> None:
    """Run the benchmark, print its table, write its results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=740, help="a day; 740 give about 700 gated prompts")
    parser.add_argument("--seasons", type=float, nargs="+", default=[0.6])
    parser.add_argument("--churn", type=float, nargs="+", default=[0.02])
    parser.add_argument("--limits", type=float, nargs="+", default=[365.0, 30.0], help="A, in days")
    parser.add_argument("--changes", nargs="*", choices=CHANGES, default=list(CHANGES))
    parser.add_argument("--share", type=float, default=0.2)
    parser.add_argument("--streams", type=int, default=10)
    parser.add_argument("--days", type=int, default=21, help="days after the renewal without a change")
    parser.add_argument("--change-after", type=int, default=3, help="days between the renewal and a change")
    parser.add_argument("--found-within", type=int, default=7, help="days in which a change can be found")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULTS / "drift_evalset.json")
    options = parser.parse_args()
    corpus, results = load(), []
    for season in options.seasons:
        for churn in options.churn:
            traffic = Traffic(options.users, season, churn, MINUTES)
            seeds = range(options.seed, options.seed + options.streams)
            found = [measure(corpus, traffic, options, seed) for seed in seeds]
            print(f"{options.users} users a day, season {season}, churn {churn}")
            for row in rows(found, options):
                _print(row)
                results.append({"users": options.users, "season": season, "churn": churn, "share": options.share} | row)
    write(options.out, vars(options), results)


if __name__ == "__main__":
    main()
