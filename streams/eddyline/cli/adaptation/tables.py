"""A report as tables: the same for the terminal and for the page, where they stand beside the plots."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from eddyline.adaptation.eventstudy import EventStudy, Period
from eddyline.adaptation.replayed import Difference, Split
from eddyline.cli.adaptation.report import Report, Said
from eddyline.cli.adaptation.words import NOTHING, interval, number, points, probability, share, span
from eddyline.cli.screen import Row
from eddyline.features import PHRASES
from eddyline.outputs.adaptation import (
    Adaptation,
    Curve,
    Estimate,
    FeatureChange,
    Placebo,
    Shares,
    Terms,
    Tests,
    UserCounts,
)

FEATURES, MADE_OF, EXPOSURE, AROUND = (
    "Features",
    "What the change is made of",
    "Effect by exposure",
    "Around the deployment",
)
"""Titles of the parts that have a plot."""
TERMS = {
    "total": "all users after, against all users before",
    "adaptation": "within users, because of the deployment",
    "selection": "who came or left because of it",
    "exogenous": "within users, would have come anyway",
    "mix": "who came or left anyway",
    "within": "adaptation and exogenous together",
    "between": "selection and mix together",
}
TESTS = {
    "style": "any style feature changed because of the deployment, at this look alone",
    "embedding": "the embeddings moved because of it, at this look alone",
    "sequential": "one of the two, with daily looks allowed for",
    "first_opener": "the arms differ before anybody saw an answer",
    "staying": "the arms differ in how many users stayed or came",
    "exogenous": "users changed anyway",
    "mix": "the mix of users changed anyway",
}


class Told(NamedTuple):
    """A part of a report."""

    title: str
    rows: Sequence[Row]
    """All with the same keys."""
    notes: Sequence[str] = ()
    """Sentences below the table."""


def tables(report: Report) -> Iterator[Told]:
    """Return a report as tables, in the order in which they matter; what there is nothing of is left out."""
    found = report.found
    if found.users:
        yield users(found.users)
    if found.features:
        yield changed(found)
    if found.terms:
        yield terms(found.terms, found.shares)
    if found.tests:
        yield tests(found.tests)
    if found.curve:
        yield curve(found.curve)
    if found.placebo:
        yield placebo(found.placebo)
    if report.study:
        yield event_study(report.study, report.study.weeks)
    for scorer, split in report.splits.items():
        yield replayed(scorer, split)
    yield verdicts(report.course)


def users(counts: UserCounts) -> Told:
    """Return who the estimates rest on."""
    rows = [
        _arm("with the deployment", counts.treated, counts.effective_treated),
        _arm("control", counts.control, counts.effective_control),
    ]
    notes = [f"{counts.entered} came after the deployment, {counts.left} did not come back."]
    if counts.crossed:
        notes.append(f"{counts.crossed} were seen in both arms: each is in that of his bucket, or in neither.")
    return Told("Users", rows, notes)


def _arm(name: str, stayed: int, effective: float) -> Row:
    return {"users who stayed": name, "users": stayed, "as sure as equally active": f"{effective:.0f}"}


def changed(found: Adaptation) -> Told:
    """Return the features that changed the surest."""
    against = "against the control" if found.control != "none" else "within users, whatever its cause"
    notes = [f"Effects are {against}, in points of the share, with 95 % intervals of each for itself."]
    if found.excluded is not None:
        notes.append(f"Larger than {points(found.excluded).lstrip('+')} points either way is excluded for the first.")
    return Told(FEATURES, [_feature(change) for change in found.features], notes)


def _feature(change: FeatureChange) -> Row:
    return {
        "feature": change.feature,
        "prompts that": PHRASES.get(change.feature, NOTHING),
        "before": share(change.before),
        **_estimate(change.effect),
    }


def _estimate(estimate: Estimate | None, absent: str = NOTHING) -> Row:
    return {"effect in points": points(estimate.value) if estimate else absent, "95 % interval": interval(estimate)}


def terms(found: Terms, shares: Shares | None) -> Told:
    """Return what the change is made of."""
    rows = [_term(name, getattr(found, name), getattr(shares, name, None)) for name in TERMS]
    sums = "adaptation + selection + exogenous + mix" if found.adaptation else "within + between"
    notes = [f"Of {found.feature}, every user counting alike; total = {sums}."]
    if shares is None:
        notes.append("Shares of all change are not told: it does not stand out of its noise, or has unknown parts.")
    return Told(MADE_OF, rows, notes)


def _term(name: str, estimate: Estimate | None, part: float | None) -> Row:
    told = {"term": name, **_estimate(estimate, "not identified")}
    return told | {"of all change": share(part), "which is": TERMS[name]}


def tests(found: Tests) -> Told:
    """Return the tests."""
    rows = [{"test": name, "p": probability(getattr(found, name)), "that by chance": TESTS[name]} for name in TESTS]
    return Told("Tests", rows, ["Probabilities of something as large where there is nothing."])


def curve(found: Curve) -> Told:
    """Return the exposure curve."""
    rows = [
        {"prompts seen before": span(point.first, point.last), "users": point.users, **_estimate(point.effect)}
        for point in found.points
    ]
    notes = [f"Of {found.feature}, for users who were active before the deployment."]
    if found.plateau:
        notes.append(f"It tends to {points(found.plateau.value)} points ({interval(found.plateau)}).")
    if found.half_life:
        half = found.half_life
        notes.append(f"Half of it is reached after {half.value:.1f} prompts ({half.low:.1f} to {half.high:.1f}).")
    else:
        notes.append("How many prompts it takes cannot be told.")
    return Told(EXPOSURE, rows, notes)


def placebo(found: Placebo) -> Told:
    """Return what the same comparison gave without a deployment."""
    inside = {None: "cannot be told", True: "yes", False: "no"}[found.inside]
    band = NOTHING if found.half_width is None else f"0 ± {points(found.half_width).lstrip('+')}"
    row = {"days without a deployment": found.days, "band in points": band, "all change inside": inside}
    return Told("Placebo", [row], ["Within the band a change within users is nothing unusual."])


def event_study(study: EventStudy, periods: Iterable[Period]) -> Told:
    """Return the effect by day or week."""
    against = "against the control" if study.has_control else "within users, whatever its cause"
    rows = [
        {
            "from": date.fromordinal(period.first).isoformat(),
            "to": date.fromordinal(period.last).isoformat(),
            "users": period.treated,
            "control": period.control,
            **_estimate(period.effect),
        }
        for period in periods
    ]
    return Told(AROUND, rows, [f"Of {study.feature}, {against}; each user against his own before."])


def replayed(scorer: str, split: Split) -> Told:
    """Return how the change of a score splits."""
    rows = [
        _part("total", split.total, "prompts of after on the new model, against those of before on the old one"),
        _part("model effect", split.model, "the same prompts, on the new model and on the old one"),
        _part("adaptation effect", split.adaptation, "prompts of after against those of before, on the new model"),
    ]
    means = f"{number(split.before)} before, {number(split.replayed)} replayed, {number(split.after)} after"
    prompts = f"{split.paired} of {split.users_before} users before, {split.later} of {split.users_after} after"
    notes = [f"Means: {means}. Prompts: {prompts}."]
    if split.unpaired:
        notes.append(f"{split.unpaired} prompts of before were not replayed and are left out.")
    if split.total.error is None:
        notes.append("There are no intervals: they take two users before and two after.")
    return Told(f"Replayed: {scorer}", rows, notes)


def _part(name: str, found: Difference, meaning: str) -> Row:
    ends = NOTHING if found.low is None else f"{number(found.low)} to {number(found.high)}"
    return {"part": name, "change": number(found.value), "95 % interval": ends, "which is": meaning}


def verdicts(said: Sequence[Said]) -> Told:
    """Return when the verdict became what."""
    return Told("Verdicts", [{"as of": each.day, "verdict": each.verdict} for each in said])


def about(found: Adaptation) -> Mapping[str, object]:
    """Return what a report is about."""
    return {
        "app": found.app,
        "deployment": found.deployment,
        "before it": found.previous,
        "known": found.source,
        "took effect": found.effective,
        "as of": f"{found.day}, {found.days} whole days after",
        "control": found.control,
        "arms": found.arms,
    }
