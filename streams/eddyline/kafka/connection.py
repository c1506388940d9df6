"""How brokers are reached, and asked first, for both client libraries."""

import time
from typing import Any, TypeAlias

from confluent_kafka import Consumer, KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ClusterMetadata

from eddyline.errors import RefusedToStart, Unavailable
from eddyline.kafka import security
from eddyline.settings import Settings

TIMEOUT = 15.0
LISTEN_SECONDS = 1.0
"""How often a client that waits for the brokers is asked what keeps it."""
REFUSALS = frozenset({KafkaError._AUTHENTICATION, KafkaError._SSL})  # noqa: SLF001 - librdkafka's names
ALERT = "SSL alert number"
"""A broker that refuses a client's certificate, or its lack of one, just hangs up: only the text tells why."""
Client: TypeAlias = AdminClient | Consumer
Config: TypeAlias = dict[str, str | int | float | bool]


def client_config(settings: Settings) -> Config:
    """Return the part of a librdkafka configuration that every client shares.

    Raises:
        RefusedToStart: the settings of a secured connection contradict each other, or a file cannot be used.
    """
    # librdkafka would write straight to stderr, twenty lines a second; what matters is raised where it happens.
    shared: Config = {"bootstrap.servers": settings.kafka.bootstrap, "client.id": "eddyline", "log_level": 0}
    return shared | security.properties(settings.kafka)


def asking_config(settings: Settings) -> dict[str, Any]:
    """Return the same for a client that :func:`cluster` can ask, and that is polled afterwards or closed soon.

    Raises:
        RefusedToStart: see :func:`client_config`.
    """
    return {**client_config(settings), "error_cb": _raise_refusal}


def _raise_refusal(error: KafkaError) -> None:
    """Called by librdkafka within a client's ``poll``, which raises it again."""
    if error.code() in REFUSALS or ALERT in error.str():
        message = f"Kafka refuses the connection, or is not trusted: {error.str()}"
        raise RefusedToStart(message)


def cluster(client: Client, topic: str | None = None) -> ClusterMetadata:
    """Return what there is, all topics or one; ``client`` was made with :func:`asking_config`.

    librdkafka tries again for as long as it is let, wrong password or not, and then says only that nobody answered.

    Raises:
        RefusedToStart: the brokers refuse the client, or it refuses them.
        KafkaException: none answers.
    """
    deadline = time.monotonic() + TIMEOUT
    while True:
        try:
            return client.list_topics(topic, timeout=LISTEN_SECONDS)
        except KafkaException:
            client.poll(0)
            if time.monotonic() > deadline:
                raise


def no_answer(settings: Settings, error: KafkaException) -> Unavailable:
    """Return the error for brokers that do not answer; the protocol is named, since a wrong one looks the same."""
    where = f"Kafka at {settings.kafka.bootstrap} ({security.protocol(settings.kafka)})"
    return Unavailable(f"{where} does not answer: {error.args[0].str()}")


def faust_broker(settings: Settings) -> list[str]:
    """Return the brokers as Faust takes them."""
    return [f"kafka://{broker.strip()}" for broker in settings.kafka.bootstrap.split(",")]
