"""What came out of the output topics, gathered for telling. Nothing here knows what was planted."""

import math
from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import msgspec
import numpy as np

from eddyline.outputs.adaptation import Adaptation
from eddyline.outputs.alert import Alert
from eddyline.outputs.drift import Drift
from eddyline.outputs.score import Score
from eddyline.windows import DAY_MS, window_start

CENTROID = "centroid_distance"
NEAREST = "nearest_neighbour_distance"
LATEST_SCORES = 12
WEIGHT = {CENTROID: 2, NEAREST: 1}
"""Power of the number of users with which a metric's variance falls: a squared distance, a mean."""
MOVED = 1.5
"""Times the expected distance, certainly above it: a move worth a line."""
TREND_WINDOWS = 24
"""Latest windows that are pooled into a trend: few users write in an hour."""

ScoreKey = tuple[str, str, str | None]
"""(request id, scorer, candidate) of a score."""
Arm = tuple[str | None, str | None]
"""(deployment, candidate) of a score."""


class Moment(NamedTuple):
    """Something worth a line. ``origin`` is ``sent`` for what was done, ``seen`` for what came out of a topic."""

    time_ms: int
    origin: str
    text: str


class Shift(NamedTuple):
    """A drift metric pooled over windows, with the standard error that their spread gives (None for one window)."""

    value: float
    null: float
    error: float | None
    users: int

    @property
    def excess(self) -> float:
        """How far the metric is above its expectation under no change; 0 on average without one."""
        return self.value - self.null

    @property
    def ratio(self) -> float:
        """The metric over its expectation under no change."""
        return self.value / self.null if self.null else 1.0

    @property
    def certain(self) -> bool:
        """Whether the excess is more than three standard errors above zero."""
        return self.error is not None and self.excess > 3 * self.error


class _DriftEvent(msgspec.Struct, frozen=True):
    data: Drift


class _AdaptationEvent(msgspec.Struct, frozen=True):
    data: Adaptation


class _AlertEvent(msgspec.Struct, frozen=True):
    id: str
    data: Alert


class _ScoreEvent(msgspec.Struct, frozen=True):
    id: str
    data: Score


_drift = msgspec.json.Decoder(_DriftEvent)
_adaptation = msgspec.json.Decoder(_AdaptationEvent)
_alert = msgspec.json.Decoder(_AlertEvent)
_score = msgspec.json.Decoder(_ScoreEvent)


