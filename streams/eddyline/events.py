"""Events in their normal form: what every input format becomes before anything else happens.

Times are integer milliseconds since 1970-01-01 UTC. An *app* is ``application/environment``, the unit that is judged.
"""

from typing import Literal

import msgspec

from eddyline.assignment import BUCKETS


class Record(msgspec.Struct, frozen=True):
    """A Kafka record as it arrived."""

    topic: str
    partition: int
    offset: int
    value: bytes | None
    key: bytes | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    timestamp_ms: int = 0


class Supplied(msgspec.Struct, frozen=True):
    """A score that the producer computed itself."""

    name: str
    value: float


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """What a user (or a tool, in an agent's loop) asked; ``response`` is preferred to a separate event."""

    id: str
    time_ms: int
    app: str
    prompt: str
    deployment: str | None = None
    user: str | None = None
    session: str | None = None
    turn: Literal["user", "tool"] = "user"
    response: str | None = None
    scores: tuple[Supplied, ...] = ()


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """What a model answered; ``candidate`` is the deployment that answered in shadow, None for production."""

    request_id: str
    time_ms: int
    response: str
    candidate: str | None = None
    scores: tuple[Supplied, ...] = ()


class Feedback(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody said of a response, as a number."""

    request_id: str
    time_ms: int
    name: str
    value: float


class Arm(msgspec.Struct, frozen=True, array_like=True):
    """Which users a deployment is for."""

    kind: Literal["all", "canary", "holdout"] = "all"
    share: float = 1.0
    """Of the users who get it (canary), or who stay with what was there before (holdout)."""
    first: int | None = None
    """First of the buckets that this share is, modulo 1,000, see :mod:`eddyline.assignment`; None: users are not
    assigned by bucket."""

    @property
    def buckets(self) -> int:
        """How many of 1,000 users, or of the buckets, get the deployment.

        >>> Arm("canary", 0.1).buckets, Arm("holdout", 0.1).buckets
        (100, 900)
        """
        named = round(self.share * BUCKETS)
        return {"all": BUCKETS, "canary": named, "holdout": BUCKETS - named}[self.kind]


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """An announcement: from ``time_ms`` on, ``deployment`` is in force for ``app``, or for those in its ``arm``."""

    app: str
    time_ms: int
    deployment: str
    action: Literal["deploy", "rollback", "retire"] = "deploy"
    arm: Arm = Arm()
    id: str


Event = Prompt | Response | Feedback | Deployment
Kind = Literal["prompts", "responses", "shadow-responses", "feedback", "deployments"]
