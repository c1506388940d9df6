"""A store of circuits for tests; it passes the contract of the one in Redis."""

from collections.abc import Iterable

from eddyline.circuit import OpenCircuit, Resume, Source


class CircuitsInMemory:
    """Implements :class:`eddyline.protocols.CircuitStore`."""

    def __init__(self) -> None:
        self.entries: dict[Source, OpenCircuit | Resume] = {}

    async def look(self, sources: Iterable[Source]) -> dict[Source, OpenCircuit | Resume]:
        return {source: self.entries[source] for source in sources if source in self.entries}

    async def open(self, source: Source, circuit: OpenCircuit) -> None:
        self.entries[source] = circuit

    async def request(self, source: Source, resume: Resume) -> bool:
        if source not in self.entries:
            return False
        self.entries[source] = resume
        return True

    async def close(self, source: Source) -> None:
        self.entries.pop(source, None)
