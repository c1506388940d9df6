"""Score events: one per response and scorer, on ``eddyline.scores.v1``."""

from typing import Annotated

import msgspec
from msgspec import Meta

from eddyline.outputs.cloudevent import Output, Time, cloud_event, identifier

TYPE = "score.v1"
SOURCE = "encode"
Rate = Annotated[float, Meta(gt=0, le=1)]


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """What a scorer says of one response."""

    app: str
    """Application and environment: `support/production`."""
    deployment: str | None
    """The deployment that the prompt's event names; null where it names none."""
    candidate: str | None
    """The deployment that answered in shadow; null for production."""
    request_id: str
    """The `id` of the prompt."""
    ts: Time
    """Time of the response, or of the feedback."""
    scorer: str
    """Name of the scorer, of the feedback, or of the score that the producer supplied."""
    scorer_version: str
    """Scores of two versions are not comparable; `supplied` and `feedback` for scores that are not Eddyline's."""
    value: float
    """The score, in steps of 1/10,000."""
    sample_rate: Rate
    """Share of responses that this scorer looks at."""
    space_id: str
    """The embedding space in which the score was computed."""


def score_id(request_id: str, scorer: str, version: str, candidate: str | None, occasion: str = "") -> str:
    """Return the identifier of a score; ``occasion`` tells repeated feedback apart."""
    return identifier(request_id, scorer, version, candidate or "", occasion)


def score_output(topic: str, id_: str, time_ms: int, score: Score) -> Output:
    """Return the record of a score event, keyed by request id."""
    return cloud_event(
        topic=topic, key=score.request_id, type_=TYPE, source=SOURCE, id_=id_, time_ms=time_ms, data=score
    )
