"""What a stage on Kafka shows to those who look after it: its assignment, its positions, what is wrong with it."""

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

import faust
from aiokafka.errors import KafkaError
from faust.types import TP

POSITION_SECONDS = 5.0


class Stage(Protocol):
    """A stage with its Faust app."""

    name: str
    app: faust.App
    topics: frozenset[str]
    assignment: "Assignment"

    @property
    def paused(self) -> Mapping[TP, int]:
        """Return the partitions that stand still on purpose, each with the offset at which reading goes on."""

    def faults(self) -> Mapping[str, str | None]:
        """Return what readiness rests on, each with what is wrong, or None."""


class Assignment:
    """Whether the consumer group has given a stage its share; a share without partitions is one too."""

    def __init__(self, app: faust.App) -> None:
        self.received = False
        app.on_partitions_assigned.connect(self._assigned)
        app.on_partitions_revoked.connect(self._revoked)

    @property
    def fault(self) -> str | None:
        """What is wrong, if anything."""
        return None if self.received else "the consumer group has not assigned partitions yet"

    async def _assigned(self, *_: object, **__: object) -> None:
        self.received = True

    async def _revoked(self, *_: object, **__: object) -> None:
        self.received = False


def group_error(stage: Stage) -> Exception | None:
    """Return why the brokers keep a stage out of its consumer group, or None.

    aiokafka tells it to whoever fetches records, but Faust fetches none before it has partitions: it waits for ever.
    """
    consumer: Any = stage.app.consumer
    fetching = consumer._thread._consumer  # noqa: SLF001 - aiokafka's consumer, in a thread of Faust's
    coordinator = fetching._coordinator if fetching else None  # noqa: SLF001
    error: Exception | None = coordinator._pending_exception if coordinator else None  # noqa: SLF001
    return error


async def positions(stage: Stage) -> dict[TP, int | None]:
    """Return the first offset that is not dealt with, for every partition that a stage is assigned.

    That is the first record which Faust holds unacknowledged, or else where the consumer reads on: unlike the end of
    what was acknowledged, it passes the markers that transactions leave. None where the consumer does not answer.
    """
    consumer = stage.app.consumer
    assigned = [TP(*tp) for tp in consumer.assignment() if tp.topic in stage.topics]
    found = dict(zip(assigned, await asyncio.gather(*(_fetched(consumer, tp) for tp in assigned)), strict=True))
    for message in list(consumer.unacked):
        if not message.acked and message.tp in found:
            known = found[message.tp]
            found[message.tp] = message.offset if known is None else min(known, message.offset)
    found.update(stage.paused)
    return found


async def _fetched(consumer: faust.types.ConsumerT, tp: TP) -> int | None:
    try:
        async with asyncio.timeout(POSITION_SECONDS):
            return await consumer.position(tp)
    except (TimeoutError, KafkaError):
        return None
