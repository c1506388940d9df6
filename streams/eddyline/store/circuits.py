"""Open circuits in Redis: a key a source, which its owner and an operator write in turn.

Every command is one key and one value, absolute: there is nothing to tear apart. No key expires: a circuit is closed by
a command, not by time.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import redis.asyncio

from eddyline import keys
from eddyline.circuit import OpenCircuit, Resume, Source, pack, unpack
from eddyline.store.patience import Patience
from eddyline.store.redis import unavailable


class RedisCircuits:
    """Implements :class:`eddyline.protocols.CircuitStore`."""

    def __init__(self, client: redis.asyncio.Redis, *, patience_seconds: float = 0) -> None:
        """Repeat calls that fail for ``patience_seconds`` before the error is raised."""
        self._client, self._patience = client, Patience(patience_seconds)

    async def look(self, sources: Iterable[Source]) -> dict[Source, OpenCircuit | Resume]:
        """Return the entries that there are, in one command."""
        if not (asked := sorted(sources)):
            return {}
        found = await self._ask(lambda: self._client.mget([keys.circuit(*source) for source in asked]))
        return {source: unpack(value) for source, value in zip(asked, found, strict=True) if value is not None}

    async def open(self, source: Source, circuit: OpenCircuit) -> None:
        """Write the entry of a source."""
        await self._ask(lambda: self._client.set(keys.circuit(*source), pack(circuit)))

    async def request(self, source: Source, resume: Resume) -> bool:
        """Put a request in the place of an entry, if there is one."""
        written = await self._ask(lambda: self._client.set(keys.circuit(*source), pack(resume), xx=True))
        return written is not None

    async def close(self, source: Source) -> None:
        """Delete the entry of a source."""
        await self._ask(lambda: self._client.delete(keys.circuit(*source)))

    async def _ask(self, command: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401 - as many types as commands
        async def ask() -> Any:  # noqa: ANN401
            async with unavailable():
                return await command()

        return await self._patience(ask)
