"""A worker with ``clock = "live"`` in a simulated world: when records are produced and read, and what clocks show."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from tests import traffic
from tests.stages import Outputs, Place, Stages, TiledEncoder, places
from tests.traffic import Line

from eddyline.clock import Clock
from eddyline.events import Record
from eddyline.settings import load_settings

STEP_MS = 10_000
WINDOW_MS, GRACE_MS, IDLE_MS = 300_000, 120_000, 30_000
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
START_MS = traffic.START_MS
AFTERWARDS_MS = WINDOW_MS + GRACE_MS + IDLE_MS + STEP_MS
"""So much later every window has been closed by silence."""
SETTINGS = load_settings(
    None,
    {
        "EDDYLINE_PRIVACY_PEPPER": "a pepper for tests",
        "EDDYLINE_JUDGE_MIN_REFERENCE": "30",
        "EDDYLINE_JUDGE_MIN_WINDOW": "1",
        "EDDYLINE_TOPICS_OBSERVATIONS_PARTITIONS": "2",
        "EDDYLINE_TOPICS_PARTIALS_PARTITIONS": "1",
    },
)


class Arrival(NamedTuple):
    """A record, when it was produced and when the worker gets to it, by a clock that is right."""

    produced_ms: int
    read_ms: int
    record: Record


def event_time(line: Line) -> int:
    return int(line[1].get("ts") or line[1]["effective_at"])


def produced(
    lines: Sequence[tuple[int, str, int, dict[str, Any] | bytes]], lag_ms: Mapping[Place, int] | None = None
) -> list[Arrival]:
    """Return arrivals of (time of production, topic, partition, event), each partition read with its lag."""
    offsets: Counter[Place] = Counter()
    found = []
    for at, topic, partition, event in sorted(lines, key=lambda line: line[0]):
        place = topic, partition
        value = event if isinstance(event, bytes) else orjson.dumps(event)
        found.append(Arrival(at, at + (lag_ms or {}).get(place, 0), Record(*place, offsets[place], value)))
        offsets[place] += 1
    return sorted(found, key=lambda arrival: arrival.read_ms)


def play(
    arrivals: Sequence[Arrival],
    partitions: Mapping[str, int],
    *,
    until_ms: int = 0,
    wall: Callable[[int], int] = lambda true_ms: true_ms,
) -> Outputs:
    """Let a worker read what arrives, looking every ten seconds, until silence has closed every window.

    Args:
        arrivals: in the order in which they are read.
        partitions: of every input topic.
        until_ms: stop here instead.
        wall: what the worker's wall clock shows at a time.
    """
    stages = Stages(SETTINGS, TiledEncoder(), START_MS, clock="live", idle_ms=IDLE_MS)
    stages.open(partitions)
    clock = Clock(wall(START_MS), 0)
    ends: dict[Place, list[int]] = {place: [] for place in places(partitions)}
    for arrival in sorted(arrivals, key=lambda arrival: arrival.produced_ms):
        ends[arrival.record.topic, arrival.record.partition].append(arrival.produced_ms)
    end = until_ms or max(arrival.read_ms for arrival in arrivals) + AFTERWARDS_MS
    at = 0
    for now in range(START_MS, end + 1, STEP_MS):
        stages.set_clock(clock.now(wall(now), now - START_MS))
        until = bisect_right(arrivals, now, lo=at, key=lambda arrival: arrival.read_ms)
        if at < until:
            stages.feed([arrival.record for arrival in arrivals[at:until]])
        stages.tick({place: bisect_right(times, now) for place, times in ends.items()})
        at = until
    return {topic: dict(found) for topic, found in stages.outputs.items()}


def drift(outputs: Outputs) -> list[dict[str, Any]]:
    """Return the data of the drift events in the order of their windows."""
    return [orjson.loads(value)["data"] for _, value in sorted(outputs.get("eddyline.drift.v1", {}).items())]


def reasons(outputs: Outputs) -> Counter[str]:
    """Return the dead letters by reason."""
    letters = outputs.get("eddyline.dlq.v1", {}).values()
    return Counter(orjson.loads(letter)["headers"]["dlq.reason"] for letter in letters)
