"""A Kafka consumer that belongs to no group, and what it reads: it looks, and leaves no trace."""

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import Consumer, KafkaError, KafkaException, Message

from eddyline.errors import RefusedToStart, Unavailable
from eddyline.events import Record
from eddyline.kafka.connection import asking_config, cluster, no_answer
from eddyline.settings import Settings

TIMEOUT = 15.0
NO_GROUP = "eddyline-look"
"""librdkafka wants a name; nothing is ever committed under it."""
LASTING = frozenset({KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.TOPIC_AUTHORIZATION_FAILED})
"""Errors that do not pass; all others librdkafka works on itself."""


@contextmanager
def reader(settings: Settings, group: str = NO_GROUP) -> Iterator[Consumer]:
    """Give a consumer that can be assigned partitions, and can read what ``group`` has committed without joining it.

    Raises:
        Unavailable: no broker answers, or it refuses.
    """
    look = {
        "group.id": group,
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "enable.partition.eof": True,
    }
    # A look at the first record of a partition must not fetch megabytes of the following ones.
    small = {"queued.max.messages.kbytes": 4096, "fetch.message.max.bytes": 262_144}
    consumer = Consumer(asking_config(settings) | look | small)
    try:
        yield consumer
    except KafkaException as error:
        raise no_answer(settings, error) from None
    finally:
        consumer.close()


def partitions_of(consumer: Consumer, name: str) -> list[int]:
    """Return the partitions of a topic.

    Raises:
        RefusedToStart: the topic does not exist, or the brokers refuse the client.
    """
    partitions = cluster(consumer, name).topics[name].partitions
    if not partitions:
        message = f"topic {name} does not exist: run 'eddyline topics create'"
        raise RefusedToStart(message)
    return sorted(partitions)


def raise_if_lasting(error: KafkaError) -> None:
    """Raise an error that does not pass, or else do nothing.

    Raises:
        Unavailable: it does not pass.
    """
    if error.fatal() or error.code() in LASTING:
        message = f"the topic cannot be read: {error.str()}"
        raise Unavailable(message)


def record_of(message: Message) -> Record:
    """Return a message that is no error as a record."""
    return Record(
        topic=message.topic() or "",
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        value=message.value(),
        key=message.key(),
        headers=tuple(_headers(message)),
        timestamp_ms=message.timestamp()[1],
    )


def _headers(message: Message) -> Iterator[tuple[str, bytes | None]]:
    headers = message.headers() or ()
    for name, content in headers.items() if isinstance(headers, dict) else headers:
        yield name, content.encode() if isinstance(content, str) else content
