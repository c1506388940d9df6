"""Eval set against production: did ruler users move away from the eval set since it was renewed? Asked once a day.

Let T be the excess distance of a complete day (:mod:`~eddyline.detectors.evaldistance`), and z its difference from the
14 days before the renewal in standard deviations of a day, at most 5. Bets of five stakes are averaged in the process
of :mod:`~eddyline.detectors.process`: ``M <- (M + 1) exp(stake (z - 1) - stake^2 / 2)``, alarm at ``M >= A`` days, 0
again every week and at a renewal. If each bet has expectation at most 1 given the past, an alarm within a week has a
probability of at most 7/A. Only moving away is bet on.

A set whose items were imported by hand may hold prompts of any user. Then nothing keeps the ruler users' own prompts,
or prompts that they were fitted to, out of it, and the first weeks after the import may look like a move away; the
bias without ruler users is in docs/method.md.
"""

import math
from collections.abc import Sequence
from datetime import date

import msgspec
import numpy as np

from eddyline import versions
from eddyline.daysums import DaySums
from eddyline.detectors import evalbaseline, rulers, wealth
from eddyline.detectors.evalbaseline import EvalBaseline
from eddyline.detectors.evaldistance import measure
from eddyline.detectors.evalverdict import Verdict, with_distance, with_style
from eddyline.detectors.process import Process
from eddyline.detectors.states import State
from eddyline.detectors.sums import Ints
from eddyline.references import Reference

VERSION = 1
STAKES = (0.25, 0.5, 1.0, 1.5, 2.0)
TOLERANCE = 1.0
"""Standard deviations of a day that production may be off: the error of 14 days, which all later ones share."""
BOUND = 5.0
"""Of z: a single odd day after ordinary ones does not alarm at a limit of 365 days or more."""
RESET_DAYS = 7
OVER_DAYS = 7
"""An alarm whose wealth has not come to the limit again for so long has passed."""


class _Wire(msgspec.Struct, array_like=True):
    version: int
    compared: tuple[str, str]
    baseline: EvalBaseline | None
    since: str
    scored: str
    opened: str | None
    crossed: str
    logs: bytes
    verdict: Verdict


_decoder = msgspec.msgpack.Decoder(_Wire)
_NOTHING = ("", "")


