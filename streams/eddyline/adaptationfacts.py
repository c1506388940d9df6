"""What adaptation events say of an analysis."""

from collections.abc import Sequence
from datetime import date

from eddyline.adaptation.analysis import Analysis
from eddyline.adaptation.estimates import Estimates, Interval, of_term
from eddyline.adaptation.exposure import Z95
from eddyline.adaptation.exposure import Curve as FoundCurve
from eddyline.adaptation.found import Found
from eddyline.adaptation.halflife import Fit
from eddyline.adaptation.terms import Term
from eddyline.features import NAMES
from eddyline.outputs.adaptation import (
    Adaptation,
    Curve,
    CurvePoint,
    Estimate,
    FeatureChange,
    Placebo,
    Shares,
    Terms,
    Tests,
    UserCounts,
)
from eddyline.outputs.cloudevent import rfc3339
from eddyline.outputs.decimals import DECIMALS, rounded

MOST_FEATURES = 5


def of_analysis(app: str, found: Analysis, examples: Sequence[str]) -> Adaptation:
    """Return what is said of an analysis.

    Args:
        app: whose rollout it is.
        found: the analysis.
        examples: ids of prompts to the deployment on the last day, see :func:`rises`.
    """
    estimates = found.found.estimates
    return Adaptation(
        app=app,
        deployment=found.rollout.deployment,
        previous=found.rollout.previous,
        source=found.rollout.source,
        effective=rfc3339(found.rollout.effective_ms),
        day=date.fromordinal(found.look.day).isoformat(),
        days=found.look.t,
        verdict=found.verdict,
        sentence=found.sentence,
        flags=found.flags,
        not_identified=found.not_identified,
        control=found.arms.control,
        arms=found.arms.kind,
        users=_users(found),
        features=[] if estimates is None else _features(estimates),
        excluded=None if estimates is None else rounded(estimates.excluded),
        tests=_tests(found.found),
        terms=_terms(found.found),
        shares=_shares(found.found),
        curve=_curve(found.found),
        placebo=_placebo(found.found),
        examples=list(examples),
    )


def rises(found: Analysis) -> int | None:
    """Return the place of the feature that examples are to have: the leading one, if it is commoner now; else None."""
    estimates = found.found.estimates
    if estimates is None or estimates.leading is None or estimates.value[estimates.leading] <= 0:
        return None
    return estimates.leading


def _users(found: Analysis) -> UserCounts | None:
    estimates = found.found.estimates
    if not any(found.counts) and not found.arms.crossed:
        return None
    return UserCounts(
        treated=found.counts.treated,
        control=found.counts.control,
        effective_treated=0.0 if estimates is None else round(estimates.effective_treated, DECIMALS),
        effective_control=0.0 if estimates is None else round(estimates.effective_control, DECIMALS),
        entered=found.counts.entered,
        left=found.counts.left,
        crossed=found.arms.crossed,
    )


def _features(found: Estimates) -> list[FeatureChange]:
    return [
        FeatureChange(NAMES[place], _share(float(found.before[place])), _estimate(found.interval(place)))
        for place in found.order[:MOST_FEATURES]
    ]


def _tests(found: Found) -> Tests | None:
    facts = found.facts
    if found.estimates is None or facts.control == "none":
        return None
    return Tests(
        style=rounded(facts.style),
        embedding=rounded(facts.embedding),
        sequential=rounded(facts.sequential),
        first_opener=rounded(facts.first_opener),
        staying=rounded(facts.rates),
        exogenous=rounded(facts.exogenous),
        mix=rounded(facts.mix),
    )


def _terms(found: Found) -> Terms | None:
    place = None if found.estimates is None else found.estimates.leading
    if place is None or found.within is None:
        return None
    terms = found.terms
    return Terms(
        feature=NAMES[place],
        total=_term(found.within.total, place),
        adaptation=None if terms is None else _term(terms.adaptation, place),
        selection=None if terms is None else _term(terms.selection, place),
        exogenous=None if terms is None else _term(terms.exogenous, place),
        mix=None if terms is None else _term(terms.mix, place),
        within=_term(found.within.within, place),
        between=_term(found.within.between, place),
    )


def _shares(found: Found) -> Shares | None:
    shares = None if found.along is None else found.along.shares
    if shares is None:
        return None
    adaptation, selection, exogenous, mix = (round(share, DECIMALS) for share in shares)
    return Shares(adaptation=adaptation, selection=selection, exogenous=exogenous, mix=mix)


def _curve(found: Found) -> Curve | None:
    place = None if found.estimates is None else found.estimates.leading
    if place is None or found.curve is None:
        return None
    fit = found.curve.fit
    return Curve(
        feature=NAMES[place],
        points=_points(found.curve),
        plateau=_plateau(fit) if fit is not None and fit.plateau_told else None,
        half_life=_half_life(fit) if fit is not None and fit.half_life_told else None,
    )


def _points(found: FoundCurve) -> list[CurvePoint]:
    return [
        CurvePoint(point.first, point.last, point.users, _estimate(Interval(point.effect, *point.interval)))
        for point in found.points
    ]


def _plateau(fit: Fit) -> Estimate:
    return _estimate(Interval(fit.plateau, fit.plateau - Z95 * fit.error, fit.plateau + Z95 * fit.error))


def _half_life(fit: Fit) -> Estimate:
    return _estimate(Interval(fit.half_life, fit.low, fit.high))


def _placebo(found: Found) -> Placebo | None:
    if found.facts.control != "none" or not found.placebo_days:
        return None
    place = None if found.estimates is None else found.estimates.leading
    width = None if found.band is None or place is None else float(found.band.within[place])
    return Placebo(days=found.placebo_days, half_width=rounded(width), inside=found.facts.usual)


def _term(found: Term, place: int) -> Estimate:
    return _estimate(of_term(found, place))


def _estimate(found: Interval) -> Estimate:
    value, low, high = (round(number, DECIMALS) + 0.0 for number in found)
    return Estimate(value, low, high)


def _share(value: float) -> float:
    return round(min(1.0, max(0.0, value)), DECIMALS)
