"""The feeder: sends the traffic at the pace of the demo, and waits when the worker falls behind."""

from collections import deque
from collections.abc import Sequence

from confluent_kafka import Producer

from eddyline.demo.wire import Message
from eddyline.encode import kinds
from eddyline.errors import Unavailable
from eddyline.kafka.connection import client_config
from eddyline.settings import Settings

STEP_MS = 300_000
"""Event time that is flushed at once, so that no partition runs ahead of the others by more."""
LONGEST_TURN_S = 0.5
FLUSH_S = 30.0


class Feeder:
    """Event time as it passes in the demo. The clock is the caller's."""

    def __init__(self, settings: Settings, messages: Sequence[Message], start_ms: int, speed: float) -> None:
        """Begin at ``start_ms``; ``speed`` is seconds of event time per second."""
        self._producer = Producer(client_config(settings) | {"acks": "all", "linger.ms": 2})
        self._topics = {kind: topic for topic, kind in kinds(settings).items()}
        self._waiting = deque(messages)
        self._speed = speed
        self._failure: str | None = None
        self._turn_s: float | None = None
        self.now_ms = start_ms

    @property
    def done(self) -> bool:
        """Whether everything is sent."""
        return not self._waiting

    def feed(self, now_s: float, *, held: bool) -> list[Message]:
        """Let event time pass since the last call, unless it is ``held``; return what was sent.

        Raises:
            Unavailable: the broker did not take a record.
        """
        elapsed = 0.0 if held or self._turn_s is None else min(now_s - self._turn_s, LONGEST_TURN_S)
        self._turn_s = now_s
        return self.feed_until(self.now_ms + int(elapsed * self._speed * 1000))

    def feed_until(self, until_ms: int) -> list[Message]:
        """Send everything up to ``until_ms``, step by step.

        Raises:
            Unavailable: the broker did not take a record.
        """
        sent: list[Message] = []
        while self.now_ms < until_ms:
            self.now_ms = min(self.now_ms + STEP_MS, until_ms)
            sent += self._step()
        return sent

    def _step(self) -> list[Message]:
        sent: list[Message] = []
        while self._waiting and self._waiting[0].sent_ms <= self.now_ms:
            message = self._waiting.popleft()
            topic = self._topics[message.kind]
            self._producer.produce(topic, message.value, message.key, on_delivery=self._delivered)
            sent.append(message)
        if sent and self._producer.flush(FLUSH_S):
            self._failure = self._failure or f"the broker took nothing for {FLUSH_S:.0f} s"
        if self._failure:
            message_ = f"the traffic cannot be sent: {self._failure}"
            raise Unavailable(message_)
        return sent

    def _delivered(self, error: object, _: object) -> None:
        if error is not None:
            self._failure = str(error)
