"""How far the stages are: where they stand in their topics, and since when the next record waits.

They stand where their state says, whatever their group has committed; encode without a state, where its group does.
"""

import time
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from confluent_kafka import OFFSET_INVALID, Consumer, TopicPartition

from eddyline import keys
from eddyline.cli.stored import read_applied
from eddyline.encode import kinds
from eddyline.errors import RefusedToStart
from eddyline.kafka import topics
from eddyline.kafka.reader import TIMEOUT, reader
from eddyline.settings import Settings

FIRST_RECORDS_SECONDS = 5.0
Place = tuple[str, int]
"""(topic, partition)."""


class Position(NamedTuple):
    """Where a stage stands in one partition."""

    stage: str
    topic: str
    partition: int
    first_offset: int
    """Of the earliest record there still is."""
    end_offset: int
    """Of the record that will be written next."""
    position: int
    """Of the record that the stage reads next."""
    waiting_since_ms: int | None
    """Timestamp of that record; None when there is none, or no telling."""

    @property
    def lag(self) -> int:
        """Records that wait."""
        return self.end_offset - max(self.position, self.first_offset)

    def lag_seconds(self, now_ms: int) -> float | None:
        """Return how long the next record has been waiting; None when that cannot be had."""
        if self.lag == 0:
            return 0.0
        return None if self.waiting_since_ms is None else max(0, now_ms - self.waiting_since_ms) / 1000

    @property
    def fault(self) -> str | None:
        """What is wrong with where the stage stands, however long the queue is, and what to do."""
        where = f"{self.stage} is at offset {self.position} of {self.topic}-{self.partition}"
        if self.position < self.first_offset:
            gone = f"records up to {self.first_offset - 1} are gone"
            return f"{where}, but {gone}: it goes on with what is left, and the windows that miss them say so"
        if self.position > self.end_offset:
            return f"{where}, which ends at {self.end_offset}, so the topic was made anew: {self._remedy}"
        return None

    @property
    def _remedy(self) -> str:
        if self.stage == "encode":
            return "'eddyline state rebuild encode' starts it from what is left"
        return f"'eddyline state rebuild {self.stage} {self.partition}' starts it from what is left"


def positions(settings: Settings) -> list[Position]:
    """Return where every stage stands in every partition that it reads.

    Raises:
        RefusedToStart: a topic does not exist.
        Unavailable: Kafka or Redis does not answer.
    """
    counts = topics.partition_counts(settings)
    names = settings.topics
    with reader(settings, f"{settings.kafka.group_prefix}-encode") as consumer:
        inputs = [place for topic in kinds(settings) for place in _places(topic, counts)]
        read = _applied(settings, {place: keys.position(*place) for place in inputs})
        found = list(_stand(consumer, "encode", _committed(consumer, inputs) | read))
        for stage, topic in (("fold", names.observations), ("judge", names.partials)):
            states = {place: keys.state(stage, place[1]) for place in _places(topic, counts)}
            found += _stand(consumer, stage, dict.fromkeys(states) | _applied(settings, states))
        since = _waiting_since(consumer, found)
    return [position._replace(waiting_since_ms=since.get((position.topic, position.partition))) for position in found]


def _places(topic: str, counts: Mapping[str, int]) -> list[Place]:
    if topic not in counts:
        message = f"topic {topic} does not exist: run 'eddyline topics create'"
        raise RefusedToStart(message)
    return [(topic, partition) for partition in range(counts[topic])]


def _committed(consumer: Consumer, places: list[Place]) -> dict[Place, int | None]:
    answers = consumer.committed([TopicPartition(*place) for place in places], timeout=TIMEOUT)
    return {(at.topic, at.partition): None if at.offset == OFFSET_INVALID else at.offset for at in answers}


def _applied(settings: Settings, names: Mapping[Place, str]) -> dict[Place, int | None]:
    """Return where those stand that have a state, given the key of each."""
    applied = read_applied(settings, names.values())
    return {place: applied[name] + 1 for place, name in names.items() if name in applied}


def _stand(consumer: Consumer, stage: str, starts: Mapping[Place, int | None]) -> Iterator[Position]:
    """Put the ends of the partitions beside where the stage is; it starts at the first record where it never was."""
    for (topic, partition), start in starts.items():
        first, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=TIMEOUT)
        yield Position(stage, topic, partition, first, end, first if start is None else start, None)


def _waiting_since(consumer: Consumer, found: list[Position]) -> dict[Place, int]:
    """Return the timestamp of the next record of every partition where one waits, as far as they come in time."""
    next_offsets = {(at.topic, at.partition): max(at.position, at.first_offset) for at in found if at.lag > 0}
    if not next_offsets:
        return {}
    since: dict[Place, int] = {}
    seen: set[Place] = set()
    consumer.assign([TopicPartition(*place, offset) for place, offset in next_offsets.items()])
    deadline = time.monotonic() + FIRST_RECORDS_SECONDS
    while len(seen) < len(next_offsets) and time.monotonic() < deadline:
        for message in consumer.consume(100, timeout=0.2):
            place = (message.topic() or "", message.partition() or 0)
            if message.error() is None and place not in seen:
                seen.add(place)
                consumer.incremental_unassign([TopicPartition(*place)])
                _, timestamp_ms = message.timestamp()
                if timestamp_ms > 0:
                    since[place] = timestamp_ms
    return since
