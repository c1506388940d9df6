"""A Kafka consumer that belongs to no group: it looks, and leaves no trace."""

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import Consumer, KafkaException

from eddyline.errors import Unavailable
from eddyline.kafka.connection import client_config
from eddyline.settings import Settings

TIMEOUT = 15.0
NO_GROUP = "eddyline-look"
"""librdkafka wants a name; nothing is ever committed under it."""


@contextmanager
def reader(settings: Settings, group: str = NO_GROUP) -> Iterator[Consumer]:
    """Give a consumer that can be assigned partitions, and can read what ``group`` has committed without joining it.

    Raises:
        Unavailable: no broker answers, or it refuses.
    """
    look = {"group.id": group, "enable.auto.commit": False, "auto.offset.reset": "earliest"}
    # A look at the first record of a partition must not fetch megabytes of the following ones.
    small = {"queued.max.messages.kbytes": 4096, "fetch.message.max.bytes": 262_144, "log_level": 0}
    consumer = Consumer(client_config(settings) | look | small)
    try:
        yield consumer
    except KafkaException as error:
        message = f"Kafka at {settings.kafka.bootstrap} does not answer: {error.args[0].str()}"
        raise Unavailable(message) from None
    finally:
        consumer.close()