class Story:
    """Everything that was read so far; an event that is read twice changes nothing."""

    def __init__(self) -> None:
        self.windows: dict[tuple[int, str], Drift] = {}
        self.scores: dict[ScoreKey, Score] = {}
        self.scored: set[str] = set()
        """Requests whose production response has a score."""
        self.adaptations: dict[tuple[str, str], Adaptation] = {}
        """By (day, deployment)."""
        self.alerts: dict[str, Alert] = {}
        """By the id of their event."""
        self.dead: Counter[str] = Counter()
        self.latest: deque[Score] = deque(maxlen=LATEST_SCORES)
        self.moments: list[Moment] = []
        self._sums: dict[tuple[Arm, str], list[float]] = {}
        self._moved: set[str] = set()

    def add_drift(self, value: bytes, now_ms: int) -> None:
        """Take in a record of the drift topic; ``now_ms`` is the event time that the demo is at."""
        drift = _drift.decode(value).data
        name, start = drift.deployment or "?", time_ms(drift.window.start)
        if name not in self.deployments():
            self.moments.append(Moment(now_ms, "seen", f"a first window of {name}: {drift.n} prompts"))
        self.windows[start, name] = drift
        self._note_move(name, now_ms)

    def _note_move(self, name: str, now_ms: int) -> None:
        if name in self._moved or len(self.of(name)) < TREND_WINDOWS:
            return
        trend = self.trend(name)
        if trend and trend.certain and trend.ratio > MOVED:
            self._moved.add(name)
            text = f"prompts to {name} have moved: {trend.ratio:.1f} times the expected distance"
            self.moments.append(Moment(now_ms, "seen", text))

    def add_adaptation(self, value: bytes, now_ms: int) -> None:
        """Take in a record of the adaptation topic; ``now_ms`` is the event time that the demo is at."""
        found = _adaptation.decode(value).data
        before = self.adaptation(found.deployment)
        self.adaptations[found.day, found.deployment] = found
        if before is None or before.verdict != found.verdict:
            text = f"users of {found.deployment}, {found.day}: {found.verdict}"
            self.moments.append(Moment(now_ms, "seen", text))

    def adaptation(self, deployment: str) -> Adaptation | None:
        """Return the latest day's word on the users of a deployment."""
        days = [day for day, name in self.adaptations if name == deployment]
        return self.adaptations[max(days), deployment] if days else None

    def add_alert(self, value: bytes, now_ms: int) -> None:
        """Take in a record of the alerts topic; ``now_ms`` is the event time that the demo is at."""
        event = _alert.decode(value)
        if event.id not in self.alerts:
            self.alerts[event.id] = event.data
            text = f"alert {event.data.labels['alertname']}: {event.data.annotations['summary']}"
            self.moments.append(Moment(now_ms, "seen", text))

    def add_score(self, value: bytes) -> None:
        """Take in a record of the scores topic."""
        score = _score.decode(value).data
        key = (score.request_id, score.scorer, score.candidate)
        if key in self.scores:
            return
        self.scores[key] = score
        total = self._sums.setdefault(((score.deployment, score.candidate), score.scorer), [0, 0.0])
        total[0] += 1
        total[1] += score.value
        if score.scorer == "relevance" and score.candidate is None:
            self.scored.add(score.request_id)
            self.latest.append(score)

    def add_dead_letter(self, reason: str, now_ms: int) -> None:
        """Take in a record of the dead-letter topic; ``now_ms`` is the event time that the demo is at."""
        self.dead[reason] += 1
        self.moments.append(Moment(now_ms, "seen", f"a dead letter: {reason}"))

    def deployments(self) -> list[str]:
        """Return the deployments that have windows, oldest first."""
        return list(dict.fromkeys(name for _, name in sorted(self.windows)))

    def arms(self) -> list[Arm]:
        """Return who has scores: deployments by name, then candidates."""
        return sorted({arm for arm, _ in self._sums}, key=lambda arm: (arm[1] is not None, str(arm)))

    def scorers(self) -> list[str]:
        """Return the scorers that have scores."""
        return sorted({scorer for _, scorer in self._sums})

    def mean(self, arm: Arm, scorer: str) -> tuple[int, float] | None:
        """Return count and mean of a scorer."""
        found = self._sums.get((arm, scorer))
        return None if found is None else (int(found[0]), found[1] / found[0])

    def of(self, deployment: str) -> list[Drift]:
        """Return the windows of a deployment in order."""
        return [drift for (_, name), drift in sorted(self.windows.items(), key=_key) if name == deployment]

    def trend(self, deployment: str) -> Shift | None:
        """Return the centroid distance of a deployment's latest windows."""
        return pooled(self.of(deployment)[-TREND_WINDOWS:], CENTROID)

    def trends(self, deployment: str) -> dict[int, Shift]:
        """Return, by start of the day, the centroid distance of a deployment's windows of that day."""
        days: dict[int, list[Drift]] = defaultdict(list)
        for drift in self.of(deployment):
            days[window_start(time_ms(drift.window.start), DAY_MS)].append(drift)
        shifts = ((day, pooled(windows, CENTROID)) for day, windows in days.items())
        return {day: shift for day, shift in shifts if shift is not None}


def _key(item: tuple[tuple[int, str], Drift]) -> tuple[int, str]:
    return item[0]


def pooled(windows: Iterable[Drift], metric: str) -> Shift | None:
    """Return a metric over several windows, each weighed by its precision; None where no window has it."""
    found = [(drift.gated_n, *both) for drift in windows if (both := _both(drift, metric))]
    if not found:
        return None
    users, values, nulls = (np.array(column, np.float64) for column in zip(*found, strict=True))
    weights = users ** WEIGHT[metric] / (users ** WEIGHT[metric]).sum()
    value, null = float(weights @ values), float(weights @ nulls)
    spread = float(np.square(weights * (values - nulls - (value - null))).sum())
    error = math.sqrt(spread * len(found) / (len(found) - 1)) if len(found) > 1 else None
    return Shift(value, null, error, int(users.sum()))


def _both(drift: Drift, metric: str) -> tuple[float, float] | None:
    found = drift.metrics.get(metric)
    if not drift.gated_n or found is None or found.value is None or found.null is None:
        return None
    return found.value, found.null


def time_ms(text: str) -> int:
    """Return milliseconds since 1970 of an event's time."""
    return int(datetime.fromisoformat(text).timestamp() * 1000)
