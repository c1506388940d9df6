"""The reader of the output topics: a consumer as anybody would write one."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from eddyline.demo.story import Story
from eddyline.errors import Unavailable
from eddyline.kafka import topics
from eddyline.kafka.connection import client_config
from eddyline.settings import Settings

MOST = 2_000


class Listener:
    """Reads the output topics from their beginning into a story. It commits nothing."""

    def __init__(self, settings: Settings, story: Story) -> None:
        self._story = story
        self._topics = settings.topics
        self._consumer = Consumer(
            client_config(settings) | {"group.id": "eddyline-demo-listener", "enable.auto.commit": False}
        )
        own = self._topics
        names = (own.drift, own.scores, own.adaptation, own.alerts, own.dead_letters)
        counts = topics.partition_counts(settings)
        self._consumer.assign([TopicPartition(name, at, 0) for name in names for at in range(counts[name])])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._consumer.close()

    def listen(self, timeout_s: float, now_ms: int) -> int:
        """Read what there is, waiting at most ``timeout_s``; return how many records came.

        Args:
            timeout_s: how long to wait for the first record.
            now_ms: the event time that the demo is at.

        Raises:
            Unavailable: a topic cannot be read.
        """
        readers: dict[str | None, Callable[[Message], None]] = {
            self._topics.drift: lambda message: self._story.add_drift(message.value() or b"", now_ms),
            self._topics.scores: lambda message: self._story.add_score(message.value() or b""),
            self._topics.adaptation: lambda message: self._story.add_adaptation(message.value() or b"", now_ms),
            self._topics.alerts: lambda message: self._story.add_alert(message.value() or b"", now_ms),
            self._topics.dead_letters: lambda message: self._story.add_dead_letter(_reason(message), now_ms),
        }
        found = self._consumer.consume(MOST, timeout_s)
        for message in found:
            if (error := message.error()) is not None:
                text = f"the outputs cannot be read: {KafkaException(error)}"
                raise Unavailable(text)
            readers[message.topic()](message)
        return len(found)


def _reason(message: Message) -> str:
    headers = dict(message.headers() or [])
    reason = headers.get("dlq.reason") or b"?"
    return reason.decode() if isinstance(reason, bytes) else reason
