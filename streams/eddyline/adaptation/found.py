"""What a look finds, with a control (:func:`compared`) and without one (:func:`alone`)."""

from collections.abc import Sequence
from typing import NamedTuple

from eddyline.adaptation.carried import Carried
from eddyline.adaptation.effect import effect
from eddyline.adaptation.estimates import Estimates, of_effect, of_within
from eddyline.adaptation.exposure import Curve, curve
from eddyline.adaptation.first import first_opener
from eddyline.adaptation.looks import WEEK_DAYS
from eddyline.adaptation.placebo import Band, PlaceboDay, band, questions, usable, usual
from eddyline.adaptation.rates import Rates, rates
from eddyline.adaptation.reading import Reading
from eddyline.adaptation.rehash import DRAWS, flipped, rehash
from eddyline.adaptation.settled import settled
from eddyline.adaptation.shares import Along, along
from eddyline.adaptation.study import Changes, Study
from eddyline.adaptation.terms import Terms, Within, arm_terms, terms
from eddyline.adaptation.verdict import Facts


class Found(NamedTuple):
    """What a look finds; None where something could not be estimated, or is not asked."""

    facts: Facts
    """What the verdict depends on."""
    carried: Carried
    """For the next look."""
    estimates: Estimates | None
    """Of each style feature."""
    within: Within | None
    """What the change of the deployment's users is made of, with a control or without."""
    terms: Terms | None = None
    """The same, with a control."""
    along: Along | None = None
    """How much of the change is which term."""
    rates: Rates | None = None
    """Who stayed and who came."""
    curve: Curve | None = None
    """The exposure curve of the leading feature."""
    placebo_days: int = 0
    """Without a control: days on which the comparison could be made while nothing was deployed."""
    band: Band | None = None
    """What it gave then; None with too few of them."""


class Draws(NamedTuple):
    """Of other arms and other signs."""

    salt: int
    """Another one gives others."""
    draws: int = DRAWS


def compared(reading: Reading, carried: Carried, draws: Draws) -> Found:
    """Return what a look at a deployment finds that some users have and some have not."""
    study, changes = reading.study, reading.study.changes()
    own, made, split = effect(changes), terms(study), rates(study, reading.arms.kind)
    of_control = share(study, changes)
    estimates = own and of_effect(study, own)
    families = own and rehash(changes, of_control, *draws)
    after = carried.after(reading.look.t, families)
    facts = Facts(
        control=reading.arms.control,
        treated=int((~changes.control).sum()),
        without=int(changes.control.sum()),
        style=families and families.styles.p,
        embedding=families and families.projected.p,
        sequential=after.p,
        first_opener=first_opener(reading.panel, reading.look, study, of_control, *draws),
        rates=split.p,
        settled=_settled(reading, estimates),
    )
    curve_of = estimates and _curve(reading, estimates)
    found = Found(facts, after, estimates, made and made.treated, rates=split, curve=curve_of)
    if made is None:
        return found
    found = _with_terms(found, study, made)
    # One day of a week says little of what the others were like before.
    return _with_others(found, study, made, changes, draws) if len(reading.look.after) >= WEEK_DAYS else found


def alone(reading: Reading, carried: Carried, history: Sequence[PlaceboDay]) -> Found:
    """Return what a look at a deployment finds that everybody has."""
    study, end = reading.study, reading.look.before.stop
    facts = Facts("none", treated=int((study.treated & study.stayed).sum()), without=0)
    made = arm_terms(study, study.treated)
    days = len(usable(history, end))
    if made is None:
        return Found(facts, carried, None, None, placebo_days=days)
    within, between = made.within, made.between
    weeks = len(reading.look.before) == len(reading.look.after) == WEEK_DAYS
    return Found(
        facts=facts._replace(usual=usual(history, end, within, between) if weeks else None),
        carried=carried,
        estimates=of_within(study, made),
        within=made,
        placebo_days=days,
        band=band(history, end, within.error, between.error, questions(within, between)),
    )


def share(study: Study, changes: Changes) -> float:
    """Return which share of the users is in the control when arms are drawn: the announced one, else the observed."""
    return float(changes.control.mean()) if study.share is None and len(changes.user) else study.share or 0.0


def _with_terms(found: Found, study: Study, made: Terms) -> Found:
    along_it = along(study, made)
    leads = along_it.parts.mix > along_it.parts.exogenous
    return found._replace(facts=found.facts._replace(mix_leads=leads), terms=made, along=along_it)


def _with_others(found: Found, study: Study, made: Terms, changes: Changes, draws: Draws) -> Found:
    """Return the same with whether anything changed without the deployment."""
    mix, exogenous = _mix_p(study, made, draws), _exogenous_p(changes, made, draws)
    return found._replace(facts=found.facts._replace(mix=mix, exogenous=exogenous))


def _mix_p(study: Study, made: Terms, draws: Draws) -> float:
    """Return the p of the mix: influences on it, with random signs."""
    influence = made.mix.influence[study.control]
    return flipped(made.mix.value, influence, study.user[study.control], draws.salt + 1, draws.draws).p


def _exogenous_p(changes: Changes, made: Terms, draws: Draws) -> float:
    """Return the p of the control's own change: changes of its users, with random signs."""
    parts = changes.styles[changes.control] / changes.control.sum()
    return flipped(made.exogenous.value, parts, changes.user[changes.control], draws.salt + 2, draws.draws).p


def _settled(reading: Reading, estimates: Estimates | None) -> bool:
    if estimates is None or estimates.leading is None:
        return False
    value = float(estimates.value[estimates.leading])
    return settled(reading.panel, reading.look, reading.study, estimates.leading, value)


def _curve(reading: Reading, estimates: Estimates) -> Curve | None:
    if estimates.leading is None:
        return None
    return curve(reading.panel, reading.look, reading.study, reading.rollout.deployment, estimates.leading)
