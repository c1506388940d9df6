"""Output events as the tests of the demo need them."""

import msgspec

from eddyline.demo.plan import Plan
from eddyline.outputs.adaptation import Adaptation, Estimate, Terms, Verdict
from eddyline.outputs.cloudevent import rfc3339

PLAN = Plan()


def adaptation(day: str, verdict: Verdict, terms: Terms | None = None) -> Adaptation:
    """Return what is said of the users of the demo's deployment after a day."""
    return Adaptation(
        app="support/production",
        deployment=PLAN.new,
        previous=PLAN.old,
        source="announced",
        effective=rfc3339(PLAN.effective_ms),
        day=day,
        days=1,
        verdict=verdict,
        sentence="Users changed.",
        flags=[],
        not_identified=[],
        control="holdout",
        arms="assigned",
        users=None,
        features=[],
        excluded=None,
        tests=None,
        terms=terms,
        shares=None,
        curve=None,
        placebo=None,
        examples=[],
    )


def event(data: msgspec.Struct) -> bytes:
    """Return an output event with this data."""
    return msgspec.json.encode({"id": "x", "data": data})


def terms_of(feature: str, *values: float, half_width: float) -> Terms:
    """Return the terms adaptation, selection, exogenous and mix with intervals of the same width."""
    total, *four = (Estimate(value, value - half_width, value + half_width) for value in (sum(values), *values))
    within, between = (values[0] + values[2], values[1] + values[3])
    return Terms(
        feature=feature,
        total=total,
        adaptation=four[0],
        selection=four[1],
        exogenous=four[2],
        mix=four[3],
        within=Estimate(within, within, within),
        between=Estimate(between, between, between),
    )
