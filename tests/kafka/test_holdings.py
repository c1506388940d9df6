"""What a stage owns is written in order, once, or not at all."""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

import pytest
from faust.types import TP

from eddyline.changes import Changes
from eddyline.errors import EddylineError, Stale, Unavailable
from eddyline.kafka.holdings import Holdings
from eddyline.kafka.starting import Partition
from eddyline.protocols import Stored
from eddyline.store.memory import MemoryStore
from eddyline.telemetry import Telemetry

P0, P1 = TP("topic", 0), TP("topic", 1)


class Counting:
    """A partition that counts what it applies."""

    def __init__(self, key: str, stored: Stored) -> None:
        self.key, self.stored, self.next, self._changed = key, stored, stored.applied + 1, 0

    def apply(self) -> None:
        self.next += 1
        self._changed += 1

    def take_changes(self) -> Changes:
        taken, self._changed = self._changed, 0
        return Changes({"count": b"%d" % taken}, [])


class Failing(MemoryStore):
    """A store that can be told to be away."""

    away = False
    slow: asyncio.Event | None = None

    async def save(self, key: str, owner: Stored, applied: int, changes: Changes) -> Stored:
        if self.slow:
            await self.slow.wait()
        if self.away:
            raise Unavailable("away")
        return await super().save(key, owner, applied, changes)


class World(NamedTuple):
    """Holdings on a store, and what happened in which order."""

    holdings: Holdings[Counting]
    store: Failing
    done: list[str]


def world() -> World:
    store, done = Failing(), list[str]()

    async def take_over(tp: TP, _: Partition) -> Counting:
        key = f"{tp.topic}-{tp.partition}"
        return Counting(key, await store.load(key))

    async def flush() -> None:
        done.append(f"flush before {store._states['topic-0'].applied}")

    return World(Holdings("fold", store, take_over, flush, Telemetry()), store, done)


def assigned(*places: TP) -> Mapping[TP, Partition]:
    return dict.fromkeys(places, Partition(None, 0, 100))


def applied(found: World, tp: TP, records: int) -> None:
    held = found.holdings.get(tp)
    assert held is not None
    for _ in range(records):
        held.apply()


def test_outputs_are_written_before_the_offset_that_includes_them() -> None:
    async def scenario() -> None:
        found = world()
        await found.holdings.positions(assigned(P0))
        applied(found, P0, 3)
        await found.holdings.checkpoint()
        assert found.done == ["flush before -1"]
        assert found.store._states["topic-0"].applied == 2

    asyncio.run(scenario())


def test_nothing_is_written_where_nothing_happened() -> None:
    async def scenario() -> None:
        found = world()
        await found.holdings.positions(assigned(P0))
        await found.holdings.checkpoint()
        assert found.done == []

    asyncio.run(scenario())


def test_a_store_that_lost_what_nobody_writes_any_more_is_noticed() -> None:
    async def scenario() -> None:
        found = world()
        await found.holdings.positions(assigned(P0))
        applied(found, P0, 3)
        await found.holdings.checkpoint()
        await found.holdings.checkpoint()
        found.store._states["topic-0"] = found.store._states["topic-0"]._replace(applied=1)
        with pytest.raises(EddylineError, match="lost writes"):
            await found.holdings.checkpoint()

    asyncio.run(scenario())


def test_outputs_that_cannot_be_written_hold_the_offset() -> None:
    async def scenario() -> None:
        found = world()
        await found.holdings.positions(assigned(P0))
        applied(found, P0, 3)

        async def fail() -> None:
            raise Unavailable("away")

        found.holdings._flush = fail
        with pytest.raises(Unavailable):
            await found.holdings.checkpoint()
        assert found.store._states["topic-0"].applied == -1

    asyncio.run(scenario())


def test_after_a_write_that_failed_no_hand_over_writes_an_offset_without_its_changes() -> None:
    async def scenario() -> None:
        found = world()
        await found.holdings.positions(assigned(P0))
        applied(found, P0, 3)
        found.store.away = True
        with pytest.raises(Unavailable):
            await found.holdings.checkpoint()
        found.store.away = False
        with pytest.raises(Stale):
            found.holdings.get(P0)
        await found.holdings.hand_over()
        assert found.store._states["topic-0"].applied == -1

    asyncio.run(scenario())


def test_while_a_write_is_on_its_way_partitions_can_be_looked_at() -> None:
    async def scenario() -> None:
        found = world()
        await found.holdings.positions(assigned(P0))
        applied(found, P0, 3)
        found.store.slow = asyncio.Event()
        writing = asyncio.create_task(found.holdings.checkpoint())
        await asyncio.sleep(0.01)
        assert found.holdings.get(P0) is not None
        found.store.slow.set()
        await writing

    asyncio.run(scenario())


def test_an_end_amid_a_write_leaves_nothing_to_hand_over() -> None:
    async def scenario() -> None:
        found = world()
        await found.holdings.positions(assigned(P0))
        applied(found, P0, 3)
        found.store.slow = asyncio.Event()
        writing = asyncio.create_task(found.holdings.checkpoint())
        await asyncio.sleep(0.01)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        found.store.slow = None
        await found.holdings.hand_over()
        assert found.store._states["topic-0"].applied == -1

    asyncio.run(scenario())


def test_what_stays_assigned_keeps_its_memory_and_what_went_is_forgotten() -> None:
    async def scenario() -> None:
        found = world()
        await found.holdings.positions(assigned(P0, P1))
        applied(found, P0, 3)
        assert await found.holdings.positions(assigned(P0)) == {P0: 3}
        assert found.holdings.get(P1) is None

    asyncio.run(scenario())


def test_a_hand_over_writes_what_is_owned_and_owns_nothing_any_more() -> None:
    async def scenario() -> None:
        found = world()
        await found.holdings.positions(assigned(P0))
        applied(found, P0, 3)
        await found.holdings.hand_over()
        assert found.store._states["topic-0"].fields == {"count": b"3"}
        assert list(found.holdings) == []

    asyncio.run(scenario())


def test_a_worker_whose_partition_was_taken_cannot_write_it() -> None:
    async def scenario() -> None:
        found = world()
        await found.holdings.positions(assigned(P0))
        applied(found, P0, 3)
        await found.store.load("topic-0")
        with pytest.raises(EddylineError, match="another owner"):
            await found.holdings.checkpoint()

    asyncio.run(scenario())
