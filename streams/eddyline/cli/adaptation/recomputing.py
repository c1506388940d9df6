"""The looks at a deployment, computed anew from an app's panel: by the functions that judge runs every midnight."""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from eddyline.adaptation import placebo
from eddyline.adaptation.course import Course
from eddyline.adaptation.eventstudy import around
from eddyline.adaptation.looks import day_begin, followed
from eddyline.adaptation.panel import Panel
from eddyline.adaptationfacts import of_analysis
from eddyline.cli.adaptation.report import Report, course
from eddyline.cli.adaptation.source import Source
from eddyline.cli.screen import printable
from eddyline.errors import EddylineError
from eddyline.outputs.adaptation import Adaptation
from eddyline.paneldays import PanelDay
from eddyline.rollouts import Rollout


class _Look(NamedTuple):
    rollout: Rollout
    day: int
    facts: Adaptation


class Until(NamedTuple):
    """A panel as it was known after a day: no look may depend on what came later."""

    panel: Panel
    last: int

    def day(self, ordinal: int) -> PanelDay | None:
        """Return the panel of a local date; None where nothing was known of it."""
        return self.panel.day(ordinal) if ordinal <= self.last else None

    def known(self) -> range:
        """Return the dates from the first to the last that anything was known of."""
        known = self.panel.known()
        return range(known.start, min(known.stop, self.last + 1))


def recompute(source: Source, deployment: str, day: int | None, done: Callable[[int], None]) -> tuple[Report, Rollout]:
    """Return the report of a deployment, and its rollout: the last one of that name.

    Args:
        source: the app's panel.
        deployment: what was deployed.
        day: the last day to look at, as a proleptic ordinal; None for the last that is complete.
        done: is told how many days have been looked at.

    Raises:
        EddylineError: there is no such day, no such deployment, or no look at it by then.
    """
    known = source.panel.known()
    last = known[-1] if day is None else day
    if last not in known:
        dates = " to ".join(date.fromordinal(end).isoformat() for end in (known[0], known[-1]))
        raise EddylineError(f"{date.fromordinal(last)} is none of the complete days of the panel: {dates}")
    rollout = _rollout(source, deployment)
    looks = [
        look for look in _looks(source, range(known.start, last + 1), done) if look.rollout.deployment == deployment
    ]
    mine = [look for look in looks if looks and look.rollout.effective_ms == looks[-1].rollout.effective_ms]
    if not mine:
        raise EddylineError(_why_none(source, rollout, last))
    return _report(source, mine), mine[-1].rollout


def _rollout(source: Source, deployment: str) -> Rollout:
    found = [rollout for rollout in source.about.rollouts if rollout.deployment == deployment]
    if not found:
        names = ", ".join(dict.fromkeys(printable(rollout.deployment) for rollout in source.about.rollouts))
        raise EddylineError(f"{deployment!r} is no rollout of {source.about.app}; there are: {names or 'none'}")
    return found[-1]


def _looks(source: Source, days: range, done: Callable[[int], None]) -> list[_Look]:
    seen = Course(source.zone, map(placebo.unpack, source.about.placebos))
    found: list[_Look] = []
    for at, day in enumerate(days, 1):
        rollouts = source.about.rollouts_until(day_begin(day + 1, source.zone))
        analyses = seen.step(Until(source.panel, day), rollouts, day)
        found += [_Look(each.rollout, day, of_analysis(source.about.app, each, [])) for each in analyses]
        done(at)
    return found


def _why_none(source: Source, rollout: Rollout, last: int) -> str:
    days = followed(rollout, source.zone)
    if not days:
        return f"{printable(rollout.deployment)} was not in force for a whole local day"
    first = date.fromordinal(days[0])
    if days[0] > last:
        return f"the first whole day of {printable(rollout.deployment)} is {first}: there is no look before it is over"
    return f"the panel begins after the looks at {printable(rollout.deployment)}, of which the first was on {first}"


def _report(source: Source, looks: list[_Look]) -> Report:
    rollout, day, facts = looks[-1]
    study = None
    if facts.features:
        study = around(rollout, Until(source.panel, day), day, source.zone, facts.features[0].feature)
    return Report(facts, course([look.facts for look in looks]), study, {})
