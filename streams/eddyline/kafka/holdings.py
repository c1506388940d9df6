"""What a stage owns: for each of its partitions where it stands, and how much of that is stored.

Exactness rests on four rules, tested by kill -9:

1. what is stored and its offset are read together, which makes this worker the owner (``epoch``);
2. consumption starts after the stored offset, whatever the group has committed;
3. outputs are written before the offset that includes them;
4. that is one absolute write, compared with what this worker wrote last.

The group's committed offsets are for lag tools only.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Generic, Protocol, TypeVar

from faust.types import TP

from eddyline import telemetry
from eddyline.changes import Changes
from eddyline.errors import EddylineError, Stale
from eddyline.kafka.starting import Partition
from eddyline.protocols import StateStore, Stored
from eddyline.telemetry import Telemetry

log = logging.getLogger(__name__)


class Held(Protocol):
    """One owned partition."""

    key: str
    """Of what is stored of it."""
    stored: Stored
    """What the store holds; its fields are not kept."""
    next: int
    """Offset of the first record that is not dealt with."""

    def take_changes(self) -> Changes:
        """Return what to write since the last call."""


H = TypeVar("H", bound=Held)


class Holdings(Generic[H]):
    """The partitions of one stage. Whoever deals with records holds :attr:`lock` meanwhile."""

    def __init__(
        self,
        stage: str,
        store: StateStore,
        take_over: Callable[[TP, Partition], Awaitable[H]],
        flush: Callable[[], Awaitable[None]],
        metrics: Telemetry,
    ) -> None:
        """``take_over`` loads a partition; ``flush`` returns when all outputs so far are written."""
        self._stage, self._store, self._take_over, self._flush, self._metrics = stage, store, take_over, flush, metrics
        self._held: dict[TP, H] = {}
        self._failed = False
        self.lock = asyncio.Lock()

    def get(self, tp: TP) -> H | None:
        """Return a partition if it is owned.

        Raises:
            Stale: what was to be written was not, so that memory and store have parted: the process has to end.
        """
        self._check()
        return self._held.get(tp)

    def _check(self) -> None:
        if self._failed:
            raise Stale("a write has failed: memory is ahead of what is stored")

    def __iter__(self) -> Iterator[H]:
        return iter(self._held.values())

    async def positions(self, assigned: Mapping[TP, Partition]) -> Mapping[TP, int]:
        """Own exactly what is assigned; return where to read. What stays assigned keeps its memory."""
        async with self.lock:
            for tp in set(self._held) - set(assigned):
                del self._held[tp]
            for tp in sorted(set(assigned) - set(self._held)):
                self._held[tp] = await self._take_over(tp, assigned[tp])
            self._show()
            return {tp: held.next for tp, held in self._held.items()}

    async def checkpoint(self) -> None:
        """Write everything that is not stored yet, and make sure of the rest: what is silent may be lost, too.

        Raises:
            Fenced: a partition has another owner, or the store lost writes.
            Unavailable: Kafka or the store does not answer.
        """
        async with self.lock:
            clean = {held.key: held.stored for held in self._held.values() if _is_written(held)}
            await self._write()
            await self._store.check(clean)

    async def _write(self) -> None:
        self._check()
        if dirty := [held for held in self._held.values() if not _is_written(held)]:
            start = time.perf_counter()
            await self._flush()
            try:
                await asyncio.gather(*map(self._save, dirty))
            except BaseException:
                # Changes are taken once: after a failure, or an end amid it, none are left that could be written.
                self._failed = True
                raise
            self._metrics.observe(telemetry.CHECKPOINT_SECONDS, time.perf_counter() - start, self._stage)
            self._show()

    async def _save(self, held: H) -> None:
        held.stored = await self._store.save(held.key, held.stored, held.next - 1, held.take_changes())

    async def hand_over(self) -> None:
        """Write what is owned before it goes to other workers, which load it; if that fails they read it again."""
        async with self.lock:
            try:
                await self._write()
            except EddylineError as error:
                log.warning("%s: not everything is written at hand-over: %s", self._stage, error)
            self._held.clear()
            self._show()

    def _show(self) -> None:
        self._metrics.clear(telemetry.STATE_APPLIED_OFFSET, self._stage)
        for tp, held in self._held.items():
            self._metrics.set(
                telemetry.STATE_APPLIED_OFFSET, held.stored.applied, self._stage, tp.topic, str(tp.partition)
            )


def _is_written(held: Held) -> bool:
    """Whether the store holds all that is dealt with."""
    return held.stored.applied == held.next - 1
