"""The producer of the demo: what a product's own services would do."""

from collections.abc import Sequence

from confluent_kafka import KafkaError, Producer
from confluent_kafka import Message as Delivered

from eddyline.demo.wire import Message
from eddyline.encode import kinds
from eddyline.errors import Unavailable
from eddyline.kafka.connection import client_config
from eddyline.settings import Settings

FLUSH_S = 30.0


class Sender:
    """Sends records to the input topics."""

    def __init__(self, settings: Settings) -> None:
        self._producer = Producer(client_config(settings) | {"enable.idempotence": True, "linger.ms": 2})
        self._topics = {kind: topic for topic, kind in kinds(settings).items()}
        self._failure: str | None = None

    def send(self, messages: Sequence[Message]) -> None:
        """Send ``messages`` and wait until the broker has them.

        Raises:
            Unavailable: it did not take them all.
        """
        for message in messages:
            self._producer.produce(self._topics[message.kind], message.value, message.key, on_delivery=self._delivered)
        if self._producer.flush(FLUSH_S):
            self._failure = self._failure or f"the broker took nothing for {FLUSH_S:.0f} s"
        if self._failure:
            text = f"the traffic cannot be sent: {self._failure}"
            raise Unavailable(text)

    def _delivered(self, error: KafkaError | None, _: Delivered) -> None:
        if error is not None:
            self._failure = error.str()
