"""A watched stream: simulated days through the detector as it ships, and what a run of a benchmark says of itself."""

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from benchmarks.drift.corpus import Corpus
from benchmarks.drift.streams import Change, Stream, Traffic

from eddyline import __version__, features
from eddyline.detectors.sums import WEEKDAYS, DaySums, hour_of_week
from eddyline.detectors.watch import Watch
from eddyline.detectors.whitening import Whitening
from eddyline.encoders.bundle import WHITENING, read_bundle
from eddyline.encoders.configured import bundle_dir
from eddyline.settings import Settings

NAMES = (*features.NAMES, "planted")
RESULTS = Path(__file__).parents[1] / "results"
MEMORY_DAYS = 36
MINUTES_A_DAY = 24 * 60


class Alarm(NamedTuple):
    """An alarm that was raised."""

    day: int
    window: int
    leading: str
    events: int
    """Gated prompts since the day began on which the watch was last told to count."""


class Watched:
    """One simulated app, and a watch for each of several limits over the same windows.

    It begins on the weekday ``seed % 7``.
    """

    def __init__(self, corpus: Corpus, traffic: Traffic, seed: int, limits: tuple[float, ...]) -> None:
        self.traffic, self.stream = traffic, Stream(corpus, traffic, seed, seed % WEEKDAYS)
        self.watches = [Watch(whitening(), NAMES, limit) for limit in limits]
        self.alarms: list[list[Alarm]] = [[] for _ in limits]
        self.highest = [-np.inf] * len(limits)
        self.speaking_days = self.events = self.today = 0
        self._memory: list[DaySums] = []

    def days(self, count: int, change: Change | None = None) -> None:
        """Live ``count`` more days, with a change or without."""
        for _ in range(count):
            self.day(change)

    def day(self, change: Change | None = None) -> None:
        """Live one more day."""
        sums, windows = self.stream.day(self.today, change)
        date, minutes = self.stream.date(self.today), self.traffic.minutes
        for at, watch in enumerate(self.watches):
            watch.start_day(date, self._memory)
            events = self.events
            for number, window in enumerate(windows):
                hour = hour_of_week(date, number * minutes // 60)
                verdict = watch.observe(window, hour, minutes / MINUTES_A_DAY)
                events += window.n
                self.highest[at] = max(self.highest[at], (verdict.log_wealth or -np.inf) - verdict.log_limit)
                if verdict.raised:
                    self.alarms[at].append(Alarm(self.today, number, str(verdict.leading), events))
        self.speaking_days += self.watches[0].standing.speaks
        self.events += sum(window.n for window in windows)
        self._memory = [*self._memory, sums][-MEMORY_DAYS:]
        self.today += 1


def whitening() -> Whitening:
    """Return the one that ships."""
    return Whitening.read(read_bundle(bundle_dir(Settings())).files[WHITENING], 384)


def write(file: Path, arguments: dict[str, Any], results: list[dict[str, Any]]) -> None:
    """Write results with what they were measured on; a long run writes what it has so far."""
    about = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {"processor": _processor(), "cores": os.cpu_count()},
        "versions": {"eddyline": __version__, "python": platform.python_version(), "numpy": np.__version__},
        "arguments": {name: value for name, value in arguments.items() if name != "out"},
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({**about, "results": results}, indent=2) + "\n", "utf-8")


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