class EvalDrift:
    """The watch over one app's distance to its eval set."""

    def __init__(self, limit_days: float, names: tuple[str, ...]) -> None:
        """Start without a past.

        Args:
            limit_days: A, see :func:`eddyline.detectors.process.limit_days`.
            names: of the style features, in the order of their bits.
        """
        self._log_limit, self._names = math.log(limit_days), names
        self._begin(_NOTHING)
        self.verdict = self._silent("blind", "No eval set is in effect.")
        """The last one, with nothing raised."""

    @property
    def alarms(self) -> bool:
        """Whether an alarm is open."""
        return self._opened is not None

    def start_day(
        self, day: str, complete_days: Sequence[DaySums], reference: Reference | None, space_id: str
    ) -> Verdict:
        """Begin a local day: compare the days that are complete since the last call. Called again it changes nothing.

        Args:
            day: like ``2026-11-21``; the days come in order.
            complete_days: those of the 35 before it that had prompts and of which nothing is lost, the oldest first.
            reference: what is in effect; another eval set than before is a renewal.
            space_id: the embedding space that the days' sums are in.
        """
        unable = _unable(reference, space_id)
        compared = _NOTHING if reference is None or unable else (reference.id, space_id)
        if compared != self._compared:
            self._begin(compared)
        if reference is None or unable:
            verdict = self._silent("blind", unable or "")
        else:
            verdict = self._look(day, complete_days, reference)
        self.verdict = msgspec.structs.replace(verdict, raised=False)
        return verdict

    def _begin(self, compared: tuple[str, str]) -> None:
        """Forget what was compared with another eval set; this one has an id and an embedding space."""
        self._compared = compared
        self._baseline: EvalBaseline | None = None
        self._since = self._scored = self._crossed = ""
        self._opened: str | None = None
        self._process = Process(np.full(len(STAKES), 1 / len(STAKES)))

    def _look(self, today: str, past: Sequence[DaySums], reference: Reference) -> Verdict:
        if self._baseline is None:
            return self._learn(today, past, reference)
        verdict = self.verdict
        for day in past:
            if day.day > self._scored:
                found = self._score(self._baseline, day, reference)
                verdict = msgspec.structs.replace(found, raised=found.raised or verdict.raised)
                self._scored = day.day
        return verdict

    # Before there is a baseline

    def _learn(self, today: str, past: Sequence[DaySums], reference: Reference) -> Verdict:
        usable = [day for day in past if rulers.are_enough(day)][-evalbaseline.DAYS :]
        if len(usable) == evalbaseline.DAYS:
            self._baseline = evalbaseline.fit(usable, reference.sums)
        if self._baseline is not None:
            self._since, self._scored = today, past[-1].day
        verdict = self._silent(*self._readiness(len(past), len(usable)))
        if not past:
            return verdict
        return with_distance(verdict, past[-1], measure(past[-1], reference.sums), self._baseline)

    def _readiness(self, complete: int, usable: int) -> tuple[State, str]:
        if self._baseline is not None:
            return "watching", f"The eval set was renewed on {self._since}: days from then on are compared."
        if complete < evalbaseline.DAYS:
            return "learning", f"{complete} of {evalbaseline.DAYS} complete days have been seen."
        if usable < evalbaseline.DAYS:
            return "blind", f"{usable} days had {rulers.LEAST_USERS} ruler users, {evalbaseline.DAYS} are needed."
        return "learning", f"The last {evalbaseline.DAYS} days are all the same."

    def _silent(self, state: State, reason: str) -> Verdict:
        eval_set = None if self._compared == _NOTHING else self._compared[0]
        return Verdict(state, reason, self._log_limit, eval_set, self._since or None)

    # With a baseline

    def _score(self, baseline: EvalBaseline, day: DaySums, reference: Reference) -> Verdict:
        """Compare a complete day with the baseline, if it had ruler users enough."""
        if _week(self._since, day.day) != _week(self._since, self._scored):
            self._process.reset()
        found = measure(day, reference.sums)
        verdict = with_distance(self._silent("watching", ""), day, found, baseline)
        if found is None:
            reason = f"{verdict.users} ruler users on {day.day}, {rulers.LEAST_USERS} are needed."
            return msgspec.structs.replace(verdict, state="blind", reason=reason)
        verdict = with_style(verdict, baseline.style(day, len(self._names)), self._names)
        return self._bet(verdict, day.day, baseline.score(found.excess))

    def _bet(self, verdict: Verdict, day: str, z: float) -> Verdict:
        self._process.step(bets(z), np.full(len(STAKES), fill_value=True), 1.0)
        log_wealth = self._process.average()
        raised = self._note_alarm(day, crossed=log_wealth >= self._log_limit)
        state, reason = self._said(z)
        return msgspec.structs.replace(verdict, state=state, reason=reason, z=z, log_wealth=log_wealth, raised=raised)

    def _note_alarm(self, day: str, *, crossed: bool) -> bool:
        """Note whether an alarm begins, goes on or has passed; return whether one begins."""
        if crossed:
            self._process.reset()
            raised, self._opened = self._opened is None, self._opened or day
            self._crossed = day
            return raised
        if self._opened and _days_between(self._crossed, day) > OVER_DAYS:
            self._opened = None
        return False

    def _said(self, z: float) -> tuple[State, str]:
        if self._opened is None:
            return "watching", f"Compared with the {evalbaseline.DAYS} days before the renewal on {self._since}."
        moved = f"{z:.1f} standard deviations of a day"
        return (
            "alarm",
            f"Farther from the eval set than at its renewal on {self._since}, since {self._opened}: {moved}.",
        )

    def pack(self) -> bytes:
        """Return the state, about 2.5 kB; equal states give equal bytes."""
        wire = _Wire(
            VERSION,
            self._compared,
            self._baseline,
            self._since,
            self._scored,
            self._opened,
            self._crossed,
            self._process.logs.astype("<i4").tobytes(),
            self.verdict,
        )
        return msgspec.msgpack.encode(wire)

    def restore(self, value: bytes) -> None:
        """Take back what :meth:`pack` gave.

        Raises:
            RefusedToStart: another version of Eddyline wrote it.
            EddylineError: it is no such state.
        """
        wire = versions.decode(_decoder, value, VERSION, "the watch over an eval set")
        self._compared, self._baseline = wire.compared, wire.baseline
        self._since, self._scored, self._opened, self._crossed = wire.since, wire.scored, wire.opened, wire.crossed
        self._process.logs = np.frombuffer(wire.logs, "<i4").astype(np.int64)
        self.verdict = wire.verdict


def bets(z: float) -> Ints:
    """Return the log of the bet of each stake on a day, ``(5,)``, in units of wealth."""
    lead = min(z, BOUND) - TOLERANCE
    return np.array([wealth.floor(stake * lead - stake * stake / 2) for stake in STAKES], np.int64)


def _unable(reference: Reference | None, space_id: str) -> str | None:
    """Say why nothing can be compared, or None if it can."""
    if reference is None or reference.kind != "evalset":
        return "No eval set is in effect."
    if reference.sums.n == 0:
        return "The eval set is empty."
    if reference.space_id != space_id:
        return f"The eval set is in space {reference.space_id}, the days are in {space_id}."
    return None


def _days_between(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)).days


def _week(since: str, day: str) -> int:
    """Return which week after the renewal a day is in."""
    return _days_between(since, day) // RESET_DAYS
