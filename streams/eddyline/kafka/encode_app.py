"""The Faust app around encode: batches of input records, inference off the event loop, flushed before acknowledged.

Encode keeps no state but its place in every input partition (see :mod:`eddyline.kafka.holdings`), and what it has
exchanged with the store of joins: a store that lost some of that is noticed, and those records are read again.
"""

import asyncio
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from faust.types import TP, EventT, StreamT

from eddyline import keys, telemetry
from eddyline.circuit import OpenCircuit
from eddyline.clock import Clock, Now
from eddyline.encode import Encode, Limits, Reading, kinds
from eddyline.errors import EddylineError, Stale, Unavailable
from eddyline.events import Record
from eddyline.join import field_of, key_of, pack
from eddyline.kafka import topics
from eddyline.kafka.circuits import Circuits
from eddyline.kafka.holdings import Holdings
from eddyline.kafka.offsets import Records, first_since
from eddyline.kafka.producer import OutputProducer
from eddyline.kafka.shell import end_process, faust_app, record_of
from eddyline.kafka.source import Source
from eddyline.kafka.stage import Assignment
from eddyline.kafka.starting import Partition, Start, after_stored, from_committed
from eddyline.outputs.alert import circuit_open
from eddyline.progress import Progress
from eddyline.protocols import CircuitStore, Store, Stored
from eddyline.settings import Settings
from eddyline.telemetry import Telemetry

log = logging.getLogger(__name__)
COUNT_PARTITIONS_SECONDS = 30.0


