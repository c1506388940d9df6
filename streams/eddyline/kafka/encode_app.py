"""The Faust app around encode: batches of input records, inference off the event loop, flushed before acknowledged.

Encode keeps no state but its place in every input partition (see :mod:`eddyline.kafka.holdings`), and what it has
exchanged with the store of joins: a store that lost some of that is noticed, and those records are read again.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from faust.types import TP, EventT, StreamT

from eddyline import gaps, keys, telemetry
from eddyline.changes import Changes
from eddyline.encode import Encode, Reading, kinds
from eddyline.errors import EddylineError, Unavailable
from eddyline.join import field_of, key_of, pack
from eddyline.kafka import topics
from eddyline.kafka.holdings import Holdings
from eddyline.kafka.offsets import first_since
from eddyline.kafka.producer import OutputProducer
from eddyline.kafka.shell import end_process, faust_app, record_of
from eddyline.kafka.stage import Assignment
from eddyline.kafka.starting import Partition, Start, after_stored, from_committed
from eddyline.progress import Progress
from eddyline.protocols import Exchanged, Store, Stored
from eddyline.settings import Settings
from eddyline.telemetry import Telemetry

log = logging.getLogger(__name__)
COUNT_PARTITIONS_SECONDS = 30.0
GAP = "gap"
"""Field of an input partition's state: its gap, which every tick tells."""


class _Source:
    """One owned input partition."""

    def __init__(self, key: str, stored: Stored, start: Start) -> None:
        self.key, self.next = key, start.offset
        self.stored = stored._replace(fields={})
        self.gap_ms = gaps.UNKNOWN if start.gap else int(stored.fields.get(GAP, gaps.NONE))

    def take_changes(self) -> Changes:
        """Return what to write beside the offset."""
        return Changes({GAP: b"%d" % self.gap_ms} if self.gap_ms else {}, [])

    def exchanged(self, offset: int) -> Exchanged:
        """Return what an exchange of halves notes; from now on the store must know of it."""
        self.stored = self.stored._replace(exchanged=offset)
        return Exchanged(self.key, self.stored.epoch, offset)


class EncodeApp:
    """The encode stage on all input topics. Its encoder has been verified before."""

    name = "encode"

    def __init__(self, settings: Settings, encode: Encode, store: Store, metrics: Telemetry) -> None:
        self._settings, self._encode, self._store, self._metrics = settings, encode, store, metrics
        self._inputs = sorted(kinds(settings))
        self.topics = frozenset(self._inputs)
        self._partitions: dict[str, int] = {}
        windows = settings.windows
        self._progress = Progress(windows.clock, int(windows.idle_seconds * 1000), windows.grace_seconds * 1000)
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
        found = {(tp.topic, tp.partition): source.gap_ms for tp in starts if (source := self._holdings.get(tp))}
        self._progress.assign({(tp.topic, tp.partition): offset for tp, offset in starts.items()}, _now_ms(), found)
        return starts

    async def _take_over(self, tp: TP, partition: Partition) -> _Source:
        key = keys.position(tp.topic, tp.partition)
        stored = await self._store.load(key)
        start = await self._start(tp, stored, partition)
        if start.gap:
            log.error("encode: %s-%d: records before %d are gone unread", tp.topic, tp.partition, start.offset)
        return _Source(key, stored, start)

    async def _start(self, tp: TP, stored: Stored, partition: Partition) -> Start:
        """Return where to read on; where the store is empty but the group is not, halves of joins are gone with it."""
        if stored.applied >= 0:
            return after_stored(f"encode: {tp.topic}-{tp.partition}", stored.applied, partition)
        start = from_committed(partition)
        if not partition.committed:
            return start
        since = await first_since(
            self._settings, (tp.topic, tp.partition), _now_ms() - self._settings.join.ttl_seconds * 1000
        )
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

    # Records

    async def _run(self, stream: StreamT[EventT[bytes]]) -> None:
        worker = self._settings.worker
        async for batch in stream.noack_take(worker.batch_records, within=worker.batch_wait_seconds):  # type: ignore[attr-defined]
            try:
                async with self._holdings.lock:
                    await self._handle([event for event in batch if self._is_next(event)])
            except EddylineError as error:
                await end_process(self.app, error)
            for event in batch:
                event.ack()

    def _is_next(self, event: EventT[bytes]) -> bool:
        """Whether a record is owned and not dealt with. Offsets of input topics may leave some out."""
        source = self._holdings.get(event.message.tp)
        return source is not None and event.message.offset >= source.next

    async def _handle(self, events: Sequence[EventT[bytes]]) -> None:
        records = [record_of(event.message) for event in events]
        last = {event.message.tp: event.message.offset for event in events}
        loop, now = asyncio.get_running_loop(), _now_ms()
        with self._timed("read"):
            reading = await loop.run_in_executor(None, self._encode.read, records, now)
        with self._timed("exchange"):
            present = await self._exchange(reading, last)
        with self._timed("flush"):
            self._send(reading, present)
            await self._producer.flush()
        self._advance(last)
        self.counts.update(reading.counts)
        self._measure(reading)

    async def _exchange(self, reading: Reading, last: Mapping[TP, int]) -> Sequence[Mapping[str, bytes]]:
        if not reading.halves:
            return []
        notes = [source.exchanged(offset) for tp, offset in last.items() if (source := self._holdings.get(tp))]
        halves = [(key_of(half.request_id), field_of(half), pack(half)) for half in reading.halves]
        return await self._store.exchange(halves, notes)

    def _advance(self, last: Mapping[TP, int]) -> None:
        for tp, offset in last.items():
            if source := self._holdings.get(tp):
                source.next = offset + 1
                source.gap_ms = self._progress.gap((tp.topic, tp.partition))

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self._metrics.observe(telemetry.BATCH_SECONDS, time.perf_counter() - start, step)

    def _measure(self, reading: Reading) -> None:
        self._metrics.count_stage(self.name, reading.counts)
        if self._settings.windows.clock == "log":
            return
        now, announcements = _now_ms(), self._settings.topics.deployments
        for place in reading.places:
            if place.time_ms is not None and place.source[0] != announcements:
                self._metrics.observe(telemetry.EVENT_AGE_SECONDS, (now - place.time_ms) / 1000)

    def _send(self, reading: Reading, present: Sequence[Mapping[str, bytes]]) -> None:
        """Hand the outputs over together with the progress that they make true: no tick may come between."""
        now = _now_ms()
        for place in reading.places:
            self._progress.read(place.source, place.offset, place.time_ms, now)
        sources = self._progress.sources({place.source for place in reading.places})
        self._producer.send(self._encode.outputs(reading, present, sources, self._partitions))

    # Timers

    async def _tick_or_end(self) -> None:
        assigned = {TP(*tp) for tp in self.app.consumer.assignment() if tp.topic in self._inputs}
        if not assigned:
            return
        try:
            ends = await self.app.consumer.highwaters(*assigned)
            sources = self._progress.tick({(tp.topic, tp.partition): end for tp, end in ends.items()}, _now_ms())
            self._producer.send(self._encode.tick(sources, self._partitions))
        except EddylineError as error:
            await end_process(self.app, error)

    async def _checkpoint_or_end(self) -> None:
        try:
            await self._holdings.checkpoint()
        except EddylineError as error:
            await end_process(self.app, error)

    async def _revoked(self, *_: object, **__: object) -> None:
        await self._holdings.hand_over()

    async def _report(self) -> None:
        log.info("encode: %s", dict(self.counts))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
