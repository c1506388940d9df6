"""What Redis holds of open circuits, for commands that ask once."""

import asyncio
from collections.abc import Mapping

from eddyline.circuit import OpenCircuit, Resume, Source
from eddyline.cli.dlq.originals import input_partitions
from eddyline.settings import Settings
from eddyline.store.circuits import RedisCircuits
from eddyline.store.redis import connect


def read_entries(settings: Settings) -> dict[Source, OpenCircuit | Resume]:
    """Return the entries of all partitions of the input topics, in order.

    Raises:
        RefusedToStart: an entry is none of ours.
        Unavailable: Kafka or Redis does not answer.
    """
    counts = input_partitions(settings)
    return asyncio.run(_look(settings, [(topic, at) for topic in counts for at in range(counts[topic])]))


def request(settings: Settings, requests: Mapping[Source, Resume]) -> dict[Source, bool]:
    """Put requests in the place of entries; return for each whether there was one.

    Raises:
        Unavailable: Redis does not answer.
    """
    return asyncio.run(_request(settings, requests))


async def _look(settings: Settings, sources: list[Source]) -> dict[Source, OpenCircuit | Resume]:
    async with connect(settings) as client:
        return await RedisCircuits(client).look(sources)


async def _request(settings: Settings, requests: Mapping[Source, Resume]) -> dict[Source, bool]:
    async with connect(settings) as client:
        store = RedisCircuits(client)
        return {source: await store.request(source, resume) for source, resume in requests.items()}
