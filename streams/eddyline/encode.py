"""Stage 1, encode: records of the input topics -> observations, scores, dead letters.

A pure function of records, encoder and clock; it keeps nothing between batches. What has to be remembered for a moment,
the halves of a join, the caller exchanges with a store between :meth:`Encode.read` and :meth:`Encode.outputs`::

    bytes -> read (decode, pseudonymise, encode, features, scores)
          -> the caller exchanges reading.halves
          -> outputs (observations by user, score events, dead letters)

No text leaves this stage.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eddyline import __version__, features, observations
from eddyline.errors import DeadLetter
from eddyline.events import Deployment, Event, Feedback, Kind, Prompt, Record, Response, Supplied
from eddyline.inputs import Defaults, decode
from eddyline.join import (
    PROMPT,
    FeedbackHalf,
    FixedScore,
    Half,
    JoinedScore,
    PromptHalf,
    ResponseHalf,
    field_of,
    joined,
    meet,
    response_scores,
    score_all,
)
from eddyline.observations import (
    DeploymentObservation,
    Observation,
    ObservationRecord,
    PromptObservation,
    ScoreObservation,
    Source,
)
from eddyline.outputs.cloudevent import Output, rfc3339
from eddyline.outputs.dead_letter import dead_letter
from eddyline.outputs.score import Score, score_output
from eddyline.privacy import Pseudonyms
from eddyline.protocols import Encoded, Encoder
from eddyline.scorers import Interaction, from_fixed, to_fixed
from eddyline.settings import Settings

MOST_OBSERVATIONS = 500
"""In one record, so that it stays below the broker's usual limit of 1 MB whatever ids and names are."""


class Place(NamedTuple):
    """Where a record was, and the event time it brings its source to (None when it has none)."""

    source: tuple[str, int]
    offset: int
    time_ms: int | None


@dataclass
class Reading:
    """What a batch of records came to, before the join."""

    places: list[Place] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    scores: list[JoinedScore] = field(default_factory=list)
    halves: list[Half] = field(default_factory=list)
    dead: list[Output] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    """How many records ended how: ``accepted``, ``tombstone``, ``dlq:<reason>``; ``truncated`` texts; ``halves`` that
    need a prompt and how many were ``joined`` to it."""


