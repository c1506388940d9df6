"""Streams of users who return: simulated days of real prompts, as the sums that the pipeline would make of them.

Every user has one to three favourite topics and a few prompts of each that are his own, and comes back on a share of
the days that is log-normal over users. He counts once a day. Topics have a daily course with log-amplitude ``season``,
shifted at the weekend, when their shares are tilted too. A share of the users leaves each day and new ones come.
"""

from typing import NamedTuple

import numpy as np
from benchmarks.drift.corpus import Corpus, Prompts
from numpy.typing import NDArray

from eddyline.detectors.sums import EVAL_BINS, HOURS, SATURDAY, Counts, DaySums, WindowSums, weekday

GROUPS = 16
PROMPTS_OF_A_TOPIC = 6
WEEKEND_TILT = 0.3
ACTIVITY_SPREAD = 1.0
MEAN_ACTIVITY = 0.2
FIRST_DAY = 739_579
"""A Monday."""
PLANTED_FEATURE_RATE = 0.03

Ints = NDArray[np.int64]


class Traffic(NamedTuple):
    """What a stream is like."""

    users_a_day: int
    season: float
    churn: float
    minutes: int = 5
    """Length of a window."""


class Change(NamedTuple):
    """What happens at the start of a day: a share of prompts is replaced, or asks for something new."""

    day: int
    name: str
    """A planted topic of the corpus, or ``style``."""
    share: float


class Day(NamedTuple):
    """A simulated local day."""

    sums: DaySums
    windows: list[WindowSums]


class Asked(NamedTuple):
    """The gated prompts of a day, ``(n,)`` each."""

    prompt: Ints
    """Which of the corpus."""
    habit: NDArray[np.bool_]
    """Whether it has the planted feature."""
    minute: Ints
    """Of the day."""
    group: Ints


