"""What the brokers say of offsets, asked over connections of our own: the stages' may be what is stuck."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from eddyline.errors import Unavailable
from eddyline.kafka import topics
from eddyline.kafka.connection import client_config
from eddyline.settings import Settings

TIMEOUT = 5.0
TAIL_SECONDS = 5.0
Place = tuple[str, int]
"""(topic, partition)."""
Ends = Callable[[Iterable[Place]], Awaitable[Mapping[Place, int]]]
"""Returns the offset of the record that will be written next."""


def ends_of(settings: Settings) -> Ends:
    """Return the function that asks where partitions end.

    It raises :class:`Unavailable` when the brokers do not say.
    """
    client = topics.admin(settings)

    async def ends(places: Iterable[Place]) -> Mapping[Place, int]:
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        return await _ask(client, dict.fromkeys(places, latest))

    return ends


async def first_since(settings: Settings, place: Place, timestamp_ms: int) -> int | None:
    """Return the offset of the first record written at ``timestamp_ms`` or later; None when there is none.

    Raises:
        Unavailable: the brokers do not say.
    """
    since = OffsetSpec.for_timestamp(timestamp_ms)
    offset = (await _ask(topics.admin(settings), {place: since}))[place]
    return offset if offset >= 0 else None


class Tails:
    """Tells records from the markers that transactions leave: both take an offset, and readers see only records."""

    def __init__(self, settings: Settings) -> None:
        self._config = client_config(settings) | {"group.id": "eddyline-tails", "enable.partition.eof": True}
        self._known: dict[Place, tuple[int, int]] = {}
        """Of a partition that ends with markers: where the last record ends, and where the partition does."""
        self._waiting: dict[Place, int] = {}
        """Of a partition with records to read: from where on there are some."""

    async def past_markers(self, spans: Mapping[Place, tuple[int, int]]) -> dict[Place, int]:
        """Return, for those of ``spans`` that hold no record, their start: there the records of the partition end.

        Args:
            spans: for a partition the offset to look from, and the end of the partition.
        """
        doubtful = {place: span for place, span in spans.items() if self._is_doubtful(place, span)}
        if doubtful:
            empty = await asyncio.get_running_loop().run_in_executor(None, self._empty, doubtful)
            self._known |= empty
            self._waiting |= {place: start for place, (start, _) in doubtful.items() if place not in empty}
        return {place: start for place, (start, end) in spans.items() if self._known.get(place) == (start, end)}

    def _is_doubtful(self, place: Place, span: tuple[int, int]) -> bool:
        start, end = span
        return start < end and self._known.get(place) != span and self._waiting.get(place) != start

    def _empty(self, spans: Mapping[Place, tuple[int, int]]) -> dict[Place, tuple[int, int]]:
        consumer = Consumer(self._config | {"enable.auto.commit": False})
        try:
            return {place: span for place, span in spans.items() if self._ends_at_once(consumer, place, span[0])}
        finally:
            consumer.close()

    def _ends_at_once(self, consumer: Consumer, place: Place, offset: int) -> bool:
        consumer.assign([TopicPartition(*place, offset)])
        message = consumer.poll(TAIL_SECONDS)
        error = message.error() if message is not None else None
        return error is not None and error.code() == KafkaError._PARTITION_EOF  # noqa: SLF001 - its public name


async def _ask(client: AdminClient, wanted: Mapping[Place, OffsetSpec]) -> dict[Place, int]:
    return await asyncio.get_running_loop().run_in_executor(None, _list_offsets, client, wanted)


def _list_offsets(client: AdminClient, wanted: Mapping[Place, OffsetSpec]) -> dict[Place, int]:
    if not wanted:
        return {}
    request = {TopicPartition(*place): spec for place, spec in wanted.items()}
    try:
        answers = client.list_offsets(request, request_timeout=TIMEOUT)
        return {(place.topic, place.partition): future.result().offset for place, future in answers.items()}
    except KafkaException as error:
        message = f"Kafka does not say where partitions end: {error.args[0].str()}"
        raise Unavailable(message) from None
