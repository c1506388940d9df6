"""Native events, version 1, as they are written: the JSON objects of the input topics. Unknown fields are ignored.

The JSON Schemas of the inputs are generated from these structs (:mod:`eddyline.inputs.schema`).
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

MOST_SCORES = 32

Id = Annotated[str, Meta(min_length=1, max_length=512)]
Name = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f/]*$(?!\n)")]
"""No slash, since an app is written ``application/environment``. A ``$`` alone would allow a newline at the end."""
Label = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
Number = Annotated[float, Meta(ge=-1000, le=1000)]
Time = Annotated[Any, Meta(extra_json_schema={"type": ["string", "number"]})]
"""Checked by :func:`eddyline.inputs.times.parse_time`."""


class ScoreV1(msgspec.Struct, kw_only=True):
    """A score that the producer computed itself."""

    name: Label
    """Name of the scorer."""
    value: Number
    """Its value."""


Scores = Annotated[list[ScoreV1], Meta(max_length=MOST_SCORES)]


class PromptV1(msgspec.Struct, kw_only=True):
    """What a user, or a tool in an agent's loop, asked a model."""

    prompt: str
    """The last user message, not the whole conversation."""
    ts: Time
    """When it was asked: RFC 3339 with an offset, or seconds or milliseconds since 1970."""
    id: Id | None = None
    """Identifies the request; responses and feedback refer to it. Without it, repetitions cannot be recognised."""
    app: Name | None = None
    """The application; from the settings where it is absent."""
    environment: Name | None = None
    """Where the application runs; from the settings where it is absent."""
    deployment: Label | None = None
    """The deployment that answered; where it is absent, the one announced for the time."""
    user: Id | None = None
    """Who asked. Only a keyed pseudonym of it is kept; where it is absent, the session stands in."""
    session: Id | None = None
    """The conversation. Only a keyed pseudonym of it is kept."""
    turn: Literal["user", "tool"] | None = None
    """Who spoke last before the model: `user` where it is absent."""
    response: str | None = None
    """What the model answered: the preferred way, both in one event."""
    scores: Scores | None = None
    """Scores that the producer computed itself."""


class ResponseV1(msgspec.Struct, kw_only=True):
    """What a model answered, where it is not in the event of its prompt."""

    request_id: Id
    """The `id` of the prompt."""
    ts: Time
    """When it was answered."""
    response: str
    """The text."""
    scores: Scores | None = None
    """Scores that the producer computed itself."""


class ShadowResponseV1(ResponseV1, kw_only=True):
    """What a candidate model answered to the same prompt, unseen by the user."""

    candidate: Label
    """The deployment that answered in shadow."""


class FeedbackV1(msgspec.Struct, kw_only=True):
    """What a user or a reviewer said of a response, as a number."""

    request_id: Id
    """The `id` of the prompt."""
    ts: Time
    """When it was said."""
    name: Label
    """What was asked or measured, like `thumbs`."""
    value: Number
    """The answer as a number."""


Share = Annotated[float, Meta(ge=0, le=1)]
Bucket = Annotated[int, Meta(ge=0, le=999)]


class AllV1(msgspec.Struct, kw_only=True, tag_field="kind", tag="all"):
    """Every user gets it."""


class CanaryV1(msgspec.Struct, kw_only=True, tag_field="kind", tag="canary"):
    """A share of the users gets it."""

    share: Share
    """That share."""
    first: Bucket | None = None
    """First of the buckets that are this share, where users are assigned by bucket: see operations.md."""


class HoldoutV1(msgspec.Struct, kw_only=True, tag_field="kind", tag="holdout"):
    """A share of the users stays with what was there before."""

    share: Share
    """That share."""
    first: Bucket | None = None
    """First of the buckets that are this share, where users are assigned by bucket: see operations.md."""


class DeploymentV1(msgspec.Struct, kw_only=True):
    """An announcement: from a time on, a deployment is in force for an app."""

    app: Name
    """The application."""
    deployment: Label
    """What is deployed."""
    effective_at: Time
    """From when on: at most a year ahead."""
    environment: Name | None = None
    """Where the application runs; from the settings where it is absent."""
    action: Literal["deploy", "rollback", "retire"] | None = None
    """What happens to it: `deploy` where it is absent."""
    model: Label | None = None
    """What it is made of: for whoever reads the topic, Eddyline does not."""
    arm: AllV1 | CanaryV1 | HoldoutV1 | None = None
    """Which users it is for: all of them where it is absent."""
    id: Id | None = None
    """Identifies the announcement; repeating it changes nothing."""
