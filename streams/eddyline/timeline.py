"""What is in force of an app when: as announced, and as seen in the traffic where nobody announced it.

What events name needs no timeline. It says what those belong to that name no deployment, and which deployments were a
change to the app's users (:mod:`eddyline.rollouts`). Announcements come late, repeated and in any order; the same set
of them always makes the same timeline.
"""

from bisect import insort
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from eddyline.assignment import BUCKETS
from eddyline.events import Arm
from eddyline.partials import Announced

MOST_ANNOUNCEMENTS = 1000
"""Kept of an app, the newest by effective time."""


class Step(NamedTuple):
    """A deployment takes effect, comes back or goes."""

    effective_ms: int
    deployment: str
    action: str
    arm: Arm
    source: Literal["announced", "inferred"]


class InForce(NamedTuple):
    """What the users of an app have."""

    everybody: str | None = None
    """All of them, or all that do not have ``some``; None where nobody said."""
    some: str | None = None
    """A part of them, while a rollout leaves out the others."""

    def after(self, step: Step) -> "InForce":
        """Return what they have after a step.

        A rollback is for everybody. A deployment that everybody had and that is announced again for some of them leaves
        the others with what nobody named.
        """
        deployment = step.deployment
        if step.action == "rollback":
            return InForce(deployment)
        if step.action == "retire":
            return InForce(*(None if name == deployment else name for name in self))
        if step.arm.buckets == BUCKETS:
            return InForce(deployment)
        if step.arm.buckets == 0:
            return self
        return InForce(None if self.everybody == deployment else self.everybody, deployment)


class Timeline:
    """The last announcements of one app, by effective time, then id, and what was inferred."""

    def __init__(self, announcements: list[Announced] | None = None, inferred: dict[str, int] | None = None) -> None:
        self.announcements = announcements or []
        self.inferred = inferred or {}
        """When the first window of a deployment started that nobody had announced."""

    def add(self, announced: Announced) -> None:
        """Add an announcement, in whatever order they come. Repeating one changes nothing, under whatever id.

        Of two that say the same the one with the larger id stays: of all at one time the largest id counts.
        """
        for known in self.announcements:
            if known.id == announced.id or (_content(known) == _content(announced) and known.id > announced.id):
                return
        self.announcements = [known for known in self.announcements if _content(known) != _content(announced)]
        insort(self.announcements, announced, key=lambda known: (known.effective_ms, known.id))
        del self.announcements[:-MOST_ANNOUNCEMENTS]

    def infer(self, deployment: str, effective_ms: int, most: int) -> None:
        """Add a deployment that nobody announced; of more than ``most`` the newest are kept."""
        self.inferred[deployment] = effective_ms
        newest = sorted(self.inferred.items(), key=lambda item: (item[1], item[0]))[-most:]
        self.inferred = dict(newest)

    def knows(self, deployment: str) -> bool:
        """Whether it was announced or inferred that a deployment takes effect."""
        announced = (one.deployment for one in self.announcements if one.action == "deploy")
        return deployment in self.inferred or deployment in announced

    def in_force(self, time_ms: int) -> str | None:
        """Return the deployment of all users at a time, as announced.

        None where nothing was, where it was retired, and while only some of the users have it: then nobody knows whose
        an event is that names no deployment. What was only inferred is in force for nobody: it says itself who has it.
        """
        found = self._at(time_ms)
        return None if found.some else found.everybody

    def for_some(self, time_ms: int) -> bool:
        """Whether only some of the users have a deployment at a time, as announced."""
        return self._at(time_ms).some is not None

    def changes_within(self, start_ms: int, end_ms: int) -> bool:
        """Whether what was announced changes inside a window: then its prompts cannot be told apart."""
        before = self._at(start_ms)
        times = [known.effective_ms for known in self.announcements if start_ms < known.effective_ms < end_ms]
        return any(self._at(time_ms) != before for time_ms in times)

    def _at(self, time_ms: int) -> InForce:
        found = InForce()
        for announced in self.announcements:
            if announced.effective_ms > time_ms:
                break
            found = found.after(_step(announced))
        return found


def steps(announcements: Iterable[Announced], inferred: Mapping[str, int]) -> list[Step]:
    """Return what happened by time; at one time the inferred ones first, then the announcements by id.

    Args:
        announcements: in any order.
        inferred: deployments with the time they were first seen. One that was announced as well, earlier or later, is
            left out: who announces it knows better when it took effect.
    """
    known = _deployed(announcements := list(announcements))
    found = [
        ((time_ms, 0, name), Step(time_ms, name, "deploy", Arm(), "inferred"))
        for name, time_ms in inferred.items()
        if name not in known
    ]
    found += [((one.effective_ms, 1, one.id), _step(one)) for one in announcements]
    return [step for _, step in sorted(found, key=lambda pair: pair[0])]


def _deployed(announcements: Iterable[Announced]) -> set[str]:
    """Return the deployments that were announced to take effect; a rollback says nothing of when that was."""
    return {one.deployment for one in announcements if one.action == "deploy"}


def _step(announced: Announced) -> Step:
    return Step(announced.effective_ms, announced.deployment, announced.action, announced.arm, "announced")


def _content(announced: Announced) -> tuple[int, str, str, Arm]:
    return announced.effective_ms, announced.deployment, announced.action, announced.arm
