"""What is decided of a simulated world at one look on day 14: the facts, as the analysis puts them together."""

from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from benchmarks.adaptation.paneled import change_day, panel_days, rollout
from benchmarks.adaptation.prompts import PLANTED
from benchmarks.adaptation.runs import AFTER, BEFORE
from benchmarks.adaptation.world import World

from eddyline.adaptation.effect import Effect, effect
from eddyline.adaptation.first import first_opener
from eddyline.adaptation.looks import look
from eddyline.adaptation.panel import Days
from eddyline.adaptation.rates import rates
from eddyline.adaptation.rehash import flipped, rehash
from eddyline.adaptation.settled import settled
from eddyline.adaptation.shares import shares
from eddyline.adaptation.study import Study
from eddyline.adaptation.terms import Terms, terms
from eddyline.adaptation.verdict import Facts

UTC = ZoneInfo("UTC")


class Decided(NamedTuple):
    """A look on day 14."""

    facts: Facts
    excluded: float
    """Changes of the planted feature larger than this are excluded."""
    surest: bool
    """Whether the planted feature alone changed for sure, at .05."""


def decide(world: World, salt: int, draws: int) -> Decided | None:
    """Return what is known after two weeks; None where an arm has fewer than two users."""
    study = world.study(BEFORE, AFTER)
    found, parts = effect(study.changes()), terms(study)
    if found is None or parts is None:
        return None
    facts = _facts(world, study, found, parts, (salt, draws))
    alone = abs(float(found.value[PLANTED])) > float(found.margin[PLANTED])
    return Decided(facts, float(found.excluded[PLANTED]), alone)


def _facts(world: World, study: Study, found: Effect, parts: Terms, chance: tuple[int, int]) -> Facts:
    panel = Days(panel_days(world))
    seen = look(rollout(world), change_day() + len(AFTER) - 1, panel.known(), UTC)
    assert study.share is not None
    changes = study.changes()
    own = changes.styles[changes.control]
    families = rehash(changes, study.share, *chance)
    leading = int(np.abs(found.t).argmax())
    split = shares(study, parts)
    return Facts(
        control="holdout",
        treated=int((study.stayed & study.treated).sum()),
        without=int((study.stayed & study.control).sum()),
        usual=None,
        first_opener=first_opener(panel, seen, study, study.share, *chance),
        style=families.styles.p,
        embedding=families.projected.p,
        sequential=None,
        settled=settled(panel, seen, study, leading, float(found.value[leading])),
        rates=rates(study, "assigned").p,
        mix=flipped(parts.mix.value, parts.mix.influence, study.user, *chance).p,
        exogenous=flipped(own.sum(axis=0), own, changes.user[changes.control], *chance).p,
        mix_leads=split is not None and split.mix > split.exogenous,
    )
