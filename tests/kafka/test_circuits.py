"""The circuits of a worker and what is stored of them: opening, handing over, reading on."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

import pytest
from tests.circuits_in_memory import CircuitsInMemory

from eddyline.circuit import Breakers, OpenCircuit, Resume, Source
from eddyline.kafka.circuits import Circuits
from eddyline.settings import Dlq
from eddyline.telemetry import Telemetry

P0, P1 = ("prompts", 0), ("prompts", 1)
NOW_MS = 1_795_248_000_000


class Worker:
    """A worker as far as circuits go: reads records that all die."""

    def __init__(self, store: CircuitsInMemory) -> None:
        self.breakers, self.metrics = Breakers(Dlq(max_run=3)), Telemetry()
        self.circuits = Circuits(self.breakers, store, self.metrics)

    def read(self, source: Source, offsets: Iterable[int]) -> dict[Source, OpenCircuit]:
        """Count dead letters until they open the circuit; return what they open."""
        for offset in offsets:
            if circuit := self.breakers.count(source, offset, "bad_json", NOW_MS):
                return {source: circuit}
        return {}

    async def open(self, source: Source, first: int) -> None:
        """Open a circuit with the dead letters ``first`` and the two behind it."""
        await self.circuits.announce(self.read(source, range(first, first + 3)))

    @property
    def shown(self) -> dict[Source, float | None]:
        """What the metric says of both sources."""
        value = self.metrics.registry.get_sample_value
        labels = {source: {"topic": source[0], "partition": str(source[1])} for source in (P0, P1)}
        return {source: value("eddyline_dlq_circuit_open", labels[source]) for source in labels}


def play(scenario: Callable[[CircuitsInMemory, Worker], Awaitable[None]]) -> None:
    async def played() -> None:
        store = CircuitsInMemory()
        worker = Worker(store)
        await worker.circuits.assign([P0, P1])
        await scenario(store, worker)

    asyncio.run(played())


def test_an_opened_circuit_is_stored_shown_and_stays_open(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(store: CircuitsInMemory, worker: Worker) -> None:
        assert worker.shown == {P0: 0, P1: 0}
        await worker.open(P0, 10)
        assert store.entries == worker.breakers.open
        assert worker.circuits.paused == {P0}
        assert worker.shown == {P0: 1, P1: 0}
        assert await worker.circuits.look() == []
        assert worker.circuits.paused == {P0}

    play(scenario)
    assert "prompts-0: paused behind offset 12: 3 dead letters in a row, the last one for bad_json" in caplog.text
    assert "'eddyline dlq resume prompts:0'" in caplog.text


def test_a_request_is_taken_and_removed() -> None:
    async def scenario(store: CircuitsInMemory, worker: Worker) -> None:
        await worker.open(P0, 10)
        await store.request(P0, Resume(accept_before=100))
        assert await worker.circuits.look() == [P0]
        assert (store.entries, worker.circuits.paused, worker.shown[P0]) == ({}, set(), 0)
        assert not worker.read(P0, range(13, 100))
        assert worker.read(P0, range(100, 103))

    play(scenario)


def test_a_circuit_that_opens_again_can_be_resumed_again() -> None:
    async def scenario(store: CircuitsInMemory, worker: Worker) -> None:
        for first in (10, 13, 16):
            await worker.open(P0, first)
            assert worker.circuits.paused == {P0}
            await store.request(P0, Resume())
            assert await worker.circuits.look() == [P0]

    play(scenario)


def test_an_entry_that_is_gone_counts_as_a_request() -> None:
    async def scenario(store: CircuitsInMemory, worker: Worker) -> None:
        await worker.open(P0, 10)
        store.entries.clear()
        assert await worker.circuits.look() == [P0]

    play(scenario)


def test_a_circuit_that_is_not_announced_yet_is_not_taken_for_one_that_was_resumed() -> None:
    async def scenario(_: CircuitsInMemory, worker: Worker) -> None:
        opened = worker.read(P0, range(3))
        assert await worker.circuits.look() == []
        assert worker.circuits.paused == {P0}
        await worker.circuits.announce(opened)
        assert await worker.circuits.look() == []

    play(scenario)


def test_the_next_owner_finds_the_circuit_open() -> None:
    async def scenario(store: CircuitsInMemory, worker: Worker) -> None:
        await worker.open(P0, 10)
        heir = Worker(store)
        await heir.circuits.assign([P0])
        assert heir.circuits.paused == {P0}
        assert heir.shown == {P0: 1, P1: None}
        await store.request(P0, Resume())
        assert await heir.circuits.look() == [P0]

    play(scenario)


def test_a_request_that_no_worker_took_is_taken_by_the_next_owner() -> None:
    async def scenario(store: CircuitsInMemory, worker: Worker) -> None:
        await worker.open(P0, 10)
        await store.request(P0, Resume(accept_before=100))
        heir = Worker(store)
        await heir.circuits.assign([P0])
        assert (heir.circuits.paused, store.entries) == (set(), {})
        assert not heir.read(P0, range(13, 100))

    play(scenario)


def test_what_was_resumed_while_nobody_read_is_told_by_the_next_owner() -> None:
    async def scenario(store: CircuitsInMemory, worker: Worker) -> None:
        await worker.open(P0, 10)
        opened = store.entries[P0]
        assert isinstance(opened, OpenCircuit)
        await store.request(P0, Resume(opened=opened))
        heir = Worker(store)
        assert await heir.circuits.assign([P0, P1]) == {P0: opened}
        assert heir.circuits.paused == set()

    play(scenario)


def test_a_source_that_stays_assigned_keeps_its_circuit() -> None:
    async def scenario(store: CircuitsInMemory, worker: Worker) -> None:
        await worker.open(P0, 10)
        await worker.circuits.assign([P0, P1])
        assert worker.circuits.paused == {P0}
        await store.request(P0, Resume())
        assert await worker.circuits.look() == [P0]

    play(scenario)


def test_a_source_that_went_to_another_worker_is_neither_shown_nor_looked_after() -> None:
    async def scenario(store: CircuitsInMemory, worker: Worker) -> None:
        await worker.open(P0, 10)
        await worker.circuits.assign([P1])
        await store.request(P0, Resume())
        assert await worker.circuits.look() == []
        assert store.entries == {P0: Resume()}
        assert worker.shown == {P0: None, P1: 0}

    play(scenario)


def test_what_a_batch_opens_after_its_source_was_taken_away_is_not_stored_and_forgotten() -> None:
    async def scenario(store: CircuitsInMemory, worker: Worker) -> None:
        await worker.circuits.assign([P1])
        await worker.open(P0, 10)
        assert (store.entries, worker.circuits.paused) == ({}, set())
        await worker.circuits.assign([P0, P1])
        assert worker.circuits.paused == set()

    play(scenario)


def test_reading_on_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(store: CircuitsInMemory, worker: Worker) -> None:
        await worker.open(P0, 10)
        await store.request(P0, Resume())
        await worker.circuits.look()

    with caplog.at_level(logging.WARNING):
        play(scenario)
    assert "prompts-0: read on by request" in caplog.text
