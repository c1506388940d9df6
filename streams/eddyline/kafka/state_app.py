"""The Faust app around fold and judge: state that knows which offset it includes (see :mod:`eddyline.kafka.holdings`).

A record must be the next one: a lower offset is skipped, a higher one is a hole and ends the process. Records are
acknowledged as they are applied: a worker that is told to end waits until nothing is unacknowledged.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

from faust.types import TP, EventT, StreamT

from eddyline import keys, telemetry
from eddyline.changes import Changes
from eddyline.errors import EddylineError, Hole
from eddyline.kafka.holdings import Holdings
from eddyline.kafka.producer import OutputProducer
from eddyline.kafka.shell import end_process, faust_app
from eddyline.kafka.stage import Assignment
from eddyline.kafka.starting import Partition, after_stored, from_first
from eddyline.outputs.cloudevent import Output
from eddyline.protocols import StateStore, Stored
from eddyline.settings import Settings
from eddyline.telemetry import Telemetry

log = logging.getLogger(__name__)
RECORDS_AT_ONCE = 200
WITHIN_SECONDS = 0.1


class State(Protocol):
    """What fold and judge are to this shell."""

    counts: Counter[str]
    """What became of records since the state was opened."""

    def apply(self, value: bytes) -> list[Output]:
        """Take in one record, return what it lets out."""

    def take_changes(self) -> Changes:
        """Return what to write since the last call."""


OpenState = Callable[[int, Mapping[str, bytes], bool], State]
"""(partition, stored fields, gap) -> state; ``gap``: records after those fields, or before the first, are gone."""


class _Partition:
    """One owned partition with its state in memory."""

    def __init__(self, key: str, stored: Stored, state: State, start: int) -> None:
        self.key, self.stored, self.state, self.next = key, stored, state, start
        self._reported: Counter[str] = Counter()

    def take_changes(self) -> Changes:
        """Return what to write since the last call."""
        return self.state.take_changes()

    def take_counts(self) -> Counter[str]:
        """Return what the state has counted since the last call."""
        new = self.state.counts - self._reported
        self._reported += new
        return new


class StateApp:
    """One stateful stage on one topic."""

    paused: Mapping[TP, int] = MappingProxyType({})
    """It never stands still on purpose."""

    def __init__(
        self,
        settings: Settings,
        stage: str,
        topic: str,
        store: StateStore,
        open_state: OpenState,
        *,
        metrics: Telemetry,
    ) -> None:
        self.name, self._topic, self._store, self._open = stage, topic, store, open_state
        self.topics = frozenset({topic})
        self._metrics = metrics
        self._producer = OutputProducer(settings)
        self._holdings = Holdings(stage, store, self._take_over, self._producer.flush, metrics)
        self.app = faust_app(settings, stage, self._holdings.positions)
        self.assignment = Assignment(self.app)
        self._attach(settings)

    def faults(self) -> Mapping[str, str | None]:
        """Return what readiness rests on, each with what is wrong, or None."""
        return {
            f"{self.name}.assignment": self.assignment.fault,
            f"{self.name}.outputs": self._producer.fault,
            f"{self.name}.store": self._store.fault,
        }

    def _attach(self, settings: Settings) -> None:
        topic = self.app.topic(
            self._topic, key_type=bytes, key_serializer="raw", value_type=bytes, value_serializer="raw"
        )
        self.app.agent(topic, name=self.name, concurrency=1)(self._run)
        self.app.timer(settings.worker.checkpoint_seconds)(self._checkpoint_or_end)
        self.app.on_partitions_revoked.connect(self._revoked)

    async def _take_over(self, tp: TP, partition: Partition) -> _Partition:
        key = keys.state(self.name, tp.partition)
        stored = await self._store.load(key)
        name = f"{self.name}: {tp.topic}-{tp.partition}"
        start = from_first(partition) if stored.applied < 0 else after_stored(name, stored.applied, partition)
        if start.gap:
            log.error("%s: records %d to %d are gone", name, stored.applied + 1, start.offset - 1)
        state = self._open(tp.partition, stored.fields, start.gap)
        log.info("%s: %d fields, starting at offset %d", name, len(stored.fields), start.offset)
        return _Partition(key, stored._replace(fields={}), state, start.offset)

    async def _run(self, stream: StreamT[EventT[bytes]]) -> None:
        async for batch in stream.noack_take(RECORDS_AT_ONCE, within=WITHIN_SECONDS):  # type: ignore[attr-defined]
            try:
                async with self._holdings.lock:
                    for event in batch:
                        self._apply(event)
                    self._count()
            except EddylineError as error:
                await end_process(self.app, error)
            for event in batch:
                event.ack()

    def _apply(self, event: EventT[bytes]) -> None:
        message = event.message
        owned = self._holdings.get(message.tp)
        if owned is None or message.offset < owned.next:
            self._metrics.count(telemetry.RECORDS, self.name, "skipped")
            return
        if message.offset > owned.next:
            raise Hole(f"{self._topic}-{message.partition}: expected offset {owned.next}, got {message.offset}")
        self._producer.send(owned.state.apply(message.value or b""))
        owned.next += 1
        self._metrics.count(telemetry.RECORDS, self.name, "applied")

    def _count(self) -> None:
        for owned in self._holdings:
            self._metrics.count_stage(self.name, owned.take_counts())

    async def _checkpoint_or_end(self) -> None:
        try:
            await self._holdings.checkpoint()
        except EddylineError as error:
            await end_process(self.app, error)

    async def _revoked(self, *_: object, **__: object) -> None:
        await self._holdings.hand_over()
