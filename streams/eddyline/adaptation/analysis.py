"""A look at a rollout, from the panel's days to the verdict.

Nothing in it is random, and nothing depends on when or in which order anything arrived: the same days, the same rollout
and the same carried state give the same numbers, here and from exported files.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from eddyline.adaptation.arms import Arms
from eddyline.adaptation.carried import Carried
from eddyline.adaptation.found import Draws, Found, alone, compared
from eddyline.adaptation.looks import Look
from eddyline.adaptation.panel import Panel
from eddyline.adaptation.placebo import PlaceboDay
from eddyline.adaptation.reading import Reading, read
from eddyline.adaptation.sentence import sentence
from eddyline.adaptation.story import story
from eddyline.adaptation.study import Study
from eddyline.adaptation.verdict import not_identified, verdict
from eddyline.outputs.adaptation import Verdict
from eddyline.rollouts import Rollout


class Counts(NamedTuple):
    """Users of the panel."""

    treated: int
    """Of the deployment, there before and after."""
    control: int
    """Without it, there before and after."""
    entered: int
    """Of either arm, there after only."""
    left: int
    """Of either arm, there before only."""


class Analysis(NamedTuple):
    """How the users of a rollout changed, as of the end of a day."""

    rollout: Rollout
    look: Look
    """Which days are in it. After a staged rollout reached everybody they end before that: the estimate stands."""
    arms: Arms
    counts: Counts
    found: Found
    """The numbers."""
    verdict: Verdict
    flags: list[str]
    """Whatever else holds, or limits what is said."""
    not_identified: list[str]
    """Which parts cannot be told, and why."""
    sentence: str
    """The verdict, for a person."""
    carried: Carried
    """For the next day."""


def analyse(
    rollout: Rollout, panel: Panel, history: Sequence[PlaceboDay], day: int, carried: Carried, zone: ZoneInfo
) -> Analysis:
    """Return how the users of a rollout changed.

    Args:
        rollout: what was deployed.
        panel: the days of the app's panel; each is asked for once.
        history: the app's placebo days, for when there is nobody to compare with.
        day: the last day to look at, one of :func:`~eddyline.adaptation.looks.followed`.
        carried: from the look before; says how many draws of other arms there are.
        zone: where a day begins.
    """
    reading = read(rollout, panel, day, zone)
    if reading.arms.control == "none":
        found = alone(reading, carried, history)
    else:
        found = compared(reading, carried, Draws(_salt(rollout), carried.draws))
    name, flags = verdict(found.facts)
    return Analysis(
        rollout=rollout,
        look=reading.look,
        arms=reading.arms,
        counts=_counts(reading.study),
        found=found,
        verdict=name,
        flags=flags + _limits(reading),
        not_identified=not_identified(found.facts, reading.arms.kind, reading.arms.reason),
        sentence=sentence(name, found.facts, story(reading, found)),
        carried=found.carried,
    )


def _salt(rollout: Rollout) -> int:
    name = f"{rollout.deployment}\0{rollout.effective_ms}".encode(errors="surrogatepass")
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest())


def _counts(study: Study) -> Counts:
    compared_with, stayed = study.treated | study.control, study.stayed
    masks = (
        study.treated & stayed,
        study.control & stayed,
        compared_with & study.after.active & ~stayed,
        compared_with & study.before.active & ~stayed,
    )
    return Counts(*(int(np.count_nonzero(mask)) for mask in masks))


def _limits(reading: Reading) -> list[str]:
    found = []
    if not reading.look.before:
        found.append("no whole week without another deployment before it is known")
    if reading.lost:
        found.append(f"records of {reading.lost} of the days are lost")
    if reading.everybody is not None:
        found.append(f"{reading.everybody}: the estimate is of the days before that")
    return found
