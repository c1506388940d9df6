"""Where a prompt meets what is said of it later: its response, shadow responses, feedback.

Each side writes its *half* under the request id and reads what is there; in whatever order the halves come, and however
often, the last one to come sees both. Halves hold vectors and numbers, never text. What never meets is counted.
As halves are read by workers of the next version too, each carries the version of its format.
"""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from eddyline import versions
from eddyline.outputs.score import score_id
from eddyline.scorers import SCORERS, Interaction, to_fixed

VERSION = 1
PROMPT = "p"
"""Name of the prompt among the halves of its request."""
FixedScore = tuple[str, str, int]
"""(scorer, version, value in units of 1/10,000)."""


class PromptHalf(msgspec.Struct, frozen=True, array_like=True, tag="p"):
    """A prompt that waits for responses and feedback."""

    request_id: str
    app: str
    deployment: str
    user: bytes
    vector: bytes
    space_id: str
    answered: bool
    """The prompt's own event held the response; a separate one would be a repetition."""


class ResponseHalf(msgspec.Struct, frozen=True, array_like=True, tag="r"):
    """A response that waits for its prompt, with the scores that need no prompt."""

    request_id: str
    time_ms: int
    candidate: str | None
    vector: bytes
    space_id: str
    scores: list[FixedScore]


class FeedbackHalf(msgspec.Struct, frozen=True, array_like=True, tag="f"):
    """Feedback that waits for its prompt."""

    request_id: str
    time_ms: int
    name: str
    value: int


Half = PromptHalf | ResponseHalf | FeedbackHalf


class JoinedScore(NamedTuple):
    """A score with everything that is known of its interaction."""

    id: str
    time_ms: int
    app: str
    deployment: str
    user: bytes
    candidate: str | None
    request_id: str
    scorer: str
    version: str
    value: int
    space_id: str


class _Envelope(msgspec.Struct, frozen=True, array_like=True):
    version: int
    half: Half


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Envelope)


def pack(half: Half) -> bytes:
    """Return a half as msgpack."""
    return _encoder.encode(_Envelope(VERSION, half))


def unpack(value: bytes) -> Half:
    """Return the half in ``value``.

    Raises:
        RefusedToStart: another version of Eddyline wrote it.
        EddylineError: it is no half.
    """
    return versions.decode(_decoder, value, VERSION, "a half of a join").half


def key_of(request_id: str) -> str:
    """Return the digest under which halves of one request meet; ids may be long or hold any character."""
    return hashlib.blake2b(request_id.encode(), digest_size=16).hexdigest()


def field_of(half: Half) -> str:
    """Return the name of a half among those of its request: what is written twice is written to the same place."""
    match half:
        case PromptHalf():
            return PROMPT
        case ResponseHalf():
            return "r" if half.candidate is None else f"s:{half.candidate}"
        case FeedbackHalf():
            return f"f:{half.name}:{half.time_ms}:{half.value}"


def meet(mine: Half, present: dict[str, bytes]) -> list[JoinedScore]:
    """Return the scores of everything that ``mine`` completes, given all halves ``present`` under its request."""
    halves = [unpack(value) for _, value in sorted(present.items())]
    if isinstance(mine, PromptHalf):
        others = [half for half in halves if not isinstance(half, PromptHalf)]
        return [score for other in others for score in _scores(mine, other)]
    prompt = next((half for half in halves if isinstance(half, PromptHalf)), None)
    return list(_scores(prompt, mine)) if prompt else []


def _scores(prompt: PromptHalf, other: ResponseHalf | FeedbackHalf) -> Iterator[JoinedScore]:
    if isinstance(other, FeedbackHalf):
        occasion = f"{other.time_ms} {other.value}"
        yield joined(prompt, other.time_ms, None, (other.name, "feedback", other.value), occasion=occasion)
    elif not (prompt.answered and other.candidate is None):
        yield from response_scores(prompt, other)


def response_scores(prompt: PromptHalf, response: ResponseHalf) -> Iterator[JoinedScore]:
    """Return the scores that the response brought along, and those that take both vectors."""
    for score in response.scores + vector_scores(prompt, response):
        yield joined(prompt, response.time_ms, response.candidate, score)


def vector_scores(prompt: PromptHalf, response: ResponseHalf) -> list[FixedScore]:
    """Return the scores of two vectors; none where they come from different embedding spaces."""
    if prompt.space_id != response.space_id:
        return []
    return score_all(Interaction(_vector(prompt.vector), _vector(response.vector), None))


def score_all(interaction: Interaction) -> list[FixedScore]:
    """Return what every scorer says that finds what it needs."""
    found = ((scorer, scorer.score(interaction)) for scorer in SCORERS)
    return [(scorer.name, scorer.version, to_fixed(value)) for scorer, value in found if value is not None]


def joined(
    prompt: PromptHalf, time_ms: int, candidate: str | None, score: FixedScore, *, occasion: str = ""
) -> JoinedScore:
    """Return a score with the facts of its prompt."""
    id_ = score_id(prompt.request_id, score[0], score[1], candidate, occasion)
    return JoinedScore(
        id_, time_ms, prompt.app, prompt.deployment, prompt.user, candidate, prompt.request_id, *score, prompt.space_id
    )


def _vector(value: bytes) -> NDArray[np.int8]:
    return np.frombuffer(value, np.int8)
