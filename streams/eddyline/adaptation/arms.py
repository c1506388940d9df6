"""Who has the deployment and who has not: the arms of a rollout, as announced, or else as the traffic shows them.

Arms by bucket are trusted as far as the traffic bears them out: they are what everybody was *assigned* to, also those
who never came back. Arms that are only *observed* rest on what users came back to, and of those who did not come back
they know nothing.
"""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eddyline.assignment import BUCKETS
from eddyline.events import Arm
from eddyline.outputs.cloudevent import rfc3339
from eddyline.rollouts import Rollout, Wave

MOST_CONTRADICTING = 0.02
"""Share of the users whose bucket says one arm and whose prompts all say the other, up to which buckets are trusted."""
MOST_CROSSED = 0.05
"""Share of the users that used both arms, up to which there are arms at all."""
LEAST_OTHER = 0.01
"""Share of the prompts to other deployments from which on a rollout that was announced for all was none."""

Mask = NDArray[np.bool_]


class Usage(NamedTuple):
    """What ``u`` users did: all who wrote before or after the change. Prompts are those of whole days after it."""

    user: NDArray[np.uint64]
    """``(u,)`` ranks, ascending."""
    bucket: NDArray[np.int64]
    """``(u,)``, see :mod:`eddyline.assignment`; below 0 where it is not known."""
    own: NDArray[np.int64]
    """``(u,)`` prompts that name the deployment."""
    other: NDArray[np.int64]
    """``(u,)`` prompts that name another one."""
    unnamed: NDArray[np.int64]
    """``(u,)`` prompts that name none."""
    before: Mask
    """``(u,)`` whether they wrote before the change."""


class Arms(NamedTuple):
    """The arms of ``u`` users."""

    kind: Literal["assigned", "observed", "none"]
    """By the users' buckets, by what they used, or there are none."""
    control: Literal["holdout", "staged", "none"]
    """Who is compared with: those without the deployment, those whom no wave has reached yet, nobody."""
    user: NDArray[np.uint64]
    """``(u,)`` ranks, ascending."""
    treated: Mask
    """``(u,)`` who has it. Without a control everybody."""
    control_mask: Mask
    """``(u,)`` who has it not. Whoever left, and whose arm nobody knows, is in both; whoever is in neither, is not
    compared."""
    crossed: int
    """How many used both. They stay in the arm that they were assigned to; where arms are observed they are in none."""
    share: float | None
    """Share of the control among both arms, as announced; None where nothing was."""
    reason: str | None
    """Why the arms are not what was announced, or why there are none; None where everybody simply got it."""
    checked: int = 0
    """How many assigned users name their deployments, so that their buckets were held against them."""
    everybody_ms: int | None = None
    """Since when everybody has it, if others had it before; None while somebody is without it."""


def arms_of(rollout: Rollout, usage: Usage, day_end_ms: int) -> Arms:
    """Return the arms as of the end of a day: waves that take effect later are not known, those for nobody are none."""
    waves = [wave for wave in rollout.waves if wave.effective_ms < day_end_ms and wave.arm.buckets]
    partial = [wave for wave in waves if wave.arm.buckets < BUCKETS]
    if partial and (since := next((wave for wave in waves if wave.arm.buckets == BUCKETS), None)):
        return _everybody(usage, since)
    if not partial:
        return _undeclared(usage)
    if any(wave.arm.first is None for wave in partial):
        return _observed(usage, _declared_share(partial))
    return _by_bucket(partial, usage)


def reached(arm: Arm) -> Mask:
    """Return which of the 1,000 buckets get the deployment; of an arm that is no range of buckets every one.

    >>> int(reached(Arm("holdout", 0.2, 900)).sum()), bool(reached(Arm("holdout", 0.2, 900))[50])
    (800, False)
    """
    if arm.kind == "all" or arm.first is None:
        return np.ones(BUCKETS, np.bool_)
    named = (np.arange(BUCKETS) - arm.first) % BUCKETS < round(arm.share * BUCKETS)
    return named if arm.kind == "canary" else ~named


def _by_bucket(waves: list[Wave], usage: Usage) -> Arms:
    """Return the arms by bucket: reached by every wave, or by none; users of the waves between are in neither."""
    reaches = np.array([reached(wave.arm) for wave in waves])
    every, none = np.logical_and.reduce(reaches), ~np.logical_or.reduce(reaches)
    if not none.any():
        return _everybody(usage, _last_needed(waves, reaches))
    treated, control = (usage.bucket >= 0) & every[usage.bucket], (usage.bucket >= 0) & none[usage.bucket]
    if not (treated | control).any():
        return _observed(usage, None, "no user's bucket is known")
    named = (treated | control) & (usage.own + usage.other > 0)
    wrong = int((named & np.where(treated, usage.own == 0, usage.other == 0)).sum())
    checked, crossed = int(named.sum()), int((named & (usage.own > 0) & (usage.other > 0)).sum())
    if wrong > MOST_CONTRADICTING * checked:
        return _observed(usage, None, f"{wrong} of {checked} users contradict their bucket")
    if crossed > MOST_CROSSED * checked:
        return _no_arms(usage, _both(crossed, checked), crossed)
    share = float(none.sum() / (none.sum() + every.sum()))
    kind: Literal["holdout", "staged"] = "staged" if len(waves) > 1 else "holdout"
    return Arms("assigned", kind, usage.user, treated, control, crossed, share, None, checked)


def _last_needed(waves: list[Wave], reaches: Mask) -> Wave:
    """Return the wave with which everybody was reached."""
    return waves[int(np.logical_or.accumulate(reaches).all(axis=1).argmax())]


def _undeclared(usage: Usage) -> Arms:
    """Return the arms of a rollout for all: there are some only if somebody was left out unsaid."""
    others, prompts = int(usage.other.sum()), int((usage.own + usage.other + usage.unnamed).sum())
    if others < LEAST_OTHER * prompts or not others:
        return _no_arms(usage, None)
    return _observed(usage._replace(own=usage.own + usage.unnamed), None)


def _observed(usage: Usage, share: float | None, reason: str | None = None) -> Arms:
    """Return the arms by what users came back to."""
    own, other = usage.own > 0, usage.other > 0
    if not own.any() or not other.any():
        missing = "another deployment" if own.any() else "the deployment"
        return _no_arms(usage, "; ".join(filter(None, (reason, f"no prompt names {missing}"))))
    crossed, named = int((own & other).sum()), int((own | other).sum())
    if crossed > MOST_CROSSED * named:
        return _no_arms(usage, _both(crossed, named), crossed)
    left = usage.before & (usage.own + usage.other + usage.unnamed == 0)
    treated, control = own & ~other | left, other & ~own | left
    return Arms("observed", "holdout", usage.user, treated, control, crossed, share, reason)


def _declared_share(waves: list[Wave]) -> float | None:
    """Return the control's share of one wave; of several, some users are in neither arm, and nobody said how many."""
    if len(waves) > 1:
        return None
    return (BUCKETS - waves[0].arm.buckets) / BUCKETS


def _both(crossed: int, users: int) -> str:
    return f"users are not assigned to one arm: {crossed} of {users} users used both"


def _everybody(usage: Usage, wave: Wave) -> Arms:
    found = _no_arms(usage, f"everybody has it since {rfc3339(wave.effective_ms)}")
    return found._replace(everybody_ms=wave.effective_ms)


def _no_arms(usage: Usage, reason: str | None, crossed: int = 0) -> Arms:
    everybody = np.ones(len(usage.user), np.bool_)
    return Arms("none", "none", usage.user, everybody, ~everybody, crossed, None, reason)
