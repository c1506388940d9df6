"""Open circuits in Redis: a key a source, which its owner and an operator write in turn.

Every command is one key and one value, absolute: there is nothing to tear apart. No key expires: a circuit is closed by
a command, not by time.
"""

from collections.abc import Iterable

import redis.asyncio

from eddyline import keys
from eddyline.circuit import OpenCircuit, Resume, Source, pack, unpack
from eddyline.store.redis import _unavailable


class RedisCircuits:
    """Implements :class:`eddyline.protocols.CircuitStore`."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client

    async def look(self, sources: Iterable[Source]) -> dict[Source, OpenCircuit | Resume]:
        """Return the entries that there are, in one command."""
        asked = sorted(sources)
        if not asked:
            return {}
        async with _unavailable():
            found = await self._client.mget([keys.circuit(*source) for source in asked])
        return {source: unpack(value) for source, value in zip(asked, found, strict=True) if value is not None}

    async def open(self, source: Source, circuit: OpenCircuit) -> None:
        """Write the entry of a source."""
        async with _unavailable():
            await self._client.set(keys.circuit(*source), pack(circuit))

    async def request(self, source: Source, resume: Resume) -> bool:
        """Put a request in the place of an entry, if there is one."""
        async with _unavailable():
            return await self._client.set(keys.circuit(*source), pack(resume), xx=True) is not None

    async def close(self, source: Source) -> None:
        """Delete the entry of a source."""
        async with _unavailable():
            await self._client.delete(keys.circuit(*source))
