"""What the brokers say of offsets, asked over connections of our own: the stages' may be what is stuck."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from eddyline.errors import Unavailable
from eddyline.kafka import topics
from eddyline.settings import Settings

TIMEOUT = 15.0
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
