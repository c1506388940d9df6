"""Adaptation events: how users changed because of a deployment, once a local day, on ``eddyline.adaptation.v1``."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from eddyline.outputs.cloudevent import Count, Output, Time, cloud_event, identifier

TYPE = "adaptation.v1"
SOURCE = "judge"
Verdict = Literal[
    "insufficient data",
    "not identified",
    "none detected",
    "adapting",
    "adapted",
    "selection",
    "mix changed",
    "exogenous",
]
Control = Literal["holdout", "staged", "none"]
Arms = Literal["assigned", "observed", "none"]
Share = Annotated[float, Meta(ge=0, le=1)]
Probability = Annotated[float, Meta(ge=0, le=1)]


class Estimate(msgspec.Struct, frozen=True):
    """An estimate with its 95 % interval."""

    value: float
    """The estimate."""
    low: float
    """Lower end of the interval."""
    high: float
    """Upper end of the interval."""


class FeatureChange(msgspec.Struct, frozen=True):
    """How often a style feature is there because of the deployment, against how often it would be without it."""

    feature: str
    """Its name."""
    before: Share
    """Share of the treated users' openers that had it before."""
    effect: Estimate
    """Change of that share because of the deployment; without a control, change within users, whatever its cause."""


class UserCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Who the estimates rest on: panel users with openers before and after."""

    treated: Count
    """Users of the deployment who were there before."""
    control: Count
    """Users without it who were there before and stayed."""
    effective_treated: float
    """How many equally active users would be as sure as these."""
    effective_control: float
    """The same of the control."""
    entered: Count
    """Users who came after the deployment."""
    left: Count
    """Users of before who did not come back."""
    crossed: Count
    """Users who were seen in both arms: those of a known bucket are in its arm, others in neither."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What the users' change in one feature is made of; the terms add up to the total. Every user counts alike."""

    feature: str
    """The feature, the one whose share changed the surest."""
    total: Estimate
    """All users of the deployment after, against all users before."""
    adaptation: Estimate | None
    """Within users, because of the deployment; null where it is not identified."""
    selection: Estimate | None
    """Who came or left because of it; null where it is not identified."""
    exogenous: Estimate | None
    """Within users, would have come anyway; null where it is not identified."""
    mix: Estimate | None
    """Who came or left anyway; null where it is not identified."""
    within: Estimate
    """Within users, whatever the cause: adaptation and exogenous."""
    between: Estimate
    """Who came or left, whatever the cause: selection and mix."""


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """Shares of the change in all style features together; they add up to 1, and one may be negative."""

    adaptation: float
    """Within users, because of the deployment."""
    selection: float
    """Who came or left because of it."""
    exogenous: float
    """Within users, would have come anyway."""
    mix: float
    """Who came or left anyway."""


class Tests(msgspec.Struct, frozen=True, kw_only=True):
    """Probabilities of something as large where there is nothing; null where a test could not be made."""

    style: Probability | None
    """Any style feature changed because of the deployment: users' arms drawn anew, at this look alone."""
    embedding: Probability | None
    """The prompts' embeddings moved because of the deployment, at this look alone."""
    sequential: Probability | None
    """The smallest level at which the two were rejected at any look until now: it allows for looking every day."""
    first_opener: Probability | None
    """The arms differ before anybody saw an answer: what is then seen is not adaptation."""
    staying: Probability | None
    """The arms differ in how many users stayed or came."""
    exogenous: Probability | None
    """Users changed anyway."""
    mix: Probability | None
    """The mix of users changed anyway."""


class CurvePoint(msgspec.Struct, frozen=True):
    """The effect on users who had sent so many prompts to the deployment."""

    first: Count
    """Prompts that they had sent before, at least."""
    last: Count
    """At most."""
    users: Count
    """Users of the deployment in this point."""
    effect: Estimate
    """Change of the feature's share because of the deployment."""


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """How the effect grows with what a user has seen of the deployment, for users who were active before it."""

    feature: str
    """The feature."""
    points: list[CurvePoint]
    """By exposure."""
    plateau: Estimate | None
    """What the effect tends to; null where it is not sure."""
    half_life: Estimate | None
    """Prompts until half of it is reached; null where it cannot be told."""


class Placebo(msgspec.Struct, frozen=True, kw_only=True):
    """What the same comparison gave at days without any deployment."""

    days: Count
    """Such days."""
    half_width: float | None
    """So far from zero the change within users is nothing unusual; null with too few days."""
    inside: bool | None
    """Whether everything that changed lies within such bands; null with too few days."""


class Adaptation(msgspec.Struct, frozen=True, kw_only=True):
    """How the users of a deployment changed, as known after a local day. Only openers of sessions are compared."""

    app: str
    """The app."""
    deployment: str
    """What was deployed."""
    previous: str | None
    """What was in force before; null where that is unknown."""
    source: Literal["announced", "inferred"]
    """Whether it was announced, or seen in the traffic."""
    effective: Time
    """When it took effect."""
    day: str
    """The last local day that is in the estimates."""
    days: Count
    """Whole local days since it took effect."""
    verdict: Verdict
    """The first that holds, in this order."""
    sentence: str
    """The same, for a person."""
    flags: list[str]
    """Whatever else holds, or limits what is said."""
    not_identified: list[str]
    """Which parts cannot be told, and why."""
    control: Control
    """Who the users are compared with: held out for good, not yet reached, nobody."""
    arms: Arms
    """How the arms are known: by the users' buckets, by what they used, not at all."""
    users: UserCounts | None
    """Who the estimates rest on; null where there are none."""
    features: list[FeatureChange]
    """The features that changed the surest, at most five, the surest first."""
    excluded: float | None
    """Changes of the surest feature's share larger than this are excluded; null where nothing is."""
    tests: Tests | None
    """What the verdict rests on; null where nothing could be estimated."""
    terms: Terms | None
    """What the change is made of; null where nothing could be estimated."""
    shares: Shares | None
    """Shares of all change; null where it does not stand out of its noise, or its parts are not identified."""
    curve: Curve | None
    """The exposure curve; null without a control, or with too few active users."""
    placebo: Placebo | None
    """The placebo band; null where there are no such days."""
    examples: list[str]
    """Up to five ids of prompts to the deployment on the last day; with the surest feature, if it is commoner now."""


def adaptation_output(topic: str, found: Adaptation, end_ms: int) -> Output:
    """Return the record of an adaptation event, keyed by app; ``end_ms`` is the end of its last day."""
    return cloud_event(
        topic=topic,
        key=found.app,
        type_=TYPE,
        source=SOURCE,
        id_=identifier(found.app, found.deployment, found.effective, found.day, found.verdict),
        time_ms=end_ms,
        data=found,
    )
