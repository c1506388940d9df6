"""What moved: how much of a new topic the enriched region finds, how purely, and how often it is claimed for nothing.

    python -m benchmarks.drift.moved --runs 10

The samples are those of the pipeline: 40 prompts of each of the days [d - 35, d - 7), and of the day d what the
samples of its hours come to.
"""

import argparse
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from benchmarks.drift.corpus import Corpus, Prompts, load
from benchmarks.drift.streams import FIRST_DAY, Change, Day, Ints, Stream, Traffic
from benchmarks.drift.watched import RESULTS, write
from numpy.typing import NDArray

from eddyline import cells, samples
from eddyline.daysums import SAMPLE
from eddyline.detectors.sums import HOURS
from eddyline.moved.region import region
from eddyline.samples import Item

BEFORE, GAP, WEEK = 28, 7, 7
MINUTES = 60
ROW = (
    "{users:>6} {season:>6} {topic:>8} {share:>5} {runs:>4} {claimed:>7} {items:>6.0f} {now:>7.4f} {before:>7.4f} "
    "{chance:>7.5f} {recall:>6.2f} {purity:>6.2f} {cpu_seconds:>5.2f}"
)


class Sampled(NamedTuple):
    """A simulated day as it is kept."""

    whole: list[Item]
    hours: list[list[Item]]


class Sampling(Stream):
    """A stream that keeps samples instead of sums."""

    def __init__(self, corpus: Corpus, traffic: Traffic, seed: int) -> None:
        super().__init__(corpus, traffic, seed)
        self.days: list[Sampled] = []

    def _summed(self, day: int, drawn: Prompts, minute: Ints, group: Ints) -> Day:
        items = [_item(day, place, vector) for place, vector in enumerate(drawn.vectors)]
        hours: list[list[Item]] = [[] for _ in range(HOURS)]
        for item, at in zip(items, (minute // MINUTES).tolist(), strict=True):
            hours[at].append(item)
        kept = [samples.bottom(hour, cells.SAMPLE) for hour in hours]
        self.days.append(Sampled(samples.bottom(items, SAMPLE), kept))
        return super()._summed(day, Prompts(drawn.vectors[:0], drawn.styles[:0], drawn.bins[:0]), minute[:0], group[:0])


def _item(day: int, place: int, vector: NDArray[np.int8]) -> Item:
    id_ = f"{day - FIRST_DAY}-{place}"
    return Item(samples.hash_of("bench", id_), id_, vector.tobytes(), 0)


class Found(NamedTuple):
    """What came of one comparison."""

    claimed: bool
    items: int
    now: float
    before: float
    chance: float
    most: float
    planted: int
    inside: int
    hits: int
    """Prompts from now that were planted, that are in the region, and that are both."""
    seconds: float


def compare(days: list[Sampled], planted: set[bytes]) -> Found:
    """Hold the last day against those four weeks and more before it."""
    before = [item for day in days[-1 - GAP - BEFORE : -1 - GAP] for item in day.whole]
    now = samples.unbiased(days[-1].hours, cells.SAMPLE)
    started = time.process_time()
    found = region(before, now)
    seconds = time.process_time() - started
    vector = {item.id: item.vector for item in now}
    total, hits = (sum(vector[id_] in planted for id_ in ids) for ids in (vector, found.ids))
    claimed = found.now_share > found.most_by_chance
    return Found(claimed, len(now), *found[:4], total, len(found.ids), hits, seconds)


def run(corpus: Corpus, traffic: Traffic, seed: int, change: Change | None) -> list[Found]:
    """Simulate a stream; return the comparisons of a week without a change, or of its first day with one."""
    stream = Sampling(corpus, traffic, seed)
    planted = {row.tobytes() for row in corpus.prompts.vectors[corpus.planted[change.name]]} if change else set[bytes]()
    found = []
    for day in range(BEFORE + GAP + (1 if change else WEEK)):
        stream.day(day, change)
        if day >= BEFORE + GAP:
            found.append(compare(stream.days, planted))
    return found


def measure(corpus: Corpus, traffic: Traffic, runs: int, change: Change | None) -> dict[str, Any]:
    """Return a row of the table."""
    found = [one for seed in range(runs) for one in run(corpus, traffic, seed, change)]
    means = dict(zip(Found._fields, np.mean(found, axis=0).tolist(), strict=True))
    return {
        "users": traffic.users_a_day,
        "season": traffic.season,
        "topic": change.name if change else "none",
        "share": change.share if change else 0.0,
        "runs": len(found),
        "claimed": sum(one.claimed for one in found),
        "recall": means["hits"] / max(means["planted"], 1.0),
        "purity": means["hits"] / means["inside"] if means["hits"] else 0.0,
        "cpu_seconds": max(one.seconds for one in found),
        **{name: means[name] for name in ("items", "now", "before", "chance", "most")},
    }


def main() -> None:
    """Print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--users", type=int, nargs="+", default=[2000])
    parser.add_argument("--seasons", type=float, nargs="+", default=[0.3, 0.6])
    parser.add_argument("--shares", type=float, nargs="*", default=[0.05, 0.1, 0.2])
    parser.add_argument("--out", type=Path, default=RESULTS / "moved.json")
    options, corpus, results = parser.parse_args(), load(), []
    changes = [None, *(Change(BEFORE + GAP, name, share) for name in corpus.planted for share in options.shares)]
    for users in options.users:
        for season in options.seasons:
            for change in changes:
                row = measure(corpus, Traffic(users, season, 0.02), options.runs, change)
                results.append(row)
                print(ROW.format(**row), flush=True)
    write(options.out, vars(options), results)


if __name__ == "__main__":
    main()
