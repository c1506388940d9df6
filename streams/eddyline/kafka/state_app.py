"""The Faust app around fold and judge: state that knows which offset it includes.

Exactness rests on four rules, tested by kill -9:

1. state and its offset are read together, which makes this worker the owner (``epoch``);
2. consumption starts at ``applied + 1``, whatever the group has committed;
3. a record must be the next one: a lower offset is skipped, a higher one is a hole and ends the process;
4. outputs are written first, then one absolute write of what changed, compared with what this worker wrote last.

The group's committed offsets are for lag tools only, so records are acknowledged as they are applied: a worker that is
told to end waits until nothing is unacknowledged.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Protocol

from faust.types import TP, EventT, StreamT

from eddyline import keys, telemetry
from eddyline.changes import Changes
from eddyline.errors import EddylineError, Hole, Unavailable
from eddyline.kafka.producer import OutputProducer
from eddyline.kafka.shell import end_process, faust_app
from eddyline.kafka.stage import Assignment
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
"""(partition, stored fields, gap) -> state; ``gap``: there are no fields, and the first records are gone already."""


class _Partition:
    """One owned partition: its state in memory, and how much of it is stored."""

    def __init__(self, key: str, stored: Stored, state: State, start: int) -> None:
        self.key, self.stored, self.state, self.next = key, stored, state, start
        self._reported: Counter[str] = Counter()

    @property
    def clean(self) -> bool:
        return self.stored.applied == self.next - 1

    def take_counts(self) -> Counter[str]:
        """Return what the state has counted since the last call."""
        new = self.state.counts - self._reported
        self._reported += new
        return new


class StateApp:
    """One stateful stage on one topic."""

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
        self._owned: dict[int, _Partition] = {}
        self._lock = asyncio.Lock()
        self.app = faust_app(settings, stage, self._positions)
        self.assignment = Assignment(self.app)
        self._attach(settings)

    def faults(self) -> Mapping[str, str | None]:
        """Return what readiness rests on, each with what is wrong, or None."""
        return {f"{self.name}.assignment": self.assignment.fault, f"{self.name}.outputs": self._producer.fault}

    def _attach(self, settings: Settings) -> None:
        topic = self.app.topic(
            self._topic, key_type=bytes, key_serializer="raw", value_type=bytes, value_serializer="raw"
        )
        self.app.agent(topic, name=self.name, concurrency=1)(self._run)
        self.app.timer(settings.worker.checkpoint_seconds)(self._checkpoint_or_end)
        self.app.on_partitions_revoked.connect(self._revoked)

    async def _positions(self, starts: Mapping[TP, int], earliest: Mapping[TP, int]) -> Mapping[TP, int]:
        """Own what is assigned: load its state, start after what it includes. What stays assigned keeps its memory."""
        mine = {tp.partition: tp for tp in starts if tp.topic == self._topic}
        async with self._lock:
            for partition in set(self._owned) - set(mine):
                del self._owned[partition]
            for partition in set(mine) - set(self._owned):
                self._owned[partition] = await self._load(partition, earliest[mine[partition]])
            self._show_applied()
        return {tp: self._owned[partition].next for partition, tp in mine.items()}

    async def _load(self, partition: int, earliest: int) -> _Partition:
        key = keys.state(self.name, partition)
        stored = await self._store.load(key)
        start = stored.applied + 1
        if stored.applied < 0:
            start = earliest
        elif start < earliest:
            message = (
                f"{self._topic}-{partition}: records {start} to {earliest - 1} are gone before they were applied; "
                f"delete the Redis key {key} to rebuild from what is retained"
            )
            raise Hole(message)
        state = self._open(partition, stored.fields, stored.applied < 0 < earliest)
        log.info("%s-%d: %d fields, starting at offset %d", self.name, partition, len(stored.fields), start)
        return _Partition(key, Stored(stored.epoch, stored.applied, {}), state, start)

    async def _run(self, stream: StreamT[EventT[bytes]]) -> None:
        async for batch in stream.noack_take(RECORDS_AT_ONCE, within=WITHIN_SECONDS):  # type: ignore[attr-defined]
            try:
                async with self._lock:
                    for event in batch:
                        self._apply(event)
                    self._count()
            except EddylineError as error:
                await end_process(self.app, error)
            for event in batch:
                event.ack()

    def _apply(self, event: EventT[bytes]) -> None:
        message = event.message
        owned = self._owned.get(message.partition)
        if owned is None or message.offset < owned.next:
            self._metrics.count(telemetry.RECORDS, self.name, "skipped")
            return
        if message.offset > owned.next:
            text = f"{self._topic}-{message.partition}: expected offset {owned.next}, got {message.offset}"
            raise Hole(text)
        self._producer.send(owned.state.apply(message.value or b""))
        owned.next += 1
        self._metrics.count(telemetry.RECORDS, self.name, "applied")

    def _count(self) -> None:
        for owned in self._owned.values():
            self._metrics.count_stage(self.name, owned.take_counts())

    def _show_applied(self) -> None:
        self._metrics.clear(telemetry.STATE_APPLIED_OFFSET, self.name)
        for partition, owned in self._owned.items():
            self._metrics.set(telemetry.STATE_APPLIED_OFFSET, owned.stored.applied, self.name, str(partition))

    async def _checkpoint_or_end(self) -> None:
        try:
            async with self._lock:
                if dirty := [owned for owned in self._owned.values() if not owned.clean]:
                    start = time.perf_counter()
                    await self._producer.flush()
                    await asyncio.gather(*map(self._checkpoint, dirty))
                    self._metrics.observe(telemetry.CHECKPOINT_SECONDS, time.perf_counter() - start, self.name)
                    self._show_applied()
        except EddylineError as error:
            await end_process(self.app, error)

    async def _checkpoint(self, owned: _Partition) -> None:
        """Write what changed; everything that the change let out must be flushed before."""
        owned.stored = await self._store.save(owned.key, owned.stored, owned.next - 1, owned.state.take_changes())

    async def _revoked(self, *_: object, **__: object) -> None:
        """Write what is owned before it goes to another worker, which loads it; if that fails it will be replayed."""
        async with self._lock:
            try:
                await self._producer.flush()
                for owned in self._owned.values():
                    if not owned.clean:
                        await self._checkpoint(owned)
            except Unavailable as error:
                log.warning("%s: not everything is written at hand-over: %s", self.name, error)
            self._owned.clear()
            self._show_applied()
