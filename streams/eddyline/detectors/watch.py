"""The watch over one app: which days make its baseline, what it may say, when it alarms, and when an alarm is over.

A pure state machine: closed windows and complete days go in, in the order of time; verdicts come out.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from eddyline import versions
from eddyline.detectors import baseline as baselines
from eddyline.detectors import dry_run, states
from eddyline.detectors.baseline import Baseline
from eddyline.detectors.edetector import EDetector
from eddyline.detectors.states import Standing, State
from eddyline.detectors.sums import WEEKDAYS, DaySums, WindowSums
from eddyline.detectors.whitening import Whitening

VERSION = 1
OLDEST_DAYS = 35
NEWEST_DAYS = 7
"""A baseline on day d is that of the days [d - 35, d - 7), in whole weeks, so that
weekends count as they do in a week; of the first week while there is no more."""
OVER_DAYS = 7
"""An alarm whose wealth has not come to the limit again for so long has passed."""
LASTING_DAYS = 28
"""An alarm that has not passed by then is how things are now: what was before it is forgotten."""


class Verdict(NamedTuple):
    """What a window leads to."""

    state: State
    reason: str
    log_wealth: float | None
    """Natural log of the average wealth in days, before an alarm took it; None where nothing is bet on."""
    log_limit: float
    """What it takes for an alarm."""
    raised: bool
    """Whether an alarm begins with this window."""
    leading: str | None
    """Which bet holds the largest part of the wealth, where it came to the limit."""


class _Wire(msgspec.Struct, array_like=True):
    """What is stored of a watch beside its baseline."""

    version: int
    whitening: str
    styles: int
    day: int
    since: int
    state: State
    reason: str
    opened: int | None
    crossed: int
    passed: list[tuple[int, int]]
    detector: bytes


_decoder = msgspec.msgpack.Decoder(_Wire)


class Watch:
    """The detector of one app.

    Args:
        whitening: of the app's encoder.
        names: of the style features that are counted.
        limit_days: the wealth that alarms, see :func:`eddyline.detectors.process.limit_days`.
    """

    def __init__(self, whitening: Whitening, names: tuple[str, ...], limit_days: float) -> None:
        self._whitening, self._names, self._log_limit = whitening, names, math.log(limit_days)
        self._detector = EDetector(whitening, len(names))
        self._standing = Standing("learning", "No complete day has been seen.")
        self._passed: list[tuple[int, int]] = []
        self._opened: int | None = None
        self._since = self._crossed = self.day = 0
        self.baseline: Baseline | None = None
        """Changes at most once a day; stored by itself."""

    @property
    def alarms(self) -> bool:
        """Whether an alarm is open."""
        return self._opened is not None

    @property
    def standing(self) -> Standing:
        """What may be said today."""
        return self._standing

    def start_day(self, day: int, memory: Sequence[DaySums]) -> None:
        """Begin a local day: judge what is known, and compute the baseline anew. Called again it changes nothing.

        Args:
            day: its ordinal; before the first window of the day is observed.
            memory: the complete days of the last 35 and more that had prompts, in order of time.
        """
        if day <= self.day:
            return
        self.day = day
        self._close_alarm()
        if self._opened is None:
            self._stand([known for known in memory if known.day < day and self._is_sound(known.day)])

    def observe(self, window: WindowSums, hour_of_week: int, days: float) -> Verdict:
        """Take in a closed window of today, that lasted ``days``."""
        if self.baseline is None or not self._standing.speaks:
            return Verdict(*self._standing, None, self._log_limit, raised=False, leading=None)
        self._detector.step(self.baseline, window, hour_of_week, days)
        log_wealth = self._detector.process.average()
        if log_wealth < self._log_limit:
            return Verdict(*self._standing, log_wealth, self._log_limit, raised=False, leading=None)
        return self._alarm(self.baseline, log_wealth)

    def _alarm(self, baseline: Baseline, log_wealth: float) -> Verdict:
        leading, raised = self._detector.leading(self._names), self._opened is None
        self._detector.process.reset()
        self._crossed = self.day
        if raised:
            self._opened = self.day
            self._standing = states.alarmed(leading, baseline.radius)
        return Verdict(*self._standing, log_wealth, self._log_limit, raised=raised, leading=leading)

    def _close_alarm(self) -> None:
        """Leave an alarm that has passed, or that has lasted so long that it is how things are now."""
        if self._opened is None:
            return
        if self.day - self._crossed > OVER_DAYS:
            self._passed.append((self._opened, self._crossed))
            self._opened = None
        elif self.day - self._opened >= LASTING_DAYS:
            self._since, self._opened = self._opened + 1, None
            self._detector = EDetector(self._whitening, len(self._names))

    def _is_sound(self, day: int) -> bool:
        """Whether a day may be part of a baseline."""
        return day >= max(self._since, self.day - OLDEST_DAYS) and not any(
            first <= day <= last for first, last in self._passed
        )

    def _stand(self, days: Sequence[DaySums]) -> None:
        self._passed = [(first, last) for first, last in self._passed if last >= self.day - OLDEST_DAYS]
        if unready := states.unready(days):
            self._standing, self.baseline = unready, None
            return
        days = [known for known in days if known.hours.n.any()]
        old = [known for known in days if known.day < self.day - NEWEST_DAYS]
        whole_weeks = old[len(old) % WEEKDAYS :] or list(days[: states.LEAST_DAYS])
        self.baseline = baselines.fit(whole_weeks, self._whitening)
        quiet = self._standing.state == "watching" or self._is_quiet(days)
        self._standing = states.standing(self.baseline, len(days), quiet=quiet)

    def _is_quiet(self, days: Sequence[DaySums]) -> bool:
        due = len(days) >= states.WATCHING_DAYS
        return not due or dry_run.stays_quiet(days, self._whitening, len(self._names))

    def pack(self) -> bytes:
        """Return the state without the baseline, 2.7 kB with 24 style features; equal states give equal bytes."""
        wire = _Wire(
            VERSION,
            self._whitening.id,
            len(self._names),
            self.day,
            self._since,
            *self._standing,
            self._opened,
            self._crossed,
            self._passed,
            self._detector.pack(),
        )
        return msgspec.msgpack.encode(wire)

    def restore(self, value: bytes) -> None:
        """Take back what :meth:`pack` gave.

        A state that another whitening or other style features made is left: the app learns anew from the days it has.

        Raises:
            RefusedToStart: another version of Eddyline wrote it.
        """
        wire = versions.decode(_decoder, value, VERSION, "the watch over an app")
        if (wire.whitening, wire.styles) != (self._whitening.id, len(self._names)):
            return
        self.day, self._since, self._opened, self._crossed = wire.day, wire.since, wire.opened, wire.crossed
        self._standing, self._passed = Standing(wire.state, wire.reason), wire.passed
        self._detector.restore(wire.detector)

    def restore_baseline(self, value: bytes) -> None:
        """Take back what :func:`eddyline.detectors.baseline.pack` gave, unless another whitening or other features did.

        Raises:
            RefusedToStart: another version of Eddyline wrote it.
        """
        baseline = baselines.unpack(value)
        if (baseline.whitening, baseline.styles) == (self._whitening.id, len(self._names)):
            self.baseline = baseline
