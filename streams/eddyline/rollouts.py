"""Rollouts: what an app's deployments mean for its users, from when to when, for whom, after what."""

from typing import Literal, NamedTuple

from eddyline.events import Arm


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
    ended_by: Literal["deploy", "rollback", "retire"] | None

    @property
    def effective_ms(self) -> int:
        """When it took effect for the first users."""
        return self.waves[0].effective_ms
