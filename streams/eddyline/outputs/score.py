"""Score events: one per response and scorer, on ``eddyline.scores.v1``."""

import msgspec

from eddyline.outputs.cloudevent import Output, cloud_event, identifier

TYPE = "score.v1"


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """What a scorer says of one response."""

    app: str
    deployment: str | None
    candidate: str | None
    """The deployment that answered in shadow; null for production."""
    request_id: str
    ts: str
    """Time of the response."""
    scorer: str
    scorer_version: str
    value: float
    sample_rate: float
    """Share of responses that this scorer looks at."""
    space_id: str
    """The embedding space in which the score was computed."""


def score_id(request_id: str, scorer: str, version: str, candidate: str | None, occasion: str = "") -> str:
    """Return the identifier of a score; ``occasion`` tells repeated feedback apart."""
    return identifier(request_id, scorer, version, candidate or "", occasion)


def score_output(topic: str, id_: str, time_ms: int, score: Score) -> Output:
    """Return the record of a score event, keyed by request id."""
    return cloud_event(
        topic=topic, key=score.request_id, type_=TYPE, source="encode", id_=id_, time_ms=time_ms, data=score
    )
