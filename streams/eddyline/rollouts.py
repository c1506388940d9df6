"""Rollouts: what an app's deployments mean for its users, from when to when, for whom, after what."""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from eddyline.events import Arm
from eddyline.partials import Announced
from eddyline.timeline import InForce, Step, steps

Ending = Literal["deploy", "rollback", "retire"]


class Wave(NamedTuple):
    """One step of a rollout."""

    effective_ms: int
    arm: Arm


class Rollout(NamedTuple):
    """A deployment as a change that users may adapt to."""

    deployment: str
    previous: str | None
    """What was in force before; None where nothing is known."""
    source: Literal["announced", "inferred"]
    waves: tuple[Wave, ...]
    """By time, at least one; an announcement of the same deployment for more users is a further wave."""
    free_since_ms: int | None
    """When another deployment last took effect or ended before this one; None: none is known."""
    end_ms: int | None
    """When it was followed by another one, rolled back or retired; None while it is in force."""
    ended_by: Ending | None

    @property
    def effective_ms(self) -> int:
        """When it took effect for the first users."""
        return self.waves[0].effective_ms


def rollouts(announcements: Iterable[Announced], inferred: Mapping[str, int], until_ms: int) -> list[Rollout]:
    """Return the rollouts that had begun before ``until_ms``, by time, as it was then: at most the last has no end.

    * The first deployment that was only *inferred* is no rollout: it was there when anybody first looked.
    * The *return* to an old deployment is none either. Its users have met it, and bring the habits that they got from
      the one between: what they do then is not the effect of something new. It ends the rollout, and from there on the
      app is free of deployments. Announced with ``deploy``, an old deployment is a new one: then somebody means it.
    * A deployment that took effect at the same moment as another, and lost, never was one.

    Args:
        announcements: of one app, in any order.
        inferred: its deployments that nobody announced, with the time they were first seen.
        until_ms: later steps are not known yet.
    """
    story = _Story()
    for step in steps(announcements, inferred):
        if step.effective_ms < until_ms:
            story.take(step)
    return story.found + ([story.open] if story.open else [])


class _Story:
    """The steps of an app, one after the other."""

    def __init__(self) -> None:
        self.found: list[Rollout] = []
        self.open: Rollout | None = None
        self._in_force = InForce()
        self._began_ms: int | None = None
        self._changed_ms: int | None = None

    def take(self, step: Step) -> None:
        """Go on by one step."""
        before, self._in_force = self._in_force, self._in_force.after(step)
        if self._is_wave(step):
            self._add_wave(step)
        elif self._in_force != before or step.action == "rollback":
            self._change(step, before)
        self._began_ms = step.effective_ms if self._began_ms is None else self._began_ms

    def _is_wave(self, step: Step) -> bool:
        return self.open is not None and step.action == "deploy" and step.deployment == self.open.deployment

    def _add_wave(self, step: Step) -> None:
        """Add a wave; what says nothing new is none, and of two at one time the last counts."""
        if self.open is None or not step.arm.buckets or step.arm == self.open.waves[-1].arm:
            return
        kept = tuple(wave for wave in self.open.waves if wave.effective_ms < step.effective_ms)
        self.open = self.open._replace(waves=(*kept, Wave(step.effective_ms, step.arm)))

    def _change(self, step: Step, before: InForce) -> None:
        """End what a step ends, and open what it opens."""
        previous, free_since = before.everybody, self._changed_ms
        if self.open and (ending := _ending(step, before, self.open.deployment)):
            if self.open.effective_ms < step.effective_ms:
                self.found.append(self.open._replace(end_ms=step.effective_ms, ended_by=ending))
            else:
                previous, free_since = self.open.previous, self.open.free_since_ms
            self.open = None
        if not self._is_news(step):
            return
        if step.action == "deploy" and step.deployment != before.everybody:
            wave = Wave(step.effective_ms, step.arm)
            self.open = Rollout(step.deployment, previous, step.source, (wave,), free_since, None, None)
        self._changed_ms = step.effective_ms

    def _is_news(self, step: Step) -> bool:
        """Whether anything changed then: what was there when anybody first looked may have been there for long."""
        return step.source == "announced" or (self._began_ms is not None and self._began_ms < step.effective_ms)


def _ending(step: Step, before: InForce, deployment: str) -> Ending | None:
    """Return how a step ends the rollout of ``deployment``: what the others have all the time rolls it back."""
    if step.action == "retire":
        return "retire" if step.deployment == deployment else None
    if step.action == "rollback" or step.deployment == before.everybody:
        return "rollback"
    return "deploy"
