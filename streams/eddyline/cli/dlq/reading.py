"""Reading a topic as it is now, such as the dead letters: from where to where, and what is in between."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from confluent_kafka import Consumer, TopicPartition

from eddyline.cli.dlq.handle import Handle
from eddyline.cli.dlq.letter import Letter
from eddyline.errors import EddylineError
from eddyline.events import Record
from eddyline.kafka.reader import TIMEOUT, partitions_of, reader
from eddyline.kafka.spans import read
from eddyline.settings import Settings


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
        return read(self._consumer, {(self.topic, span.partition): range(span.start, span.end) for span in spans})


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


@contextmanager
def shelf(settings: Settings) -> Iterator[Shelf]:
    """Give the dead-letter topic.

    Raises:
        RefusedToStart: it does not exist.
        Unavailable: no broker answers, or it refuses.
    """
    with reader(settings) as consumer:
        yield Shelf(consumer, settings.topics.dead_letters)