class Encode:
    """The stage with its configuration."""

    def __init__(self, settings: Settings, encoder: Encoder, pseudonyms: Pseudonyms) -> None:
        self._topics = settings.topics
        self._kinds: dict[str, Kind] = kinds(settings)
        self._events = settings.events
        self._defaults = Defaults(
            settings.events.app, settings.events.environment, int(settings.events.max_future_seconds * 1000)
        )
        self._encoder, self._pseudonyms = encoder, pseudonyms

    def read(self, records: Iterable[Record], now_ms: int) -> Reading:
        """Return what ``records`` came to. CPU-bound; never raises for what a record holds."""
        reading = Reading()
        events = [event for record in records if (event := self._understand(record, now_ms, reading))]
        encoded = self._encode(events)
        reading.counts["truncated"] += int(encoded.truncated.sum())
        row = 0
        for event in events:
            row = self._observe(event, encoded, row, reading)
        return reading

    def _understand(self, record: Record, now_ms: int, reading: Reading) -> Event | None:
        """Decode a record, or note it as a dead letter."""
        event = None
        try:
            event = decode(
                record,
                self._kinds[record.topic],
                max_bytes=self._events.max_bytes,
                defaults=self._defaults,
                now_ms=now_ms,
            )
            reading.counts["accepted" if event else "tombstone"] += 1
        except DeadLetter as error:
            reading.counts[f"dlq:{error.reason.partition(':')[0]}"] += 1
            reading.dead.append(self._dead_letter(record, error))
        # A deployment may be announced for later: its time says nothing of how far its topic has come.
        time_ms = min(event.time_ms, now_ms) if event else None
        reading.places.append(Place((record.topic, record.partition), record.offset, time_ms))
        return event

    def _dead_letter(self, record: Record, error: DeadLetter) -> Output:
        return dead_letter(
            self._topics.dead_letters,
            record,
            error,
            stage="encode",
            producer=f"eddyline {__version__}",
            keep=self._events.dead_letter_bytes,
        )

    def _encode(self, events: Sequence[Event]) -> Encoded:
        return self._encoder.encode([text for event in events for text in _texts(event)])

    def _observe(self, event: Event, encoded: Encoded, row: int, reading: Reading) -> int:
        """Add what ``event`` came to; its texts are rows ``row`` and following of ``encoded``. Return the next row."""
        match event:
            case Prompt():
                self._observe_prompt(event, encoded, row, reading)
            case Response():
                reading.halves.append(self._response_half(event, encoded.vectors[row]))
            case Feedback():
                reading.halves.append(FeedbackHalf(event.request_id, event.time_ms, event.name, to_fixed(event.value)))
            case Deployment():
                reading.observations.append(
                    DeploymentObservation(event.id, event.time_ms, event.app, event.deployment, event.action)
                )
        return row + len(_texts(event))

    def _observe_prompt(self, event: Prompt, encoded: Encoded, row: int, reading: Reading) -> None:
        user, session = self._who(event)
        style = features.style(event.prompt)
        vector = encoded.vectors[row]
        reading.observations.append(
            PromptObservation(
                id=event.id,
                time_ms=event.time_ms,
                app=event.app,
                deployment=event.deployment or "",
                user=user,
                session=session,
                tool=event.turn == "tool",
                vector=vector.tobytes(),
                projected=encoded.projected[row].astype("<i2").tobytes(),
                flags=style.flags,
                numeric=style.numeric,
                truncated=bool(encoded.truncated[row]),
            )
        )
        half = PromptHalf(
            request_id=event.id,
            app=event.app,
            deployment=event.deployment or "",
            user=user,
            vector=vector.tobytes(),
            space_id=self._encoder.space_id,
            answered=event.response is not None,
        )
        reading.halves.append(half)
        reading.scores.extend(self._own_scores(event, half, encoded.vectors, row))

    def _own_scores(self, event: Prompt, half: PromptHalf, vectors: NDArray[np.int8], row: int) -> list[JoinedScore]:
        """Return the scores of a prompt whose event holds the response, and those its producer supplied."""
        if event.response is None:
            return [joined(half, event.time_ms, None, score) for score in _supplied(event.scores)]
        answer = Response(request_id=event.id, time_ms=event.time_ms, response=event.response, scores=event.scores)
        return list(response_scores(half, self._response_half(answer, vectors[row + 1])))

    def _response_half(self, event: Response, vector: NDArray[np.int8]) -> ResponseHalf:
        alone = score_all(Interaction(None, vector, event.response))
        return ResponseHalf(
            request_id=event.request_id,
            time_ms=event.time_ms,
            candidate=event.candidate,
            vector=vector.tobytes(),
            space_id=self._encoder.space_id,
            scores=alone + _supplied(event.scores),
        )

    def _who(self, event: Prompt) -> tuple[bytes, bytes]:
        """Return the pseudonyms of user and session; each stands in for the other where one is missing."""
        session = self._pseudonyms.of("session", event.session) if event.session else b""
        user = self._pseudonyms.of("user", event.user) if event.user else session
        return user, session

    def outputs(
        self,
        reading: Reading,
        present: Sequence[Mapping[str, bytes]],
        sources: list[Source],
        inputs: Mapping[str, int],
    ) -> list[Output]:
        """Return everything to produce for a batch.

        Args:
            reading: what :meth:`read` returned.
            present: for each of ``reading.halves``, all halves that its request has now, its own among them.
            sources: how far the sources of this batch are, this batch included.
            inputs: partition count of every input topic.
        """
        met = []
        pairs: set[tuple[str, str]] = set()
        for half, halves in zip(reading.halves, present, strict=True):
            met += meet(half, dict(halves))
            pairs |= _pairs(half, halves)
            reading.counts["halves"] += not isinstance(half, PromptHalf)
        reading.counts["joined"] += len(pairs)
        scores = list({score.id: score for score in reading.scores + met}.values())
        by_partition: dict[int, list[Observation]] = defaultdict(list)
        for observation in [*reading.observations, *map(_score_observation, scores)]:
            by_partition[self._partition_of(observation)].append(observation)
        records = [
            record for at, found in sorted(by_partition.items()) for record in self._records(at, found, sources, inputs)
        ]
        events = [self._score_event(score) for score in scores]
        return records + events + reading.dead

    def tick(self, sources: list[Source], inputs: Mapping[str, int]) -> list[Output]:
        """Return the records that tell every observations partition how far the sources are."""
        partitions = range(self._topics.observations_partitions)
        return [self._record(partition, [], sources, inputs) for partition in partitions]

    def _partition_of(self, observation: Observation) -> int:
        return observations.partition_of(observation, self._topics.observations_partitions)

    def _records(
        self, partition: int, found: list[Observation], sources: list[Source], inputs: Mapping[str, int]
    ) -> list[Output]:
        """Cut a large batch; only the last record may say how far the sources are, since it vouches for all."""
        parts = [found[at : at + MOST_OBSERVATIONS] for at in range(0, len(found), MOST_OBSERVATIONS)]
        before = [self._record(partition, part, [], inputs) for part in parts[:-1]]
        return [*before, self._record(partition, parts[-1], sources, inputs)]

    def _record(
        self, partition: int, found: list[Observation], sources: list[Source], inputs: Mapping[str, int]
    ) -> Output:
        record = ObservationRecord(
            version=observations.VERSION,
            space_id=self._encoder.space_id,
            build_id=self._encoder.build_id,
            inputs=dict(inputs),
            sources=sources,
            observations=found,
        )
        return Output(self._topics.observations, observations.pack(record), partition=partition)

    def _score_event(self, score: JoinedScore) -> Output:
        data = Score(
            app=score.app,
            deployment=score.deployment or None,
            candidate=score.candidate,
            request_id=score.request_id,
            ts=rfc3339(score.time_ms),
            scorer=score.scorer,
            scorer_version=score.version,
            value=from_fixed(score.value),
            sample_rate=1.0,
            space_id=score.space_id,
        )
        return score_output(self._topics.scores, score.id, score.time_ms, data)


