"""The circuits of one worker: those it counts in memory, kept in step with what is stored of them.

Knows nothing of Faust: the shell pauses sources, and keeps what was on its way.
"""

import logging
from collections.abc import Collection, Iterable, Mapping

from eddyline import telemetry
from eddyline.circuit import Breakers, OpenCircuit, Resume, Source
from eddyline.protocols import CircuitStore
from eddyline.telemetry import Telemetry

log = logging.getLogger(__name__)


class Circuits:
    """Opens, announces and closes circuits; asked from one event loop."""

    def __init__(self, breakers: Breakers, store: CircuitStore, metrics: Telemetry) -> None:
        self._breakers, self._store, self._metrics = breakers, store, metrics
        self._assigned: frozenset[Source] = frozenset()
        self._stored: set[Source] = set()
        """Those of the assigned sources whose open circuit is in the store."""

    @property
    def open(self) -> Mapping[Source, OpenCircuit]:
        """The circuits that are open, by source."""
        return self._breakers.open

    @property
    def paused(self) -> Collection[Source]:
        """The sources from which nothing may be read now."""
        return self._breakers.open.keys() & self._assigned

    async def assign(self, sources: Iterable[Source]) -> dict[Source, OpenCircuit]:
        """Take over exactly these sources, before the first of their records is read.

        What an earlier owner had opened stays open, and what an operator has asked for meanwhile is done.

        Returns:
            The circuits that are open no more.

        Raises:
            RefusedToStart: what is stored is none of ours.
            Unavailable: the store does not answer.
        """
        # A batch that was read across the hand-over may have opened the circuit of a source that was no longer ours.
        assigned = frozenset(sources)
        self._breakers.assign(self._assigned & assigned)
        self._assigned, self._stored = assigned, self._stored & assigned
        self._metrics.clear(telemetry.CIRCUIT_OPEN)
        found = await self._store.look(assigned)
        over: dict[Source, OpenCircuit] = {}
        for source in sorted(assigned):
            match found.get(source):
                case OpenCircuit() as circuit:
                    self._breakers.restore(source, circuit)
                    self._stored.add(source)
                    _log_open(source, circuit)
                case Resume() as resume:
                    await self._resume(source, resume)
                    over |= {source: resume.opened} if resume.opened else {}
            self._show(source)
        return over

    async def announce(self, opened: Mapping[Source, OpenCircuit]) -> None:
        """Store the circuits that a batch has opened; call it when the outputs of the batch are written.

        Raises:
            Unavailable: the store does not answer.
        """
        for source, circuit in opened.items():
            if source not in self._assigned:
                continue
            await self._store.open(source, circuit)
            self._stored.add(source)
            self._show(source)
            _log_open(source, circuit)

    async def look(self) -> list[Source]:
        """Do what operators have asked for; call it once a second.

        An entry that is gone, with a Redis that was emptied or by hand, counts as a request: a circuit bounds a flood,
        and opens again where that lasts.

        Returns:
            The sources from which the shell reads on, beginning with the first record that was not taken.

        Raises:
            RefusedToStart: what is stored is none of ours.
            Unavailable: the store does not answer.
        """
        # Not those that a batch has opened but that are not announced yet: of them there is no entry to miss.
        waiting = sorted(self._stored)
        found = await self._store.look(waiting)
        resumed = []
        for source in waiting:
            request = found.get(source, Resume())
            if isinstance(request, Resume) and source in self._stored:
                await self._resume(source, request)
                self._show(source)
                resumed.append(source)
        return resumed

    async def _resume(self, source: Source, request: Resume) -> None:
        self._breakers.resume(source, request.accept_before)
        self._stored.discard(source)
        await self._store.close(source)
        log.warning("%s-%d: read on by request", *source)

    def _show(self, source: Source) -> None:
        topic, partition = source
        self._metrics.set(telemetry.CIRCUIT_OPEN, self._breakers.is_open(source), topic, str(partition))


def _log_open(source: Source, circuit: OpenCircuit) -> None:
    topic, partition = source
    log.error(
        "%s-%d: paused behind offset %d: %s. Its records wait until 'eddyline dlq resume %s:%d'",
        topic, partition, circuit.offset, circuit.reason, topic, partition,
    )  # fmt: skip
