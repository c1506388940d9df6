"""The producer of the stages' outputs: nothing counts as written before the brokers have it.

Faust's own producer drops a failed send with a warning and commits the input; so outputs go through librdkafka, and
:meth:`OutputProducer.flush` raises what went wrong.
"""

import asyncio
import time
from collections.abc import Iterable

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from eddyline.errors import Unavailable
from eddyline.kafka.connection import client_config
from eddyline.outputs.cloudevent import Output
from eddyline.settings import Settings

DELIVERY_SECONDS = 120
POLL_SECONDS = 0.05
SLOW_SECONDS = 10.0
"""A flush that takes longer is reported while it lasts."""
ANY_PARTITION = -1
"""librdkafka's way of saying that the key decides."""


class OutputProducer:
    """An idempotent producer; one per stage, so that a flush waits for its own outputs only."""

    def __init__(self, settings: Settings) -> None:
        self._producer = Producer(
            client_config(settings)
            | {
                "acks": "all",
                "enable.idempotence": True,
                "linger.ms": 5,
                "compression.type": "lz4",
                # A callback for each message would cost more than the message.
                "delivery.report.only.error": True,
                # Never given up alone: a later record must not overtake, and vouch for, one that was dropped.
                "message.timeout.ms": 0,
                "queue.buffering.max.kbytes": 262_144,
            }
        )
        self._failure: str | None = None
        self._flushing_since: float | None = None

    def send(self, outputs: Iterable[Output]) -> None:
        """Hand outputs over. They are written for certain only after :meth:`flush`.

        Raises:
            Unavailable: an output can never be written, or an earlier one was not.
        """
        self._producer.poll(0)
        self._raise_failure()
        for output in outputs:
            self._send(output)

    def _send(self, output: Output) -> None:
        for _ in range(int(DELIVERY_SECONDS / POLL_SECONDS)):
            try:
                self._producer.produce(
                    output.topic,
                    output.value,
                    output.key,
                    partition=ANY_PARTITION if output.partition is None else output.partition,
                    headers=list(output.headers),
                    on_delivery=self._delivered,
                )
            except BufferError:
                self._producer.poll(POLL_SECONDS)
            except KafkaException as error:
                message = f"an output for {output.topic} cannot be written: {error.args[0].str()}"
                raise Unavailable(message) from None
            else:
                return
        message = f"the queue of outputs has been full for {DELIVERY_SECONDS} s"
        raise Unavailable(message)

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None and self._failure is None:
            self._failure = f"an output for {message.topic()} was not written: {error.str()}"

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise Unavailable(self._failure)

    @property
    def fault(self) -> str | None:
        """What is wrong with the outputs at this moment, if anything."""
        if self._failure is None and self._flushing_since is not None:
            waited = time.monotonic() - self._flushing_since
            return f"outputs have not been written for {waited:.0f} s" if waited > SLOW_SECONDS else None
        return self._failure

    async def flush(self) -> None:
        """Wait, without blocking the event loop, until everything handed over is written.

        Raises:
            Unavailable: something was not.
        """
        await asyncio.get_running_loop().run_in_executor(None, self.flush_now)

    def flush_now(self) -> None:
        """Wait until everything handed over is written; blocking.

        Raises:
            Unavailable: something was not.
        """
        self._flushing_since = time.monotonic()
        deadline = self._flushing_since + DELIVERY_SECONDS
        while self._producer.flush(1.0):
            self._raise_failure()
            if time.monotonic() > deadline:
                message = f"outputs were not written within {DELIVERY_SECONDS} s"
                raise Unavailable(message)
        self._raise_failure()
        self._flushing_since = None
