"""Reading a topic as it is now, such as the dead letters: from where to where, and what is in between."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from eddyline.cli.dlq.handle import Handle
from eddyline.cli.dlq.letter import Letter
from eddyline.cli.reader import TIMEOUT, partitions_of, raise_if_lasting, reader, record_of
from eddyline.errors import EddylineError, Unavailable
from eddyline.events import Record
from eddyline.settings import Settings

POLL_SECONDS = 0.2


class Span(NamedTuple):
    """Offsets of one partition, from ``start`` up to and without ``end``."""

    partition: int
    start: int
    end: int

    @property
    def size(self) -> int:
        """How many offsets; so many records, since nothing compacts the topic."""
        return self.end - self.start


class Snapshot:
    """A topic as it is when the command starts: what arrives later is not looked at."""

    def __init__(self, consumer: Consumer, topic: str) -> None:
        self.topic = topic
        self._consumer = consumer
        self.spans = [self._span(partition) for partition in partitions_of(consumer, topic)]

    def _span(self, partition: int) -> Span:
        start, end = self._consumer.get_watermark_offsets(TopicPartition(self.topic, partition), timeout=TIMEOUT)
        return Span(partition, start, end)

    def records(self) -> Iterator[Record]:
        """Return all records, those of a partition in order."""
        return self._read(self.spans)

    def record(self, partition: int, offset: int) -> Record | None:
        """Return one record, or None if there is none, or no longer."""
        if any(span.partition == partition and span.start <= offset < span.end for span in self.spans):
            return next(self._read([Span(partition, offset, offset + 1)]), None)
        return None

    def _read(self, spans: Sequence[Span]) -> Iterator[Record]:
        ends = {span.partition: span.end for span in spans if span.size}
        self._consumer.assign([TopicPartition(self.topic, span.partition, span.start) for span in spans if span.size])
        deadline = time.monotonic() + TIMEOUT
        while ends:
            message = self._consumer.poll(POLL_SECONDS)
            if message is None:
                self._check(deadline)
                continue
            partition = message.partition() or 0
            end = ends.get(partition, 0)
            if _reaches(message, end):
                ends.pop(partition, None)
            if message.error() is None and (message.offset() or 0) < end:
                yield record_of(message)
                deadline = time.monotonic() + TIMEOUT

    def _check(self, deadline: float) -> None:
        if time.monotonic() > deadline:
            message = f"{self.topic} could not be read to its end: nothing came for {TIMEOUT:.0f} s"
            raise Unavailable(message)


class Shelf(Snapshot):
    """The dead-letter topic."""

    def letters(self) -> Iterator[Letter]:
        """Return all dead letters, those of a partition in order."""
        return map(Letter, self.records())

    def letter(self, handle: Handle) -> Letter:
        """Return one dead letter.

        Raises:
            EddylineError: there is none with this handle.
        """
        if (record := self.record(*handle)) is not None:
            return Letter(record)
        message = f"there is no dead letter {handle} on {self.topic}, or no longer: 'eddyline dlq ls' lists them"
        raise EddylineError(message)


def _reaches(message: Message, end: int) -> bool:
    """Return whether nothing more comes from this partition before ``end``; raise an error that does not pass."""
    error = message.error()
    if error is None:
        return (message.offset() or 0) + 1 >= end
    raise_if_lasting(error)
    return error.code() == KafkaError._PARTITION_EOF  # noqa: SLF001 - librdkafka's name


@contextmanager
def shelf(settings: Settings) -> Iterator[Shelf]:
    """Give the dead-letter topic.

    Raises:
        RefusedToStart: it does not exist.
        Unavailable: no broker answers, or it refuses.
    """
    with reader(settings) as consumer:
        yield Shelf(consumer, settings.topics.dead_letters)
