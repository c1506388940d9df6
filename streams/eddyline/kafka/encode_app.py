"""The Faust app around encode: batches of input records, inference off the event loop, flushed before acknowledged."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from faust.types import TP, EventT, StreamT

from eddyline import telemetry
from eddyline.encode import Encode, Reading, kinds
from eddyline.errors import EddylineError, Unavailable
from eddyline.events import Record
from eddyline.join import field_of, key_of, pack
from eddyline.kafka import topics
from eddyline.kafka.producer import OutputProducer
from eddyline.kafka.shell import end_process, faust_app, record_of
from eddyline.kafka.stage import Assignment
from eddyline.progress import Progress
from eddyline.protocols import JoinStore
from eddyline.settings import Settings
from eddyline.telemetry import Telemetry

log = logging.getLogger(__name__)
COUNT_PARTITIONS_SECONDS = 30.0


class EncodeApp:
    """The encode stage on all input topics. Its encoder has been verified before."""

    name = "encode"

    def __init__(self, settings: Settings, encode: Encode, joins: JoinStore, metrics: Telemetry) -> None:
        self._settings, self._encode, self._joins, self._metrics = settings, encode, joins, metrics
        self._inputs = sorted(kinds(settings))
        self.topics = frozenset(self._inputs)
        self._partitions: dict[str, int] = {}
        self._progress = Progress(settings.windows.clock, int(settings.windows.idle_seconds * 1000))
        self._producer = OutputProducer(settings)
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
        }

    def _attach(self) -> None:
        topic = self.app.topic(
            *self._inputs, key_type=bytes, key_serializer="raw", value_type=bytes, value_serializer="raw"
        )
        self.app.agent(topic, name=self.name, concurrency=1)(self._run)
        self.app.timer(self._settings.worker.tick_seconds)(self._tick_or_end)
        self.app.timer(COUNT_PARTITIONS_SECONDS)(self._recount_partitions)
        self.app.timer(60.0)(self._report)

    async def _positions(self, starts: Mapping[TP, int], _: Mapping[TP, int]) -> Mapping[TP, int]:
        """Note where reading starts; the group's committed offsets hold for this stage."""
        await self._count_partitions()
        self._progress.assign({(tp.topic, tp.partition): offset for tp, offset in starts.items()}, _now_ms())
        return {}

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

    async def _run(self, stream: StreamT[EventT[bytes]]) -> None:
        worker = self._settings.worker
        async for batch in stream.noack_take(worker.batch_records, within=worker.batch_wait_seconds):  # type: ignore[attr-defined]
            try:
                await self._handle([record_of(event.message) for event in batch])
            except EddylineError as error:
                await end_process(self.app, error)
            for event in batch:
                event.ack()

    async def _handle(self, records: Sequence[Record]) -> None:
        loop, now = asyncio.get_running_loop(), _now_ms()
        with self._timed("read"):
            reading = await loop.run_in_executor(None, self._encode.read, records, now)
        with self._timed("exchange"):
            present = await self._joins.exchange(
                [(key_of(half.request_id), field_of(half), pack(half)) for half in reading.halves]
            )
        with self._timed("flush"):
            self._send(reading, present)
            await self._producer.flush()
        self.counts.update(reading.counts)
        self._measure(reading)

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

    async def _report(self) -> None:
        log.info("encode: %s", dict(self.counts))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