def kinds(settings: Settings) -> dict[str, Kind]:
    """Return what every input topic carries."""
    topics = settings.topics
    return {
        topics.prompts: "prompts",
        topics.responses: "responses",
        topics.shadow_responses: "shadow-responses",
        topics.feedback: "feedback",
        topics.deployments: "deployments",
    }


def _texts(event: Event) -> list[str]:
    match event:
        case Prompt():
            return [event.prompt] if event.response is None else [event.prompt, event.response]
        case Response():
            return [event.response]
        case _:
            return []


def _pairs(half: Half, present: Mapping[str, bytes]) -> set[tuple[str, str]]:
    """Return what has met its prompt by ``half``; both sides say so of a pair that came in one batch."""
    if isinstance(half, PromptHalf):
        return {(half.request_id, name) for name in present if name != PROMPT}
    return {(half.request_id, field_of(half))} if PROMPT in present else set()


def _supplied(scores: tuple[Supplied, ...]) -> list[FixedScore]:
    return [(score.name, "supplied", to_fixed(score.value)) for score in scores]


def _score_observation(score: JoinedScore) -> ScoreObservation:
    scorer = score.scorer if score.candidate is None else f"{score.scorer}@{score.candidate}"
    return ScoreObservation(
        id=score.id,
        time_ms=score.time_ms,
        app=score.app,
        deployment=score.deployment,
        user=score.user,
        scorer=scorer,
        value=score.value,
    )
