"""What skew and size cost in memory and time: hot users, a million users, a thousand deployments, ten thousand names.

    python benchmarks/load.py [--scale S] [--seed N] [--out FILE]

Fold and judge in memory, one partition each, driven by made-up observations: no broker, no encoder, whose cost depends
on none of this. Every scenario runs in a process of its own, twice: at a tenth of its size and at its size. What
matters are the ratios: of the CPU time per event (1 where nothing is quadratic), and of state and memory.
"""

import argparse
import json
import multiprocessing
import os
import platform
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil

from eddyline import observations
from eddyline.changes import Changes
from eddyline.encoders.configured import read_space
from eddyline.fold import Fold, FoldPolicy
from eddyline.judge import Judge, JudgePolicy
from eddyline.observations import Observation, ObservationRecord, PromptObservation, Source
from eddyline.settings import Settings, Topics

START_MS = 20_000 * 86_400_000
WINDOW_MS = 300_000
BATCH = 200
PROJECTED = 330
"""Usual size of a projected component of a unit vector: 16 * 400 / sqrt(384)."""
SETTINGS = Settings(topics=Topics(observations_partitions=1, partials_partitions=1))


class Load(NamedTuple):
    """A stream of prompts, evenly over ``windows`` windows."""

    events: int
    users: int
    windows: int = 12
    hot: float = 0.0
    """Share of the first user."""
    deployments: int = 1
    apps: int = 1


SCENARIOS: dict[str, Load] = {
    "even": Load(events=100_000, users=5_000),
    "hot_user": Load(events=100_000, users=5_000, hot=0.9),
    "one_window": Load(events=100_000, users=5_000, windows=1),
    "million_users": Load(events=1_000_000, users=1_000_000, windows=280),
    "thousand_deployments": Load(events=100_000, users=5_000, deployments=1_000),
    "ten_thousand_names_in_a_window": Load(events=20_000, users=5_000, windows=1, deployments=10_000),
    "thousand_apps": Load(events=100_000, users=5_000, apps=1_000),
}


class Cost(NamedTuple):
    """What a load came to."""

    fold_us: float
    """CPU time per event."""
    judge_us: float
    fold_peak: int
    """Bytes of fold's fields, at most, at any checkpoint."""
    fold_end: int
    judge_end: int
    outputs: int
    largest: int
    """Bytes of the largest record."""


