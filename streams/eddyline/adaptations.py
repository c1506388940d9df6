"""How the users of judge's apps changed after every deployment: a look at each of them at every local midnight.

What is computed is in :mod:`eddyline.adaptation`; here it meets the state, the events and the alerts.

Fields of the state, ``|`` standing for the unit separator:

==============================  ==========================================================
``x:<app>|<deployment>|<day>``  a sample of the prompts to a deployment on a day that goes on
``z:<app>``                     what is carried from one day's looks to the next
==============================  ==========================================================
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from eddyline import adaptationfacts
from eddyline.adaptation.analysis import Analysis
from eddyline.adaptation.course import Course
from eddyline.adaptation.looks import local_date
from eddyline.adaptation.placebo import PlaceboDay
from eddyline.changes import SEPARATOR, Journal
from eddyline.outputs.adaptation import Adaptation, adaptation_output
from eddyline.outputs.alert import user_adaptation
from eddyline.outputs.cloudevent import Output
from eddyline.pastpanels import PastPanels
from eddyline.rollouts import Rollout
from eddyline.samples import Item
from eddyline.windows import local_day

SAMPLE = 40
"""Prompts to a deployment on a day, from which examples are taken."""
EXAMPLES = 5
ALARMING = ("adapting", "adapted")
"""Verdicts that raise the alert."""

RolloutsOf = Callable[[str, int], list[Rollout]]
"""(app, time in milliseconds) -> what was rolled out until then, by time."""


class AdaptationPolicy(NamedTuple):
    """Where events go, and what a day is."""

    topic: str
    alerts: str
    zone: ZoneInfo


class _Example(msgspec.Struct, frozen=True, array_like=True, order=True):
    hash: int
    id: str
    flags: int


class _Firing(msgspec.Struct, frozen=True, array_like=True):
    """An alert that is open."""

    start_ms: int
    sentence: str


class _Wire(msgspec.Struct, array_like=True):
    course: bytes
    firing: dict[str, _Firing]


class _Followed:
    """One app: its course, and its open alerts by deployment."""

    def __init__(self, course: Course, firing: dict[str, _Firing]) -> None:
        self.course, self.firing = course, firing

    def pack(self) -> bytes:
        return msgspec.msgpack.encode(_Wire(self.course.pack(), self.firing))


class Adaptations:
    """The looks at all apps of one partition of partials."""

    def __init__(self, policy: AdaptationPolicy, panels: PastPanels, rollouts: RolloutsOf, journal: Journal) -> None:
        """Look at nothing yet; changes are noted in ``journal``."""
        self._policy, self._panels, self._rollouts, self._journal = policy, panels, rollouts, journal
        self._apps: dict[str, _Followed] = {}
        self._samples: dict[tuple[str, str, str], list[_Example]] = {}
        """By app, deployment and day."""

    def __len__(self) -> int:
        """Return how many apps are looked at."""
        return len(self._apps)

    def restore(self, kind: str, parts: list[str], value: bytes, as_of_ms: int) -> None:
        """Take back a field of when windows were judged up to ``as_of_ms``.

        A sample of a day that was over is dropped: a crash came before its deletion.
        """
        if kind == "z":
            wire = msgspec.msgpack.decode(value, type=_Wire)
            self._apps[parts[0]] = _Followed(Course.unpack(self._policy.zone, wire.course), wire.firing)
        elif parts[2] < local_day(as_of_ms, self._policy.zone):
            self._journal.drop(_sample_field(*parts))
        else:
            self._samples[parts[0], parts[1], parts[2]] = msgspec.msgpack.decode(value, type=list[_Example])
            self._followed(parts[0])

    def placebos(self, app: str) -> Sequence[PlaceboDay]:
        """Return the estimates at an app's days without a deployment."""
        return self._apps[app].course.placebos if app in self._apps else []

    def note(self, app: str, deployment: str, start_ms: int, items: Iterable[Item]) -> None:
        """Let prompts to a deployment in a closed window into the sample of the day.

        From then on the app is looked at, also if no prompt of it names a user, so that it has no panel.
        """
        self._followed(app)
        key = (app, deployment, local_day(start_ms, self._policy.zone))
        before = self._samples.get(key, [])
        found = sorted({*before, *(_Example(item.hash, item.id, item.flags) for item in items)})[:SAMPLE]
        if found != before:
            self._samples[key] = found
            self._journal.touch(_sample_field(*key), lambda: msgspec.msgpack.encode(found))

    def start_day(self, midnight_ms: int) -> list[Output]:
        """Look at every app as of the local day that ends at ``midnight_ms``; return events and alerts."""
        outputs = []
        for app in sorted(self._apps.keys() | self._panels.apps()):
            outputs += self._look(app, midnight_ms)
        for key in self._samples:
            self._journal.drop(_sample_field(*key))
        self._samples.clear()
        return outputs

    def _look(self, app: str, midnight_ms: int) -> list[Output]:
        followed, day = self._followed(app), local_date(midnight_ms - 1, self._policy.zone)
        outputs, seen = [], set()
        panel = self._panels.of(app)
        for analysis in followed.course.step(panel, self._rollouts(app, midnight_ms), day):
            seen.add(analysis.rollout.deployment)
            if analysis.look.day == day:
                # Otherwise everybody has it by now, and what was said of an earlier day stands.
                facts = adaptationfacts.of_analysis(app, analysis, self._examples(app, analysis))
                outputs.append(adaptation_output(self._policy.topic, facts, midnight_ms))
                outputs += self._alerts(followed, facts, midnight_ms)
        for deployment in sorted(followed.firing.keys() - seen):
            outputs.append(self._end_alert(app, followed, deployment, midnight_ms))
        self._keep(app, followed)
        return outputs

    def _followed(self, app: str) -> _Followed:
        if app not in self._apps:
            self._apps[app] = _Followed(Course(self._policy.zone), {})
        return self._apps[app]

    def _keep(self, app: str, followed: _Followed) -> None:
        """Note what is carried, unless nothing is: an app without a panel, placebos or rollouts is forgotten."""
        if followed.course or followed.firing or app in self._panels:
            self._journal.touch(f"z:{app}", followed.pack)
        else:
            del self._apps[app]
            self._journal.drop(f"z:{app}")

    def _alerts(self, followed: _Followed, facts: Adaptation, midnight_ms: int) -> list[Output]:
        """Begin the alert at the first verdict that says so; it lasts while the deployment is looked at."""
        if facts.verdict not in ALARMING or facts.deployment in followed.firing:
            return []
        followed.firing[facts.deployment] = _Firing(midnight_ms, facts.sentence)
        place = (self._policy.alerts, facts.app, facts.deployment, facts.sentence)
        return [user_adaptation(*place, start_ms=midnight_ms)]

    def _end_alert(self, app: str, followed: _Followed, deployment: str, midnight_ms: int) -> Output:
        firing = followed.firing.pop(deployment)
        place = (self._policy.alerts, app, deployment, firing.sentence)
        return user_adaptation(*place, start_ms=firing.start_ms, end_ms=midnight_ms)

    def _examples(self, app: str, analysis: Analysis) -> list[str]:
        """Return ids of prompts to the deployment: with the surest feature, if it is commoner now."""
        day = date.fromordinal(analysis.look.day).isoformat()
        found = self._samples.get((app, analysis.rollout.deployment, day), [])
        place = adaptationfacts.rises(analysis)
        if place is not None:
            found = [example for example in found if example.flags >> place & 1]
        return [example.id for example in found[:EXAMPLES]]


def _sample_field(app: str, deployment: str, day: str) -> str:
    return f"x:{SEPARATOR.join((app, deployment, day))}"