class Stream:
    """One app's users; day 0 is ``first_weekday``, 0 for a Monday. A deep copy shares the corpus."""

    def __init__(self, corpus: Corpus, traffic: Traffic, seed: int, first_weekday: int = 0) -> None:
        self._corpus, self._traffic, self._first_day = corpus, traffic, FIRST_DAY + first_weekday
        self._rng = np.random.default_rng(seed)
        topics = len(corpus.topics)
        self._popularity = self._rng.dirichlet(np.full(topics, 2.0))
        self._phase = self._rng.uniform(0, 2 * np.pi, (2, topics))
        self._tilt = WEEKEND_TILT * self._rng.normal(size=topics)
        size = round(traffic.users_a_day / MEAN_ACTIVITY)
        self._activity = np.empty(size)
        self._own = np.empty((size, 3, PROMPTS_OF_A_TOPIC), np.int64)
        self._topics = np.empty((size, 3), np.int64)
        self._habit = np.empty(size)
        self._group = np.empty(size, np.int64)
        self._move_in(np.arange(size))

    def _move_in(self, places: Ints) -> None:
        """Let new users take the places of old ones."""
        rng, count = self._rng, len(places)
        spread = np.exp(ACTIVITY_SPREAD * rng.normal(size=count) - ACTIVITY_SPREAD**2 / 2)
        self._activity[places] = np.minimum(1.0, MEAN_ACTIVITY * spread)
        topics = rng.choice(len(self._popularity), (count, 3), p=self._popularity)
        favourites = rng.integers(1, 4, count)
        # With fewer than three favourites the first is repeated.
        topics[favourites < 3, 2] = topics[favourites < 3, 0]
        topics[favourites < 2, 1] = topics[favourites < 2, 0]
        self._topics[places] = topics
        sizes = np.array([len(members) for members in self._corpus.topics])
        chosen = (rng.random((count, 3, PROMPTS_OF_A_TOPIC)) * sizes[topics][..., None]).astype(np.int64)
        start = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        self._own[places] = np.concatenate(self._corpus.topics)[start[topics][..., None] + chosen]
        self._habit[places] = rng.beta(0.5, 0.5 / PLANTED_FEATURE_RATE - 0.5, count)
        self._group[places] = rng.integers(0, GROUPS, count)

    def date(self, day: int) -> int:
        """Return the ordinal of a day of the stream."""
        return self._first_day + day

    def day(self, day: int, change: Change | None = None) -> Day:
        """Simulate a day. Users come and go, so days are lived in their order."""
        asked = self.asked(day, change)
        drawn = _drawn(self._corpus.prompts, asked.prompt, asked.habit)
        return self._summed(self.date(day), drawn, asked.minute, asked.group)

    def asked(self, day: int, change: Change | None = None) -> Asked:
        """Simulate a day, and return its prompts one by one."""
        rng, weekend = self._rng, weekday(self.date(day)) >= SATURDAY
        self._move_in(np.flatnonzero(rng.random(len(self._activity)) < self._traffic.churn))
        users = np.flatnonzero(rng.random(len(self._activity)) < self._activity)
        slot = self._slots(users, weekend=weekend)
        topics = self._topics[users, slot]
        minute = self._minutes(topics, weekend=weekend)
        prompts = self._own[users, slot, rng.integers(0, PROMPTS_OF_A_TOPIC, len(users))]
        habit = rng.random(len(users)) < self._habit[users]
        if change is not None and day >= change.day:
            hit = rng.random(len(users)) < change.share
            if change.name == "style":
                habit |= hit
            else:
                prompts = np.where(hit, rng.choice(self._corpus.planted[change.name], len(users)), prompts)
        return Asked(prompts, habit, minute, self._group[users])

    def _slots(self, users: Ints, *, weekend: bool) -> Ints:
        """Choose for each user which of his favourites he asks about."""
        weights = np.exp(self._tilt[self._topics[users]] * weekend)
        steps = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
        slots: Ints = (self._rng.random((len(users), 1)) > steps).sum(axis=1)
        return slots

    def _minutes(self, topics: Ints, *, weekend: bool) -> Ints:
        """Choose the minute of the day of each prompt, by its topic's course."""
        hours = np.arange(HOURS) * 2 * np.pi / HOURS
        everyone = 1.0 + 0.8 * np.sin(hours - np.pi * 0.75)
        course = everyone * np.exp(self._traffic.season * np.cos(hours - self._phase[int(weekend)][:, None]))
        steps = np.cumsum(course, axis=1) / course.sum(axis=1, keepdims=True)
        hour: Ints = (self._rng.random((len(topics), 1)) > steps[topics]).sum(axis=1)
        return hour * 60 + self._rng.integers(0, 60, len(topics))

    def _summed(self, day: int, drawn: Prompts, minute: Ints, group: Ints) -> Day:
        windows = _counts(drawn, minute // self._traffic.minutes, 24 * 60 // self._traffic.minutes)
        sums = DaySums(day, _counts(drawn, minute // 60, HOURS), _counts(drawn, group, GROUPS))
        assert windows.evals is not None
        cells = zip(windows.n.tolist(), windows.x, windows.styles, windows.evals, strict=True)
        return Day(sums, [WindowSums(*cell) for cell in cells])


def _drawn(prompts: Prompts, chosen: Ints, habit: NDArray[np.bool_]) -> Prompts:
    """Return the chosen prompts, with the planted feature as the last one."""
    styles = np.column_stack([prompts.styles[chosen], habit.astype(np.int64)])
    return Prompts(prompts.vectors[chosen], styles, prompts.bins[chosen])


def _counts(prompts: Prompts, cell: Ints, cells: int) -> Counts:
    order = np.argsort(cell, kind="stable")
    starts = np.searchsorted(cell[order], np.arange(cells))

    def added(values: NDArray[np.int64] | NDArray[np.int8]) -> Ints:
        total = np.zeros((cells, values.shape[1]), np.int64)
        filled = n > 0
        if filled.any():
            total[filled] = np.add.reduceat(values[order], starts[filled], axis=0, dtype=np.int64)
        return total

    n = np.bincount(cell, minlength=cells).astype(np.int64)
    bins = (prompts.bins[:, None] == np.arange(EVAL_BINS)).astype(np.int64)
    return Counts(n, added(prompts.vectors), added(prompts.styles), added(bins))
