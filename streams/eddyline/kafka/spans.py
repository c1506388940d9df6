"""Reading a stretch of topics as it is now, from given offsets to given ends: what comes meanwhile is not looked at."""

import time
from collections.abc import Iterator, Mapping

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from eddyline.errors import Unavailable
from eddyline.events import Record
from eddyline.kafka.reader import TIMEOUT, raise_if_lasting, record_of

POLL_SECONDS = 0.2
Place = tuple[str, int]
"""(topic, partition)."""


def read(consumer: Consumer, spans: Mapping[Place, range]) -> Iterator[Record]:
    """Yield the records of every partition from the first of its offsets on, those of a partition in order.

    Raises:
        Unavailable: nothing came for a while, or the brokers refuse.
    """
    ends = {place: span.stop for place, span in spans.items() if span}
    consumer.assign([TopicPartition(*place, spans[place].start) for place in ends])
    deadline = time.monotonic() + TIMEOUT
    while ends:
        message = consumer.poll(POLL_SECONDS)
        if message is None:
            _check(deadline, ends)
            continue
        place = message.topic() or "", message.partition() or 0
        end = ends.get(place, 0)
        if _reaches(message, end):
            ends.pop(place, None)
        if message.error() is None and (message.offset() or 0) < end:
            yield record_of(message)
            deadline = time.monotonic() + TIMEOUT


def _check(deadline: float, ends: Mapping[Place, int]) -> None:
    if time.monotonic() > deadline:
        topics = ", ".join(sorted({topic for topic, _ in ends}))
        message = f"{topics} could not be read to the end: nothing came for {TIMEOUT:.0f} s"
        raise Unavailable(message)


def _reaches(message: Message, end: int) -> bool:
    """Return whether nothing more comes from this partition before ``end``; raise an error that does not pass."""
    error = message.error()
    if error is None:
        return (message.offset() or 0) + 1 >= end
    raise_if_lasting(error)
    return error.code() == KafkaError._PARTITION_EOF  # noqa: SLF001 - librdkafka's name