class EncodeApp:
    """The encode stage on all input topics. Its encoder has been verified before."""

    name = "encode"

    def __init__(
        self, settings: Settings, encode: Encode, store: Store, circuits: CircuitStore, metrics: Telemetry
    ) -> None:
        self._settings, self._encode, self._store, self._metrics = settings, encode, store, metrics
        self._inputs = sorted(kinds(settings))
        self.topics = frozenset(self._inputs)
        self._partitions: dict[str, int] = {}
        windows = settings.windows
        self._progress = Progress(windows.clock, int(windows.idle_seconds * 1000), windows.grace_seconds * 1000)
        self._clock = Clock(_wall_ms(), _monotonic_ms())
        self._limits = Limits.of(settings.dlq)
        self._circuits = Circuits(self._limits.breakers, circuits, metrics)
        self._log = Records(settings)
        self._producer = OutputProducer(settings)
        self._holdings = Holdings(self.name, store, self._take_over, self._producer.flush, metrics)
        self.counts: Counter[str] = Counter()
        """How many records ended how."""
        self.app = faust_app(settings, self.name, self._positions)
        self.assignment = Assignment(self.app)
        self._attach()

    def faults(self) -> Mapping[str, str | None]:
        """Return what readiness rests on, each with what is wrong, or None."""
        return {
            "encode.encoder": None,
            "encode.assignment": self.assignment.fault,
            "encode.outputs": self._producer.fault,
            "encode.store": self._store.fault,
        }

    def _attach(self) -> None:
        topic = self.app.topic(
            *self._inputs, key_type=bytes, key_serializer="raw", value_type=bytes, value_serializer="raw"
        )
        worker = self._settings.worker
        self.app.agent(topic, name=self.name, concurrency=1)(self._run)
        self.app.timer(worker.tick_seconds)(self._tick_or_end)
        self.app.timer(worker.checkpoint_seconds)(self._checkpoint_or_end)
        self.app.timer(COUNT_PARTITIONS_SECONDS)(self._recount_partitions)
        self.app.timer(60.0)(self._report)
        self.app.on_partitions_revoked.connect(self._revoked)

    # Where to read

    async def _positions(self, assigned: Mapping[TP, Partition]) -> Mapping[TP, int]:
        await self._count_partitions()
        starts = await self._holdings.positions(assigned)
        gaps_ = {(tp.topic, tp.partition): source.gap_ms for tp in starts if (source := self._holdings.get(tp))}
        found = {(tp.topic, tp.partition): offset for tp, offset in starts.items()}
        self._progress.assign(found, self._now().ms, gaps_)
        self._tell_over(await self._circuits.assign(found))
        # The same alert once more, in case the former owner came no further than to open the circuit.
        self._tell(self._circuits.open)
        self._pause()
        return starts

    async def _take_over(self, tp: TP, partition: Partition) -> Source:
        key = keys.position(tp.topic, tp.partition)
        stored = await self._store.load(key)
        start = await self._start(tp, stored, partition)
        if start.gap:
            log.error("encode: %s-%d: records before %d are gone unread", tp.topic, tp.partition, start.offset)
        return Source(key, stored, start)

    async def _start(self, tp: TP, stored: Stored, partition: Partition) -> Start:
        """Return where to read on; where the store is empty but the group is not, halves of joins are gone with it."""
        if stored.applied >= 0:
            return after_stored(f"encode: {tp.topic}-{tp.partition}", stored.applied, partition)
        start = from_committed(partition)
        if not partition.committed:
            return start
        began_ms = self._now().ms - self._settings.join.ttl_seconds * 1000
        since = await first_since(self._settings, tp, began_ms)
        return start if since is None else Start(min(start.offset, since), start.gap)

    async def _count_partitions(self) -> None:
        loop = asyncio.get_running_loop()
        counts = await loop.run_in_executor(None, topics.partition_counts, self._settings)
        self._partitions = {name: counts[name] for name in self._inputs}

    async def _recount_partitions(self) -> None:
        """Notice partitions that were added. Brokers that are away for a while are the consumer's to wait for."""
        try:
            await self._count_partitions()
        except Unavailable as error:
            log.warning("partitions were not counted: %s", error)

    def _pause(self) -> None:
        """Fetch nothing more from sources whose circuit is open; what has been fetched is left by encode."""
        if paused := {TP(*source) for source in self._circuits.paused}:
            self.app.consumer.pause_partitions(paused)

    # Records

    async def _run(self, stream: StreamT[EventT[bytes]]) -> None:
        worker = self._settings.worker
        async for batch in stream.noack_take(worker.batch_records, within=worker.batch_wait_seconds):  # type: ignore[attr-defined]
            try:
                async with self._holdings.lock:
                    records = [record_of(event.message) for event in batch]
                    await self._handle([record for record in records if self._is_new(record)])
            except EddylineError as error:
                await end_process(self.app, error)
            for event in batch:
                event.ack()

    def _is_new(self, record: Record) -> bool:
        source = self._holdings.get(TP(record.topic, record.partition))
        return source is not None and record.offset >= source.expected

    async def _handle(self, records: Sequence[Record]) -> None:
        loop, now = asyncio.get_running_loop(), self._now()
        await self._notice_jumps(records)
        with self._timed("read"):
            reading = await loop.run_in_executor(None, self._encode.read, records, now.latest_ms, self._limits)
        ends = {TP(*place.source): place.offset + 1 for place in reading.places}
        with self._timed("exchange"):
            present = await self._exchange(reading, ends)
        with self._timed("flush"):
            self._send(reading, present)
            await self._producer.flush()
        self._advance(ends)
        self._put_back(
            [record for record in records if not reading.took((record.topic, record.partition), record.offset)]
        )
        await self._announce(reading)
        self.counts.update(reading.counts)
        self._measure(reading)

    async def _notice_jumps(self, records: Sequence[Record]) -> None:
        """Tell a hole that a producer's transactions leave from records that retention took while they waited."""
        first = {TP(record.topic, record.partition): record.offset for record in reversed(records)}
        jumps = {tp for tp, offset in first.items() if (source := self._holdings.get(tp)) and offset > source.expected}
        await self._check_passed_over({tp: first[tp] for tp in jumps})
        for tp in first:
            if source := self._holdings.get(tp):
                source.resumed = False
        if not jumps:
            return
        earliest = await self.app.consumer.earliest_offsets(*jumps)
        for tp in sorted(jumps):
            if earliest[tp] == first[tp]:
                log.error("encode: %s-%d: records before %d are gone unread", tp.topic, tp.partition, first[tp])
                self._progress.miss(tp)

    async def _check_passed_over(self, jumps: Mapping[TP, int]) -> None:
        """Make sure that a source that was read on from goes on with its next record.

        Faust drops what it has fetched of a partition that is paused, so it is fetched anew; what was on its way to be
        dropped may come first, and would be taken for the next one behind a hole.
        """
        resumed = {tp: source for tp in jumps if (source := self._holdings.get(tp)) and source.resumed}
        if not resumed:
            return
        there = await self._log.first({(tp.topic, tp.partition): source.expected for tp, source in resumed.items()})
        for tp in resumed:
            if there.get(tp) != jumps[tp]:
                raise Stale(f"encode: {tp.topic}-{tp.partition}: records before {jumps[tp]} were passed over")

    async def _exchange(self, reading: Reading, ends: Mapping[TP, int]) -> Sequence[Mapping[str, bytes]]:
        if not reading.halves:
            return []
        notes = [source.exchanged(end - 1) for tp, end in ends.items() if (source := self._holdings.get(tp))]
        halves = [(key_of(half.request_id), field_of(half), pack(half)) for half in reading.halves]
        return await self._store.exchange(halves, notes)

    def _send(self, reading: Reading, present: Sequence[Mapping[str, bytes]]) -> None:
        """Hand the outputs over together with the progress that they make true: no tick may come between."""
        now_ms = self._now().ms
        for place in reading.places:
            self._progress.read(place.source, place.offset, place.time_ms, now_ms)
        sources = self._progress.sources({place.source for place in reading.places})
        self._producer.send(self._encode.outputs(reading, present, sources, self._partitions))

    def _advance(self, ends: Mapping[TP, int]) -> None:
        for tp, end in ends.items():
            if source := self._holdings.get(tp):
                source.next = end
                source.gap_ms = self._progress.gap(tp)

    # Circuits

    def _put_back(self, left: Iterable[Record]) -> None:
        by_source: dict[TP, list[Record]] = defaultdict(list)
        for record in left:
            by_source[TP(record.topic, record.partition)].append(record)
        for tp, records in by_source.items():
            if source := self._holdings.get(tp):
                source.put_back(records)

    async def _announce(self, reading: Reading) -> None:
        """Tell of the circuits that a batch has opened, now that everything before is written."""
        if not reading.opened:
            return
        await self._circuits.announce(reading.opened)
        self._pause()
        self._tell(reading.opened)

    async def _look_at_circuits(self) -> None:
        """Read on from the sources of which an operator says so: first what waits in memory, then what comes."""
        async with self._holdings.lock:
            before = self._circuits.open
            resumed = await self._circuits.look()
            self._tell_over({source: before[source] for source in resumed})
            for source in resumed:
                await self._read_waiting(TP(*source))
            await self._fetch_again({TP(*source) for source in resumed} - self.paused.keys())

    def _tell(self, circuits: Mapping[tuple[str, int], OpenCircuit]) -> None:
        self._producer.send(circuit_open(self._settings.topics.alerts, *item) for item in circuits.items())

    def _tell_over(self, circuits: Mapping[tuple[str, int], OpenCircuit]) -> None:
        topic, now_ms = self._settings.topics.alerts, self._now().ms
        self._producer.send(circuit_open(topic, source, found, over_ms=now_ms) for source, found in circuits.items())

    async def _fetch_again(self, places: Iterable[TP]) -> None:
        sources = {tp: source for tp in places if (source := self._holdings.get(tp))}
        if sources:
            await self.app.consumer.seek_wait({tp: source.expected for tp, source in sources.items()})
            self.app.consumer.resume_partitions(set(sources))
        for source in sources.values():
            source.resumed = True

    async def _read_waiting(self, tp: TP) -> None:
        source, size = self._holdings.get(tp), self._settings.worker.batch_records
        waiting = source.take_waiting() if source else []
        for at in range(0, len(waiting), size):
            await self._handle(waiting[at : at + size])

    @property
    def paused(self) -> Mapping[TP, int]:
        """The partitions that stand still on purpose, each with the offset at which reading goes on."""
        return {tp: source.next for at in self._circuits.paused if (source := self._holdings.get(tp := TP(*at)))}

    # Timers

    async def _tick_or_end(self) -> None:
        assigned = {TP(*tp) for tp in self.app.consumer.assignment() if tp.topic in self._inputs}
        if not assigned:
            return
        try:
            ends = await self._ends(assigned)
            sources = self._progress.tick(ends, self._now().ms)
            self._producer.send(self._encode.tick(sources, self._partitions))
        except EddylineError as error:
            await end_process(self.app, error)

    async def _ends(self, assigned: Collection[TP]) -> Mapping[tuple[str, int], int]:
        """Return for every partition the offset behind its last record, whatever markers transactions left there."""
        ends = {(tp.topic, tp.partition): end for tp, end in (await self.app.consumer.highwaters(*assigned)).items()}
        stood = {(tp.topic, tp.partition): source.next for tp in assigned if (source := self._holdings.get(tp))}
        silent = self._progress.silent(self._now().ms) - {(tp.topic, tp.partition) for tp in self.paused}
        return ends | await self._log.past_markers({at: (stood[at], ends[at]) for at in silent & stood.keys()})

    async def _checkpoint_or_end(self) -> None:
        try:
            await self._look_at_circuits()
            await self._holdings.checkpoint()
        except EddylineError as error:
            await end_process(self.app, error)

    async def _revoked(self, *_: object, **__: object) -> None:
        await self._holdings.hand_over()

    # Watching

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self._metrics.observe(telemetry.BATCH_SECONDS, time.perf_counter() - start, step)

    def _measure(self, reading: Reading) -> None:
        self._metrics.count_stage(self.name, reading.counts)
        if self._settings.windows.clock == "log":
            return
        now_ms, announcements = self._now().ms, self._settings.topics.deployments
        for place in reading.places:
            if place.time_ms is not None and place.source[0] != announcements:
                self._metrics.observe(telemetry.EVENT_AGE_SECONDS, (now_ms - place.time_ms) / 1000)

    async def _report(self) -> None:
        log.info("encode: %s", dict(self.counts))

    def _now(self) -> Now:
        return self._clock.now(_wall_ms(), _monotonic_ms())


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000
