"""Runs of a benchmark: the same question of many simulated worlds, and how sure the share of answers is."""

import argparse
import functools
from collections.abc import Callable, Iterable
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from benchmarks.adaptation.prompts import Prompts, load
from benchmarks.adaptation.scenarios import Scenario
from benchmarks.adaptation.users import BEFORE_DAYS, Plan, holdout, thirds
from benchmarks.adaptation.world import World
from benchmarks.drift.watched import RESULTS
from scipy.special import betaincinv

BEFORE, AFTER = range(BEFORE_DAYS), range(BEFORE_DAYS, BEFORE_DAYS + 14)
"""Days of a world that a look on day 14 after the change compares."""
STAGED = "staged"
T = TypeVar("T")


def arguments(about: str | None, name: str, runs: int) -> argparse.ArgumentParser:
    """Return a parser of what every benchmark here is asked."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=runs)
    parser.add_argument("--seed", type=int, default=1, help="of the first run; each has its own")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULTS / f"adaptation_{name}.json")
    return parser


def repeat(run: Callable[[int], T], options: argparse.Namespace) -> list[T]:
    """Return what a run gives for each seed, in their order."""
    seeds = range(options.seed, options.seed + options.runs)
    if options.workers == 1:
        return [run(seed) for seed in seeds]
    with get_context("fork").Pool(options.workers) as pool:
        return pool.map(run, seeds, chunksize=8)


@functools.cache
def prompts() -> Prompts:
    """Return the prompts, read once."""
    return load()


def plan(users: int, control: str, days: int = 28) -> Plan:
    """Return the plan of that name: the share that is held out, or ``staged``."""
    return thirds(users) if control == STAGED else holdout(users, float(control), days)


def world(scenario: Scenario, users: int, control: str, seed: int) -> World:
    """Return a world of four weeks, the last two with the deployment."""
    return World(prompts(), plan(users, control), scenario, seed)


def share(holds: Iterable[bool]) -> dict[str, float]:
    """Return how often it holds, with the exact 95 % interval (Clopper and Pearson, Biometrika 1934)."""
    found = list(holds)
    k, n = sum(found), len(found)
    low = float(betaincinv(k, n - k + 1, 0.025)) if k else 0.0
    high = float(betaincinv(k + 1, n - k, 0.975)) if k < n else 1.0
    return {"share": round(k / n, 4), "low": round(low, 4), "high": round(high, 4)}