class _Stored:
    """The fields of a state as Redis would hold them: only their sizes."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}
        self.bytes = self.peak = 0

    def take(self, changes: Changes) -> None:
        for name, value in changes.fields.items():
            self._set(name, len(name) + len(value))
        self.peak = max(self.peak, self.bytes)
        for name in changes.drops:
            self._set(name, 0)

    def _set(self, name: str, size: int) -> None:
        self.bytes += size - self._sizes.pop(name, 0)
        if size:
            self._sizes[name] = size


def prompts(load: Load, seed: int) -> Iterator[PromptObservation]:
    """Give the observations of a load in the order of their times."""
    random_ = random.Random(seed)
    rng = np.random.default_rng(seed)
    vectors = [row.tobytes() for row in rng.integers(-40, 40, (500, 384), np.int8)]
    projected = [row.astype("<i2").tobytes() for row in rng.normal(0, PROJECTED, (500, 64))]
    step = load.windows * WINDOW_MS / load.events
    for number in range(load.events):
        user = 0 if random_.random() < load.hot else number % load.users
        yield PromptObservation(
            id=f"event-{number:032d}",
            time_ms=START_MS + int(number * step),
            app=f"app{number % load.apps}/production",
            deployment=f"v{number % load.deployments}",
            user=random.Random(user).randbytes(16),
            session=b"",
            tool=False,
            vector=vectors[number % len(vectors)],
            projected=projected[number % len(projected)],
            flags=number & 0xFFFF,
            numeric=(number % 100, 3),
            truncated=False,
        )


def records(load: Load, seed: int) -> Iterator[bytes]:
    """Give the records of a load; the last one ends the input."""
    batch: list[Observation] = []
    for number, prompt in enumerate(prompts(load, seed), 1):
        batch.append(prompt)
        if number % BATCH == 0 or number == load.events:
            yield _record(batch, Source("prompts", 0, number, prompt.time_ms, idle=False))
            batch = []
    end_ms = START_MS + (load.windows + 1) * WINDOW_MS
    yield _record([], Source("prompts", 0, load.events, end_ms, idle=False))


def _record(found: list[Observation], source: Source) -> bytes:
    return observations.pack(ObservationRecord(1, "space", "build", {"prompts": 1}, [source], found))


def cost(load: Load, seed: int) -> Cost:
    """Run a load through fold and judge, with a checkpoint every ten records."""
    fold, judge = Fold(FoldPolicy.of(SETTINGS), 0), Judge(JudgePolicy.of(SETTINGS, read_space(SETTINGS)), 0)
    stored: dict[str, _Stored] = defaultdict(_Stored)
    spent, outputs, largest = Counter[str](), 0, 0
    for number, record in enumerate(records(load, seed)):
        began = time.process_time()
        found = fold.apply(record)
        if number % 10 == 0 or found:
            stored["fold"].take(fold.take_changes())
        between = time.process_time()
        for partial in found:
            said = judge.apply(partial.value)
            outputs += len(said)
            largest = max(largest, len(partial.value), *(len(output.value) for output in said), 0)
        if found:
            stored["judge"].take(judge.take_changes())
        spent["fold"] += round((between - began) * 1e9)
        spent["judge"] += round((time.process_time() - between) * 1e9)
    fold_us, judge_us = (spent[stage] / load.events / 1000 for stage in ("fold", "judge"))
    at = stored["fold"]
    return Cost(fold_us, judge_us, at.peak, at.bytes, stored["judge"].bytes, outputs, largest)


def tenth(load: Load) -> Load:
    """Return a tenth of a load: of its events, and of what they differ in."""
    parts = {name: max(1, getattr(load, name) // 10) for name in ("events", "users", "deployments", "apps")}
    return load._replace(**parts)


def compared(name: str, scale: float, seed: int) -> dict[str, Any]:
    """Return what a scenario costs at a tenth and at its size, and what grew how much."""
    load = SCENARIOS[name]
    load = load._replace(events=int(load.events * scale), users=max(1, int(load.users * scale)))
    process = psutil.Process()
    before = process.memory_info().rss
    small = cost(tenth(load), seed)
    middle = process.memory_info().rss
    large = cost(load, seed)
    return {
        "load": load._asdict(),
        "cost": {key: round(value, 1) for key, value in large._asdict().items()},
        "us_per_event_over_a_tenth": round((large.fold_us + large.judge_us) / (small.fold_us + small.judge_us), 2),
        "fold_peak_over_a_tenth": round(large.fold_peak / small.fold_peak, 2),
        "judge_end_over_a_tenth": round(large.judge_end / small.judge_end, 2),
        "rss_mb": [round((at - before) / 2**20) for at in (middle, process.memory_info().rss)],
    }


def machine() -> dict[str, str]:
    """Return what the numbers were taken on."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
    return {"cpu": model, "cores": str(os.cpu_count()), "python": platform.python_version(), "numpy": np.__version__}


def main() -> None:
    """Run every scenario and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "load.json")
    arguments = parser.parse_args()
    results: dict[str, Any] = {"date": datetime.now(UTC).date().isoformat(), "machine": machine()}
    results |= {"seed": arguments.seed, "scale": arguments.scale}
    context = multiprocessing.get_context("spawn")
    for name in SCENARIOS:
        with context.Pool(1) as pool:
            results[name] = pool.apply(compared, (name, arguments.scale, arguments.seed))
        print(name, json.dumps(results[name]), flush=True)
    arguments.out.write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    print(f"written to {arguments.out}")


if __name__ == "__main__":
    main()
