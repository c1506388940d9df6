"""Stage 1, encode: records of the input topics -> observations, scores, dead letters.

A pure function of records, encoder, clock and :class:`Limits`; it keeps nothing between batches. The caller keeps the
limits; what has to be remembered for a moment, the halves of a join, it exchanges with a store between
:meth:`Encode.read` and :meth:`Encode.outputs`::

    bytes -> read (decode, pseudonymise, encode, features, scores)
          -> the caller exchanges reading.halves
          -> outputs (observations by user, score events, dead letters)

No text leaves this stage.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from eddyline import __version__, assignment, features, observations
from eddyline.circuit import Breakers, OpenCircuit
from eddyline.circuit import Source as SourceKey
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
from eddyline.outputs.dead_letter import Pointer, dead_letter, pointer, size
from eddyline.outputs.score import Score, score_output
from eddyline.privacy import Pseudonyms
from eddyline.protocols import Encoded, Encoder
from eddyline.quota import Quota
from eddyline.scorers import Interaction, from_fixed, to_fixed
from eddyline.settings import Dlq, Settings

STAGE, PRODUCER = "encode", f"eddyline {__version__}"
MOST_OBSERVATIONS = 200
"""In one record, so that it stays below the usual limit of 1 MB whatever ids and names are: at most 4.6 kB each."""


class Limits(NamedTuple):
    """What bounds the dead letters of a worker. It counts from batch to batch, so the caller keeps it."""

    breakers: Breakers
    quota: Quota

    @classmethod
    def of(cls, dlq: Dlq) -> Self:
        """Return the limits that the settings ask for, with nothing counted."""
        return cls(Breakers(dlq), Quota(dlq.quota_bytes))


UNLIMITED = Dlq(quota_bytes=0, max_run=0, max_ratio=1.0)


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
    need a prompt and how many were ``joined`` to it; dead letters over ``quota``."""
    opened: dict[SourceKey, OpenCircuit] = field(default_factory=dict)
    """The sources whose circuit a record of this batch has opened."""
    left: dict[SourceKey, int] = field(default_factory=dict)
    """Of each source whose circuit is open, the offset of the first record that was not taken: neither it nor any after
    it may be acknowledged."""

    def took(self, source: SourceKey, offset: int) -> bool:
        """Return whether a record of the batch was taken, so that it may be acknowledged once the outputs are written.

        >>> reading = Reading(left={("prompts", 0): 17})
        >>> [reading.took(("prompts", 0), at) for at in (16, 17, 18)], reading.took(("prompts", 1), 18)
        ([True, False, False], True)
        """
        return offset < self.left.get(source, offset + 1)


class Encode:
    """The stage with its configuration."""

    def __init__(self, settings: Settings, encoder: Encoder, pseudonyms: Pseudonyms) -> None:
        self._topics = settings.topics
        self._kinds: dict[str, Kind] = kinds(settings)
        self._events, self._dlq = settings.events, settings.dlq
        self._defaults = Defaults.of(settings.events)
        self._encoder, self._pseudonyms = encoder, pseudonyms

    def read(self, records: Iterable[Record], now_ms: int, limits: Limits | None = None) -> Reading:
        """Return what ``records`` came to. CPU-bound; never raises for what a record holds.

        Args:
            records: those of a source in the order of their offsets.
            now_ms: the clock.
            limits: of the dead letters, counted on; None sets none. Records of a source whose circuit is open, also
                those behind the one that opens it, are left: see :attr:`Reading.left`.
        """
        limits = limits or Limits.of(UNLIMITED)
        reading = Reading()
        events = [event for record in records if (event := self._take(record, now_ms, limits, reading))]
        encoded = self._encode(events)
        reading.counts["truncated"] += int(encoded.truncated.sum())
        row = 0
        for event in events:
            row = self._observe(event, encoded, row, reading)
        return reading

    def _take(self, record: Record, now_ms: int, limits: Limits, reading: Reading) -> Event | None:
        """Decode a record, or note it as a dead letter; leave it if the circuit of its source is open."""
        source = (record.topic, record.partition)
        # Once left, a source stays so for the batch: a record behind a gap must not be acknowledged.
        if source in reading.left or limits.breakers.is_open(source):
            reading.left.setdefault(source, record.offset)
            return None
        event, died = self._understand(record, now_ms)
        if died is None:
            reading.counts["accepted" if event else "tombstone"] += 1
        else:
            reading.counts[f"dlq:{died.reason.partition(':')[0]}"] += 1
            reading.dead.append(self._dead_letter(record, died, now_ms, limits.quota, reading))
        if opened := limits.breakers.count(source, record.offset, died.reason if died else None, now_ms):
            reading.opened[source] = opened
        # A deployment may be announced for later: its time says nothing of how far its topic has come.
        time_ms = min(event.time_ms, now_ms) if event else None
        reading.places.append(Place(source, record.offset, time_ms))
        return event

    def _understand(self, record: Record, now_ms: int) -> tuple[Event | None, DeadLetter | None]:
        """Return the event of a record, None for a tombstone; or why there is none."""
        kind, most = self._kinds[record.topic], self._events.max_bytes
        try:
            return decode(record, kind, max_bytes=most, defaults=self._defaults, now_ms=now_ms), None
        except DeadLetter as error:
            # Its traceback leads to the record through frames that hold the error in turn: a cycle, kept until the
            # garbage collector comes by, with a value of any size.
            return None, error.with_traceback(None)

    def _dead_letter(self, record: Record, error: DeadLetter, now_ms: int, quota: Quota, reading: Reading) -> Output:
        """Return a copy of the record, or where that is not wanted, or too much, what points to it."""
        if self._dlq.payload == "pointer":
            return self._pointer(record, error, "setting")
        topic, keep = self._topics.dead_letters, self._events.dead_letter_bytes
        letter = dead_letter(topic, record, error, stage=STAGE, producer=PRODUCER, keep=keep)
        if quota.admits((record.topic, record.partition), record.timestamp_ms, size(letter), now_ms):
            return letter
        reading.counts["quota"] += 1
        return self._pointer(record, error, "quota")

    def _pointer(self, record: Record, error: DeadLetter, why: Pointer) -> Output:
        return pointer(self._topics.dead_letters, record, error, stage=STAGE, producer=PRODUCER, why=why)

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
                    DeploymentObservation(event.id, event.time_ms, event.app, event.deployment, event.action, event.arm)
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
                bucket=assignment.bucket(event.user) if event.user else assignment.NAMELESS,
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
