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
FIRST_SECONDS = 5.0
END = -1
"""There is no record any more."""
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


class Records:
    """Tells records from the markers that transactions leave: both take an offset, and readers see only records."""

    def __init__(self, settings: Settings) -> None:
        ours = {"group.id": "eddyline-offsets", "enable.partition.eof": True, "enable.auto.commit": False}
        self._config = client_config(settings) | ours
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
            found = await self.first({place: start for place, (start, _) in doubtful.items()})
            self._known |= {place: span for place, span in doubtful.items() if found.get(place) == END}
            self._waiting |= {place: doubtful[place][0] for place, offset in found.items() if offset != END}
        return {place: start for place, (start, end) in spans.items() if self._known.get(place) == (start, end)}

    def _is_doubtful(self, place: Place, span: tuple[int, int]) -> bool:
        start, end = span
        return start < end and self._known.get(place) != span and self._waiting.get(place) != start

    async def first(self, starts: Mapping[Place, int]) -> dict[Place, int]:
        """Return the offset of the first record at or after each start, or :data:`END`; nothing where none answers."""
        return await asyncio.get_running_loop().run_in_executor(None, self._read, starts)

    def _read(self, starts: Mapping[Place, int]) -> dict[Place, int]:
        consumer = Consumer(self._config)
        try:
            found = {place: _first(consumer, place, start) for place, start in starts.items()}
        finally:
            consumer.close()
        return {place: offset for place, offset in found.items() if offset is not None}


def _first(consumer: Consumer, place: Place, start: int) -> int | None:
    consumer.assign([TopicPartition(*place, start)])
    message = consumer.poll(FIRST_SECONDS)
    if message is None:
        return None
    if error := message.error():
        return END if error.code() == KafkaError._PARTITION_EOF else None  # noqa: SLF001 - its public name
    return message.offset()


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
